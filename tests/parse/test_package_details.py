from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.facts import Apex, Enabled, Package, UserState
from audit.parse.package_details import DumpedPackages, parse_package_details
from tests.build.dumpstate import APEX
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-zA-Z0-9_]{0,8}(\.[a-z0-9_]{1,8}){0,3}", fullmatch=True)
_PATHS = st.lists(st.text(alphabet="abc= ~-_.1", min_size=1, max_size=8), min_size=1, max_size=3).map(
    lambda parts: f"/{'/'.join(parts)}".rstrip()
)
_BOOLS = st.booleans()
_USERS = st.builds(
    UserState,
    user=st.integers(0, 999),
    installed=_BOOLS,
    enabled=st.sampled_from(Enabled),
    hidden=_BOOLS,
    suspended=_BOOLS,
    stopped=_BOOLS,
)
_PACKAGES = st.builds(
    Package,
    name=_NAMES,
    paths=_PATHS.map(lambda path: (path,)),
    version_code=st.integers(0, 2**63 - 1),
    version_name=st.none() | st.text(alphabet="1.ab=[]- é", min_size=1, max_size=12).map(str.strip),
    uid=st.integers(1000, 19999),
    shared_user=st.none() | _NAMES,
    installer=st.none() | _NAMES,
    signers=st.lists(st.from_regex(r"[0-9a-f]{8}", fullmatch=True), max_size=2).map(tuple),
    system=_BOOLS,
    users=st.lists(_USERS, max_size=3).map(tuple),
    overlay_of=st.none() | _NAMES,
    origin=st.just("d"),
).map(lambda package: replace(package, version_name=package.version_name or None))


def _state(state: UserState) -> str:
    number = list(Enabled).index(state.enabled) if state.enabled is not None else 0
    return (
        (
            f"    User {state.user}: ceDataInode=1 installed={state.installed} hidden={state.hidden}"
            f" suspended={state.suspended} stopped={state.stopped} enabled={number} instant=false"
        )
        .replace("True", "true")
        .replace("False", "false")
    )


def _block(package: Package, android: int) -> str:
    """The lines dumpPackageLPr prints, as far as they are read, among some that are not."""
    flags = "SYSTEM HAS_CODE" if package.system else "HAS_CODE"
    signers = ", ".join(package.signers)
    signatures = f"version:3, signatures:[{signers}], past signatures:[0badcafe]"
    lines = [
        f"  Package [{package.name}] (1a2b3c):",
        f"    {'appId' if android > 12 else 'userId'}={package.uid}",
        *(
            [f"    sharedUser=SharedUserSetting{{1a2b {package.shared_user}/1000}}"]
            * bool(package.shared_user)
        ),
        f"    pkg=Package{{1a2b {package.name}}}",
        f"    codePath={package.paths[0]}",
        f"    resourcePath={package.paths[0]}",
        f"    versionCode={package.version_code} minSdk=21 targetSdk=28",
        f"    versionName={package.version_name or 'null'}",
        "    splits=[base]",
        f"    flags=[ {flags} ]",
        f"    signatures=PackageSignatures{{1a2b {signatures if android > 8 else f'[{signers}]'}}}",
        *([f"    installerPackageName={package.installer}"] * bool(package.installer)),
        *([f"    overlayTarget={package.overlay_of}"] * bool(package.overlay_of)),
        "    install permissions:",
        "      android.permission.INTERNET: granted=true",
        *map(_state, package.users),
        "      gids=[3003]",
    ]
    return "\n".join(lines) + "\n"


@given(st.lists(_PACKAGES, max_size=3), st.lists(_PACKAGES, max_size=2), st.sampled_from((8, 12, 16)))
def test_what_the_package_manager_dumps_is_read_back(
    packages: list[Package], hidden: list[Package], android: int
) -> None:
    """Every field that is asked for survives, in both sections, in the forms of three Androids."""
    text = "Libraries:\n  a -> b\n\nPackages:\n" + "".join(_block(package, android) for package in packages)
    text += "\nHidden system packages:\n" + "".join(_block(package, android) for package in hidden)
    text += "\nShared users:\n  SharedUser [a] (1):\n    userId=1000\n"
    parsed = parse_package_details(text, "d")
    assert parsed.value == DumpedPackages(packages=tuple(packages), hidden=tuple(hidden))
    assert parsed.unread == ()
    assert_accounted(text, parsed)


_FRAGMENTS = """Packages:
  Package [a.b] (1):
    userId=1
    User 0: installed=true
Queries:
Settings parse messages:
Active APEX packages:
  a.b
    Version: 1
      x
    flags=[ SYSTEM ]
*** SERVICE 'package' DUMP TIMEOUT""".splitlines()


@given(texts(_FRAGMENTS))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_package_details(text))


