"""The documented units, and what the loader says of a file that is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.errors import BadInput, UsageError
from audit.lab import answer, copies, load_unit, phone_sized, shipped_unit, shipped_units, unit_from_table
from audit.parse.package_details import parse_package_details

DOCUMENTED = {
    "clean-global": "PASS",
    "cn-build": "FAIL",
    "colombian-lock": "FAIL",
    "dormant-eu": "REVIEW",
    "drops-halfway": "INCONCLUSIVE",
    "fixed-2019": "PASS",
    "hostile": "PASS",
    "incident-2019": "FAIL",
    "reflashed-xiaomi": "REVIEW",
    "rooted-2019": "FAIL",
    "slow": "PASS",
    "talking-2019": "FAIL",
    "unauthorized": "unauthorized",
    "ungated-eu": "FAIL",
    "work-profile": "INCONCLUSIVE",
}


def test_every_documented_unit_loads() -> None:
    """The units are those that are documented, each with its verdict for Norway and the reason."""
    found = {unit.id: unit.expect[0].verdict for unit in shipped_units()}
    assert found == DOCUMENTED
    for unit in shipped_units():
        assert unit.expect[0].market == "NO"
        assert all(expect.why.endswith(".") for expect in unit.expect)
        assert len(unit.packages) > 100


def test_subjects_are_on_the_unit() -> None:
    """A finding can only name, or spare, a package the unit has."""
    for unit in shipped_units():
        for expect in unit.expect:
            assert set(expect.fails) | set(expect.spares) <= set(unit.packages), unit.id


def test_serials_tell_units_apart_and_are_no_real_ones() -> None:
    """Every serial says that it belongs to the lab; nothing looks like an IMEI."""
    serials = [unit.serial for unit in shipped_units()]
    assert len(set(serials)) == len(serials)
    assert all(serial.startswith("LAB") for serial in serials)
    for unit in shipped_units():
        assert not re.search(rb"(?<!\d)\d{15}(?!\d)", answer(unit, "getprop").stdout)


def test_what_a_fingerprint_says_is_said_by_the_properties() -> None:
    """The properties a fingerprint consists of follow from it."""
    properties = shipped_unit("incident-2019").properties
    assert properties["ro.product.name"] == "Onyx_00WW"
    assert properties["ro.product.device"] == "B2N_sprout"
    assert properties["ro.build.display.id"] == "00WW_3_22C"
    assert properties["ro.build.tags"] == "release-keys"
    assert properties["ro.product.model"] == '"Nokia 7 plus"'


def test_shared_users_share_their_uid() -> None:
    """Packages of one shared user have one uid, and no other package has it."""
    for unit in shipped_units():
        users: dict[int | None, set[str | None]] = {}
        for name, package in unit.packages.items():
            users.setdefault(package.uid, set()).add(package.shared_user or name)
        assert all(len(owners) == 1 for owners in users.values()), unit.id
        shared = {
            (package.shared_user, package.uid) for package in unit.packages.values() if package.shared_user
        }
        assert len(shared) == len({name for name, _uid in shared}), unit.id
    assert shipped_unit("incident-2019").packages["com.qualcomm.qti.autoregistration"].uid == 1001


def test_copies_differ_by_serial() -> None:
    """A crate of one model: all alike but for the serial, also where a property states it."""
    crate = copies(shipped_unit("slow"), 3)
    assert [unit.serial for unit in crate] == ["LABSLOW", "LABSLOW-2", "LABSLOW-3"]
    assert answer(crate[2], "getprop ro.serialno").stdout == b"LABSLOW-3\n"
    assert crate[2].packages == crate[0].packages


def test_phone_sized() -> None:
    """A unit for benchmarks says as much as a phone, and what it says is still read whole."""
    unit = phone_sized(shipped_unit("incident-2019"))
    dump = answer(unit, "dumpsys -t 60 package").stdout
    assert 4_400_000 < len(dump) < 4_700_000
    assert 35_000 < len(answer(unit, "getprop").stdout) < 60_000
    parsed = parse_package_details(dump.decode())
    assert {package.name for package in parsed.value.packages} == set(unit.packages)
    assert len(unit.packages) == 400
    assert parsed.unread == ()


GOOD = 'title = "t"\nandroid = "9"\nserial = "LABX"\n'


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("title = \n", ["x.toml", "is not TOML", "line 1"]),
        ("", ["title: is missing", "android: is missing", "serial: is missing"]),
        (GOOD + "adroid = 1\n", ["adroid: there is no such key; did you mean 'android'?"]),
        (GOOD.replace('"9"', "9"), ["android: must be text in quotes, not 9"]),
        (GOOD.replace('"9"', '"3"'), ["android: must be one of 4.4, 5.0"]),
        (GOOD + 'auth = "maybe"\n', ["auth: must be one of none, trust, prompt, never, not 'maybe'"]),
        (GOOD + "[packages]\ncom = 1\n", ['packages."com": must be a table, not 1']),
        (GOOD + '[packages]\n"a.b" = {}\n', ['packages."a.b".path: is missing']),
        (GOOD + '[packages]\n"a.b" = { path = "x" }\n', ['packages."a.b".path: must begin with /']),
        (GOOD + '[packages."a.b"]\npath = "/x"\nusers = { me = {} }\n', ['users."me": must be the number']),
        (GOOD + '[settings.globl]\na = "1"\n', ["settings.globl: must be one of global, system, secure"]),
        (GOOD + "[[faults]]\nkind = 'drp'\n", ["faults[0].kind: must be one of offline", "'drp'"]),
        (GOOD + "[latency_ms]\nid = -1\n", ['latency_ms."id": must not be negative']),
        (
            GOOD + '[[expect]]\nmarket = "NO"\nwhy = "."\nverdict = "OK"\n',
            ["expect[0].verdict: must be one of"],
        ),
        (GOOD + 'base = "nothing"\n', ["base: there is no base 'nothing'", "choose one of: aosp"]),
        (GOOD + 'base = "aosp"\nwithout = ["no.such"]\n', ["without: 'no.such' is not among the packages"]),
        (GOOD + "files = 3\nusers = 4\n", ["files: must be a table, not 3", "users: must be a table, not 4"]),
        (
            GOOD + '[[talks]]\npackage = "a.b"\nip = "x"\nport = 1\nprotocol = "ip"\n',
            [
                "talks[0].package: 'a.b' is not among",
                "talks[0].ip: must be an address",
                "talks[0].protocol: must",
            ],
        ),
        (GOOD + "allow_after_s = 'x'\n", ["allow_after_s: must be a number, not 'x'"]),
    ],
)
def test_bad_files(tmp_path: Path, text: str, problems: list[str]) -> None:
    """A file that is no unit is refused with its name, every key that is wrong and the cure."""
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_unit(path)
    said = str(caught.value)
    assert "x.toml" in said
    assert caught.value.fix
    for problem in problems:
        assert problem in said


def test_missing_file_and_unknown_name(tmp_path: Path) -> None:
    """A path or name nobody has is refused with what there is."""
    with pytest.raises(BadInput, match="no such file"):
        load_unit(tmp_path / "none.toml")
    with pytest.raises(UsageError) as caught:
        shipped_unit("../nothing")
    assert "clean-global" in caught.value.fix


def test_inheritance() -> None:
    """A unit adds to its base key by key, replaces what it states, and can leave packages out."""
    unit = unit_from_table(
        {
            "base": "hmd-9",
            "title": "t",
            "serial": "LABX",
            "without": ["com.android.stk"],
            "properties": {"ro.product.locale": "de-DE"},
            "packages": {"com.android.phone": {"version_name": "x"}},
        },
        name="x",
    )
    assert unit.android == "9"
    assert unit.properties["ro.product.locale"] == "de-DE"
    assert unit.properties["ro.product.manufacturer"] == "HMD Global"
    assert unit.packages["com.android.phone"].path == "/system/priv-app/TeleService"
    assert unit.packages["com.android.phone"].version_name == "x"
    assert "com.android.stk" not in unit.packages
