"""What any unit answers, the parsers read back: the two were written apart and meet here."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.lab import UnitSpec, answer
from audit.lab.derive import complete
from audit.lab.spec import (
    SDKS,
    USER_OFFSET,
    ApexSpec,
    OverlaySpec,
    PackageSpec,
    StateSpec,
    UserSpec,
)
from audit.model.facts import Enabled, UserState
from audit.parse.apex import parse_apex
from audit.parse.getprop import parse_getprop
from audit.parse.overlays import parse_overlays
from audit.parse.package_details import parse_package_details
from audit.parse.packages import parse_packages
from audit.parse.settings import parse_settings
from audit.parse.users import parse_users

_LETTERS = string.ascii_letters + string.digits + "_"
_part = st.text(_LETTERS, min_size=1, max_size=8).map(lambda text: "a" + text)
names = st.lists(_part, min_size=2, max_size=4).map(".".join)
paths = st.one_of(
    _part.map(lambda part: f"/system/priv-app/{part}"),
    _part.map(lambda part: f"/product/overlay/{part}.apk"),
    st.tuples(_part, names).map(lambda pair: f"/data/app/~~{pair[0]}==/{pair[1]}-x=y=="),
)
states = st.builds(
    StateSpec,
    installed=st.booleans(),
    enabled=st.sampled_from(Enabled),
    hidden=st.booleans(),
    suspended=st.booleans(),
    stopped=st.booleans(),
)
packages = st.builds(
    PackageSpec,
    path=paths,
    hidden_copy=st.none() | _part.map(lambda part: f"/system/app/{part}"),
    version_code=st.integers(0, 2**40),
    version_name=st.text(_LETTERS + ". -()", min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: text not in ("", "null")),  # Java prints none as "null"
    installer=st.none() | names,
    shared_user=st.none() | st.sampled_from(["android.uid.phone", "android.uid.system"]),
    splits=st.lists(_part, max_size=2, unique=True).map(tuple),
    users=st.dictionaries(st.sampled_from([0, 10]), states),
)
plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=20)
units = st.builds(
    UnitSpec,
    id=st.just("any"),
    title=st.just("any"),
    serial=st.just("LABANY"),
    android=st.sampled_from([version for version, sdk in SDKS.items() if sdk >= 24]),
    properties=st.dictionaries(names, plain, max_size=5),
    users=st.just({0: UserSpec(name="Owner"), 10: UserSpec(name="Work", running=False)}),
    packages=st.dictionaries(names, packages, min_size=1, max_size=6),
    overlays=st.dictionaries(
        names, st.builds(OverlaySpec, target=names, enabled=st.none() | st.booleans()), max_size=5
    ),
    settings=st.fixed_dictionaries({"global": st.dictionaries(_part, plain.map(str.strip), max_size=4)}),
    apex=st.dictionaries(
        names,
        st.builds(
            ApexSpec, version_code=st.integers(1, 2**31), path=_part.map(lambda p: f"/system/apex/{p}.apex")
        ),
        max_size=3,
    ),
).map(complete)


def said(unit: UnitSpec, command: str) -> str:
    """What a command that works prints."""
    answered = answer(unit, command)
    assert (answered.exit_code, answered.stderr) == (0, b"")
    return answered.stdout.decode()


@given(units)
@settings(max_examples=60, deadline=None)
def test_properties(unit: UnitSpec) -> None:
    """Every property comes back with its value."""
    parsed = parse_getprop(said(unit, "getprop"))
    assert parsed.value == dict(unit.properties)
    assert parsed.unread == ()


@given(units, st.sampled_from([0, 10]))
@settings(max_examples=100, deadline=None)
def test_packages(unit: UnitSpec, user: int) -> None:
    """Every package a user knows comes back with path, uid, version and installer."""
    options = "-f -i -u" if unit.sdk < 26 else "-f -U -i --show-versioncode -u"
    parsed = parse_packages(said(unit, f"cmd package list packages {options} --user {user}"))
    assert parsed.unread == ()
    assert {package.name for package in parsed.value} == set(unit.packages)
    for found in parsed.value:
        spec = unit.packages[found.name]
        assert found.path == spec.apk
        assert found.installer == spec.installer
        if unit.sdk >= 26:
            assert found.version_code == spec.version_code
            assert found.uids == ((spec.uid or 0) + user * USER_OFFSET,)


def _states(spec: PackageSpec) -> tuple[UserState, ...]:
    return tuple(
        UserState(
            user=user,
            installed=state.installed,
            enabled=state.enabled,
            hidden=state.hidden,
            suspended=state.suspended,
            stopped=state.stopped,
        )
        for user, state in ((user, spec.state(user)) for user in (0, 10))
    )


@given(units)
@settings(max_examples=100, deadline=None)
def test_details(unit: UnitSpec) -> None:
    """The dump of every package, alone or with all others, tells its facts and its state for each user."""
    whole = parse_package_details(said(unit, "dumpsys package"))
    assert {package.name: package.users for package in whole.value.packages} == {
        name: _states(spec) for name, spec in unit.packages.items()
    }
    updated = {name for name, spec in unit.packages.items() if spec.hidden_copy}
    assert {package.name for package in whole.value.hidden} == updated
    for name, spec in unit.packages.items():
        (package,) = parse_package_details(said(unit, f"dumpsys -t 60 package {name}")).value.packages
        assert package.version_code == spec.version_code
        assert package.version_name == spec.version_name
        assert package.uid == spec.uid
        assert package.shared_user == spec.shared_user
        assert package.installer == spec.installer
        assert package.system == spec.on_image
        assert package.users == _states(spec)


@given(units)
@settings(max_examples=60, deadline=None)
def test_the_rest(unit: UnitSpec) -> None:
    """Users, overlays, settings and modules come back as they are."""
    assert {user.number for user in parse_users(said(unit, "pm list users")).value} == {0, 10}
    rows = parse_settings(said(unit, "settings list global"), "global")
    assert {row.name: row.value for row in rows.value} == unit.settings["global"]
    if unit.sdk >= 26:
        overlays = parse_overlays(said(unit, "cmd overlay list"))
        assert {one.package: (one.target, one.enabled) for one in overlays.value} == {
            name: (one.target, one.enabled) for name, one in unit.overlays.items()
        }
        assert overlays.unread == ()
    if unit.sdk >= 29:
        modules = parse_apex(said(unit, "cmd package list packages --apex-only -f --show-versioncode"))
        assert {one.name: (one.version_code, one.path) for one in modules.value} == {
            name: (one.version_code, one.path) for name, one in unit.apex.items()
        }