_DUMP = """\
Packages:
  Package [com.acme.a] (1a2b):
    userId=10001 gids=[3003]
    codePath=/system/app/A.apk
    versionCode=5 targetSdk=19

    User 0:  installed=true blocked=true stopped=false notLaunched=false enabled=0
"""


def test_an_old_dump_with_blank_lines_is_read() -> None:
    """Android 4.4 says blocked for hidden, and some makers add blank lines inside a package."""
    parsed = parse_package_details(_DUMP)
    (package,) = parsed.value.packages
    assert (package.uid, package.version_code, package.paths) == (10001, 5, ("/system/app/A.apk",))
    assert package.system is None
    assert package.users == (
        UserState(user=0, installed=True, enabled=Enabled.DEFAULT, hidden=True, stopped=False),
    )
    assert parsed.skipped == {"blank lines": 1}
    assert_accounted(_DUMP, parsed)


@pytest.mark.parametrize(
    "line",
    [
        "Unable to find package: com.acme.a",
        "*** SERVICE 'package' DUMP TIMEOUT (10000ms) EXPIRED ***",
        "Permission Denial: can't dump PackageManager from pid=1, uid=2000",
        "Can't find service: package",
        "Error dumping service info: (Unknown error -2147483646) package",
    ],
)
def test_the_units_own_errors_are_told_apart(line: str) -> None:
    """Wherever they stand: alone, after packages, inside the log at the end."""
    for before in ("", _DUMP, f"{_DUMP}\nPackage warning messages:\n1/1/70 0:00 AM: x:\n"):
        parsed = parse_package_details(f"{before}{line}\n")
        if before.endswith("x:\n") and not line.startswith("*"):
            assert parsed.errors == ()  # a log may quote anything
        else:
            assert parsed.errors == (line,)
        assert parsed.unread == ()


def test_sections_after_the_log_are_found() -> None:
    """The log's lines stand at the margin and end with colons, and do not end it."""
    log = "Package warning messages:\n1/1/70 0:00 AM: Fake:\nPackages at risk:\n"
    text = f"{log}Active install sessions:\n\n{_DUMP}"
    parsed = parse_package_details(text)
    assert [package.name for package in parsed.value.packages] == ["com.acme.a"]
    assert parsed.skipped["Package warning messages"] == 3
    assert parsed.skipped["Active install sessions"] == 2
    assert_accounted(text, parsed)


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "5", "x", "", "\u0664"])
def test_a_state_that_is_none_is_unknown(number: str) -> None:
    """Whatever stands where the number of a state should stand, nothing is made of it."""
    text = f"Packages:\n  Package [a.b] (1):\n    User 0: installed=true enabled={number}\n"
    [package] = parse_package_details(text, "d").value.packages
    assert package.users == (UserState(user=0, installed=True),)


def test_the_modules_that_are_active_are_read() -> None:
    """Of the three lists of modules the active one counts; the others repeat it or speak of the factory's."""
    parsed = parse_package_details(APEX, "d")
    assert parsed.value.apex == (
        Apex(
            name="com.acme.tzdata",
            version_code=351400020,
            path="/data/apex/active/com.acme.tzdata@351400020.apex",
            origin="d",
        ),
        Apex(name="com.acme.adbd", version_code=34, path="/system/apex/com.acme.adbd.apex", origin="d"),
    )
    assert parsed.unread == ()
    assert_accounted(APEX, parsed)


@pytest.mark.parametrize(
    ("text", "apex"),
    [
        ("Packages:\n", None),
        ("Active APEX packages:\n\n\nInactive APEX packages:\n", ()),
        ("Active APEX packages:\n  a.b\n    Version: x\n", (Apex(name="a.b", origin="d"),)),
        ("Active APEX packages:\n  a.b\n    Version: " + "9" * 5000 + "\n", (Apex(name="a.b", origin="d"),)),
    ],
    ids=["none", "empty", "no number", "a huge number"],
)
def test_no_word_of_modules_is_told_from_none_active(text: str, apex: tuple[Apex, ...] | None) -> None:
    """Before Android 10, and where modules cannot be updated, a dump says nothing of them."""
    parsed = parse_package_details(text, "d")
    assert parsed.value.apex == apex
    assert_accounted(text, parsed)


def test_lines_of_no_section_are_unread() -> None:
    """What stands before the first heading or beside a package is shown with its number."""
    text = "what\n  is this\nPackages:\n  Packet [x]\n  Package [a.b] (1):\nodd\n"
    parsed = parse_package_details(text)
    assert [unread.line for unread in parsed.unread] == [1, 2, 4, 6]
    assert [package.name for package in parsed.value.packages] == ["a.b"]
    assert_accounted(text, parsed)
