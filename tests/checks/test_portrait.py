"""What of a unit is compared: the same for equal units, and nothing that is its own."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import codec
from audit.checks import read_region
from audit.checks.portrait import plain_path, portrait_of
from audit.model.evidence import Gap, Topic
from audit.model.facts import AndroidUser, Apex, Enabled, Facts, Overlay, Property, UserState
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.portrait import Baseline, Portrait, TraitKind
from audit.model.profiles import Rulebook, Volatile
from audit.model.report import RegionReading
from audit.parse.facts import read_facts
from audit.parse.identifiers.shapes import canonical, core
from audit.rulebook import load
from audit.sources import open_source
from tests.checks.house import package, properties

NOWHERE = RegionReading(region=None, markets=frozenset())
SERIAL, IMEI, MAC, ICCID = "HQ7X2J9K41", "359999900001017", "02:00:5e:10:00:05", "89860310000000000014"
OWN = (
    OwnIdentifier(kind=IdentifierKind.SERIAL, value=SERIAL, origin="getprop"),
    OwnIdentifier(kind=IdentifierKind.IMEI, value=IMEI, origin="service call"),
    OwnIdentifier(kind=IdentifierKind.MAC, value=MAC.replace(":", ""), origin="getprop"),
    OwnIdentifier(kind=IdentifierKind.ICCID, value=ICCID, origin="getprop"),
    OwnIdentifier(kind=IdentifierKind.ANDROID_ID, value="a1b2c3d4e5f60718", origin="settings"),
)
SPELT = (
    *(SERIAL, SERIAL.lower(), IMEI, IMEI[:14], f"35-999990-000101-{IMEI[-1]}", MAC, MAC.upper()),
    *(MAC.replace(":", "-"), MAC.replace(":", ""), ICCID, "a1b2c3d4e5f60718", "A1B2C3D4E5F60718"),
)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


def made(facts: Facts, *volatile: Volatile) -> Portrait:
    """The portrait of a unit that states no region."""
    return portrait_of(facts, NOWHERE, volatile)


def traits(portrait: Portrait, kind: TraitKind) -> dict[str, str]:
    """Name to value, of one kind."""
    return {trait.name: trait.value for trait in portrait.traits if trait.kind is kind}


def written(portrait: Portrait) -> str:
    """What of a unit gets into a golden file."""
    return codec.to_json(
        Baseline(
            name="golden",
            made_at="2026-11-22T00:00:00Z",
            tool_version="1",
            rulebook_sha256="0" * 64,
            snapshot_sha256="0" * 64,
            portrait=portrait,
        )
    )


def unit(**changes: object) -> Facts:
    """A unit with something of everything."""
    values: dict[str, object] = {
        "properties": properties(),
        "packages": {
            p.name: p
            for p in (
                package("com.acme.a", signers=("ab12cd34",)),
                package("com.acme.b", users=(UserState(user=0, installed=False),)),
            )
        },
        "overlays": (
            Overlay(package="com.acme.overlay", target="android", enabled=True, user=0),
            Overlay(package="com.acme.overlay", target="android", enabled=None, user=0, name="second"),
        ),
        "users": (
            AndroidUser(number=0, name="Anna Karenina", flags="c13"),
            AndroidUser(number=10, flags="30"),
        ),
        "apex": (Apex(name="com.android.art", version_code=3),),
    }
    return Facts(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def test_every_kind_is_told_and_people_are_not() -> None:
    """Packages, overlays of one package, users by what they are, modules; the name of a user is no trait."""
    portrait = made(unit())
    assert traits(portrait, TraitKind.PACKAGE) == {"com.acme.a": "installed", "com.acme.b": "known"}
    assert traits(portrait, TraitKind.OVERLAY) == {
        "com.acme.overlay, user 0": "enabled",
        "com.acme.overlay:second, user 0": "cannot be enabled",
    }
    assert traits(portrait, TraitKind.USER) == {"user 0": "user", "user 10": "managed profile"}
    assert traits(portrait, TraitKind.APEX) == {"com.android.art": "3"}
    assert traits(portrait, TraitKind.SIGNER) == {"com.acme.a": "ab12cd34"}
    assert traits(portrait, TraitKind.BUILD)["display id"] == "WW_1"
    assert "ro.build.display.id" not in traits(portrait, TraitKind.PROPERTY)
    assert "Karenina" not in written(portrait)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (UserState(user=0, installed=True, enabled=Enabled.ENABLED), ""),
        (UserState(user=0, installed=True, enabled=Enabled.DISABLED), "disabled"),
        (UserState(user=0, installed=True, enabled=Enabled.DISABLED_USER), "disabled"),
        (UserState(user=0, installed=True, enabled=Enabled.DISABLED_UNTIL_USED), ""),
        (UserState(user=0, installed=True, stopped=True), ""),
        (UserState(user=0, installed=True, hidden=True, suspended=True), "hidden, suspended"),
        (UserState(user=0, installed=None), ""),
    ],
)
def test_states_that_come_with_use_are_none(state: UserState, said: str) -> None:
    """Stopped, or disabled until a SIM needs it, is every unit at times; disabled is somebody's doing."""
    portrait = made(Facts(packages={"com.acme.a": package("com.acme.a", users=(state,))}))
    assert traits(portrait, TraitKind.STATE).get("com.acme.a, user 0", "") == said


