from __future__ import annotations

import pytest

from audit.model.facts import Enabled, Package, UserState
from audit.parse.merge_packages import PackageList, PackageSources, merge_packages
from audit.parse.package_details import DumpedPackages
from audit.parse.packages import ListedPackage


def _list(*names: str, user: int | None = 0, complete: bool = True) -> PackageList:
    return PackageList(
        origin="list",
        user=user,
        packages=tuple(ListedPackage(name=name) for name in names),
        complete=complete,
    )


def _one(sources: PackageSources, name: str = "a") -> Package:
    return merge_packages(sources)[name]


def test_known_but_not_installed_is_a_ghost() -> None:
    """What only ``-u`` names is uninstalled for the user, and still on the unit."""
    sources = PackageSources(installed=(_list("a"),), known=(_list("a", "ghost"),))
    assert _one(sources).users == (UserState(user=0, installed=True),)
    assert _one(sources, "ghost").users == (UserState(user=0, installed=False),)


def test_half_a_list_makes_no_ghosts() -> None:
    """From a list that failed in the middle nobody can tell what is not installed."""
    sources = PackageSources(installed=(_list("a", complete=False),), known=(_list("a", "b"),))
    assert _one(sources).users == (UserState(user=0, installed=True),)
    assert _one(sources, "b").users == ()


def test_users_are_kept_apart() -> None:
    """Installed in the work profile is not installed for the owner."""
    sources = PackageSources(installed=(_list("a"), _list("w", user=10)))
    assert [(s.user, s.installed) for s in _one(sources, "w").users] == [(0, False), (10, True)]


def test_uids_of_several_users_tell_who_has_it() -> None:
    """Without ``--user`` Android 13 and later list one UID for each user."""
    packages = (
        ListedPackage(name="a", uids=(10123, 1010123)),
        ListedPackage(name="b", uids=(10124,)),
        ListedPackage(name="w", uids=(1010125,)),
    )
    sources = PackageSources(installed=(PackageList(origin="l", user=None, packages=packages),))
    assert [(s.user, s.installed) for s in _one(sources).users] == [(0, True), (10, True)]
    assert [(s.user, s.installed) for s in _one(sources, "b").users] == [(0, True), (10, False)]
    assert _one(sources, "w").uid == 10125


def test_the_list_of_disabled_ones_tells_what_holds() -> None:
    """Named: disabled; not named by a complete list: enabled; not installed: neither."""
    sources = PackageSources(installed=(_list("a", "b"),), known=(_list("c"),), disabled=(_list("b"),))
    states = {name: p.users[0].enabled for name, p in merge_packages(sources).items()}
    assert states == {"a": Enabled.ENABLED, "b": Enabled.DISABLED, "c": None}


def test_a_dump_knows_better_than_the_lists() -> None:
    """A list leaves hidden packages out though they are installed."""
    state = UserState(user=0, installed=True, enabled=Enabled.DISABLED_USER, hidden=True)
    dump = DumpedPackages(packages=(Package(name="a", users=(state,)),))
    assert _one(PackageSources(installed=(_list("b"),), disabled=(_list(),), dumps=(dump,))).users == (state,)


def test_fields_come_from_whoever_states_them() -> None:
    """A list brings the APK and the version, the dump the rest; a UID is the application's."""
    listed = ListedPackage(name="a", path="/system/app/A/A.apk", version_code=7, uids=(1010123,))
    dumped = Package(name="a", paths=("/system/app/A",), version_name="7.0", shared_user="s", origin="dump")
    found = _one(
        PackageSources(
            installed=(PackageList(origin="l", user=10, packages=(listed,)),),
            dumps=(DumpedPackages(packages=(dumped,)),),
        )
    )
    assert (found.paths, found.version_code, found.uid) == (("/system/app/A/A.apk",), 7, 10123)
    assert (found.version_name, found.shared_user, found.origin) == ("7.0", "s", "l")


def test_an_updated_system_package_keeps_its_factory_path() -> None:
    """It runs from /data and comes back from /system after a factory reset."""
    dump = DumpedPackages(
        packages=(Package(name="a", paths=("/data/app/a-1",), system=False),),
        hidden=(Package(name="a", paths=("/system/app/A",)), Package(name="only", paths=("/system/app/O",))),
    )
    found = _one(PackageSources(dumps=(dump,)))
    assert (found.paths, found.system) == (("/data/app/a-1", "/system/app/A"), True)
    assert _one(PackageSources(dumps=(dump,)), "only").system is True


@pytest.mark.parametrize(
    ("path", "flag", "system"),
    [
        ("/system/app/A.apk", None, True),
        ("/product/app/A.apk", None, True),
        ("/apex/com.android.x/app/A.apk", None, True),
        ("/my_region/app/A.apk", None, True),
        ("/system/MzApp/A", False, True),
        ("/data/app/A.apk", None, None),
        ("/data/app/A.apk", False, False),
        ("/data/app/A.apk", True, True),
        ("/mnt/expand/1/app/A.apk", None, None),
        ("", None, None),
    ],
)
def test_what_is_on_the_image(path: str, flag: bool | None, system: bool | None) -> None:
    """A path on an image is enough; in /data only the flag tells."""
    package = Package(name="a", paths=(path,) if path else (), system=flag)
    assert _one(PackageSources(dumps=(DumpedPackages(packages=(package,)),))).system is system


def test_the_list_settles_what_default_means() -> None:
    """A package disabled in its own manifest is "default" to the dump, and in the list of disabled ones."""
    dump = DumpedPackages(
        packages=tuple(
            Package(name=name, users=(UserState(user=0, installed=True, enabled=Enabled.DEFAULT),))
            for name in "ab"
        )
    )
    merged = merge_packages(PackageSources(disabled=(_list("b"),), dumps=(dump,)))
    assert {n: p.users[0].enabled for n, p in merged.items()} == {"a": Enabled.DEFAULT, "b": Enabled.DISABLED}