def test_only_the_first_user_lacks_a_package() -> None:
    """A second user without most packages is as usual; the first one without a package of others is not."""
    users = (UserState(user=0, installed=False), UserState(user=10, installed=True))
    portrait = made(Facts(packages={"com.acme.a": package("com.acme.a", users=users)}))
    assert traits(portrait, TraitKind.STATE) == {"com.acme.a, user 0": "not installed"}


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/system/app/Foo/Foo.apk", "/system/app/Foo"),
        ("/system/app/Foo", "/system/app/Foo"),
        ("/system/app/Foo.apk", "/system/app/Foo.apk"),
        ("/vendor/overlay/Foo.apk", "/vendor/overlay/Foo.apk"),
        ("/product/overlay/Foo/Foo.apk", "/product/overlay/Foo"),
        ("/data/app/~~Zm9vYmFyYmF6cXV4MTIzNA==/com.x-YWJjZGVmZ2hpamtsbW5vcA==/base.apk", "/data/app/com.x"),
        ("/data/app/com.x-YWJjZGVmZ2hpamtsbW5vcA==/base.apk", "/data/app/com.x"),
        ("/data/app/com.x-YWJjZGVmZ2hpamtsbW5vcA==", "/data/app/com.x"),
        ("/data/app/com.x-2/base.apk", "/data/app/com.x"),
        ("/data/app/com.x-2.apk", "/data/app/com.x.apk"),
        ("/mnt/expand/57f8f4bc-abf4-655f-bf67-946fc0f9f25b/app/com.x-1/base.apk", "/mnt/expand/…/app/com.x"),
        ("base.apk", "base.apk"),
        ("", ""),
    ],
)
def test_paths_are_without_what_is_random(path: str, plain: str) -> None:
    """A list, a dump and another unit name one place for one package."""
    assert plain_path(path) == plain


@given(st.integers(0, 2**32))
def test_the_order_of_facts_does_not_count(seed: int) -> None:
    """The same facts in another order are the same portrait, to the letter."""
    shuffle, before = random.Random(seed), unit()  # noqa: S311 - an order, no secret

    def mixed(items: object) -> list[object]:
        return shuffle.sample(found := list(items), len(found))  # type: ignore[call-overload] # any collection

    after = replace(
        before,
        properties=dict(mixed(before.properties.items())),  # type: ignore[arg-type] # pairs, as they were
        packages=dict(mixed(before.packages.items())),  # type: ignore[arg-type] # pairs, as they were
        overlays=tuple(mixed(before.overlays)),  # type: ignore[arg-type] # overlays, as they were
        users=tuple(mixed(before.users)),  # type: ignore[arg-type] # users, as they were
    )
    assert written(made(after)) == written(made(before))


@given(
    spelt=st.sampled_from(SPELT),
    around=st.tuples(st.sampled_from(["", "x ", "id=", "\n", "…"]), st.sampled_from(["", " y", ";", "\t"])),
    where=st.sampled_from(
        ["value", "name", "package", "path", "overlay", "build", "model", "signer", "apex"]
    ),
)
def test_no_identifier_of_the_unit_gets_in(spelt: str, around: tuple[str, str], where: str) -> None:
    """However it is spelt and wherever the unit puts it, what it told of itself is in no trait."""
    text = spelt.join(around)
    facts = replace(_hiding(where, text), identifiers=OWN)
    held = written(made(facts)).lower()
    assert spelt.lower() not in held
    assert canonical(IdentifierKind.SERIAL, SERIAL) is not None


def _hiding(where: str, text: str) -> Facts:
    """A unit with *text* in one place."""
    stated = {"value": ("persist.acme.x", text), "name": (f"persist.{text}", "1")}
    stated |= {"build": ("ro.build.display.id", text), "model": ("ro.product.model", text)}
    if where in stated:
        return unit(properties=properties() | _stated(*stated[where]))
    elsewhere: dict[str, dict[str, object]] = {
        "package": {"packages": {text: package(text)}},
        "path": {"packages": {"a": package("a", paths=(f"/data/{text}/base.apk",))}},
        "overlay": {"overlays": (Overlay(package="a", target="", enabled=True, name=text),)},
        "signer": {"packages": {"a": package("a", signers=(text,))}},
        "apex": {"apex": (Apex(name=text, version_code=1),)},
    }
    return unit(**elsewhere[where])


def _stated(name: str, value: str) -> dict[str, Property]:
    return {name: Property(name=name, value=value, origin="getprop")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ro.boot.cpuid", "0x1234"),
        ("ro.serialno", "X"),
        ("persist.radio.imei1", "unknown"),
        ("vendor.camera.sensor.rearMain.fuseID", "ofil0032"),
        ("ro.acme.thing", "02:00:5e:10:00:05"),
        ("ro.acme.thing", "57f8f4bc-abf4-655f-bf67-946fc0f9f25b"),
        ("persist.netd.stable_secret", "e9dc:859e:ac0d:26dd:9157:9673:29a6:e01c"),
        ("ro.acme.thing", "359999900001017,359999900001025"),
    ],
)
def test_a_property_of_one_unit_alone_is_none(name: str, value: str) -> None:
    """By its name or the shape of its value, though the unit told no identifier and no rule names it."""
    portrait = made(Facts(properties=_stated(name, value)))
    assert portrait.traits == ()
    assert portrait.left_out == {name}


def test_what_was_dropped_for_an_identifier_counts_as_unread() -> None:
    """A unit that names its packages after itself cannot pass for one that does not have them."""
    facts = replace(_hiding("package", f"com.{SERIAL}"), identifiers=OWN)
    assert TraitKind.PACKAGE in made(facts).unread
    assert TraitKind.PACKAGE not in made(replace(facts, identifiers=())).unread


@pytest.mark.parametrize(
    ("topic", "kinds"),
    [
        (Topic.PROPERTIES, {TraitKind.BUILD, TraitKind.REGION, TraitKind.PROPERTY}),
        (Topic.OVERLAYS, {TraitKind.OVERLAY}),
        (Topic.DISABLED, {TraitKind.STATE}),
        (Topic.DETAILS, {TraitKind.SIGNER}),
        (Topic.FLOWS, set()),
    ],
)
def test_a_gap_makes_its_kinds_unread(topic: Topic, kinds: set[TraitKind]) -> None:
    """Where something could not be read, absence says nothing."""
    assert made(Facts(gaps=(Gap(topic=topic, reason="r", fix="f"),))).unread == kinds


def test_volatile_names_are_left_out_for_their_maker_alone() -> None:
    """By whole name, prefix and pattern; on units of the maker, however it is spelt."""

    def rule(*names: str, oems: tuple[str, ...] = ()) -> Volatile:
        return Volatile(id="v", kind=TraitKind.PROPERTY, names=names, why="w", sources=(), oems=oems)

    facts = Facts(
        properties=_stated("ro.product.manufacturer", '"ACME"')
        | _stated("a.b", "1")
        | _stated("a.bc", "1")
        | _stated("c.1.d", "1")
        | _stated("e.f", "1")
    )
    every = {"ro.product.manufacturer", "a.b", "a.bc", "c.1.d", "e.f"}
    for names, oems, gone in (
        (("a.b",), (), {"a.b"}),
        (("a.*", "e.f"), (), {"a.b", "a.bc", "e.f"}),
        (("c.?.d",), ("acme",), {"c.1.d"}),
        (("c.[2-9].d",), ("acme",), set()),
        (("a.*",), ("other",), set()),
    ):
        portrait = made(facts, rule(*names, oems=oems))
        assert traits(portrait, TraitKind.PROPERTY).keys() == every - gone
        assert portrait.left_out == gone


def test_no_identifier_of_a_real_unit_gets_in(captures: Path, rulebook: Rulebook) -> None:
    """Of every real capture that tells any."""
    told = 0
    for folder in sorted(path for path in captures.iterdir() if (path / "getprop.txt").is_file()):
        facts = read_facts(open_source(folder))
        portrait = portrait_of(facts, read_region(facts, rulebook), rulebook.volatile)
        held = written(portrait).lower()
        plain = "".join(filter(str.isalnum, held))
        assert len(portrait.traits) > 50
        for one in facts.identifiers:
            told += 1
            assert one.value.lower() not in held, (folder.name, one.kind)
            value = canonical(one.kind, one.value)
            if value is not None and one.kind is not IdentifierKind.SERIAL:
                assert core(one.kind, value).lower() not in plain, (folder.name, one.kind)
    assert told > 15
