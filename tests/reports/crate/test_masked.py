from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model.crate import CrateReport, Duplicate
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.report import Evidence
from audit.reports import redact, render
from audit.reports.crate import FORMATS, Options, render_crate
from audit.reports.known import Known
from tests.reports import samples as single
from tests.reports.crate import samples

OPTIONS = Options(key=samples.KEY)
_TOKEN = re.compile(r"(?:serial|imei|mac|imsi|iccid|id|phone|ip)#[0-9a-f]{6}")


def _identifiers(crate: CrateReport) -> set[str]:
    """Everything that names a unit of the crate, or of its manifest."""
    rows = crate.head.manifest.rows if crate.head.manifest is not None else ()
    return {
        *(unit.serial for unit in crate.units),
        *(one.value for unit in crate.units for one in unit.identifiers),
        *(row.serial for row in rows if row.serial),
        *(imei for row in rows for imei in row.imeis),
    }


def _told() -> CrateReport:
    """A crate in whose every finding some identifier of another unit stands, too."""
    made = samples.crate(12)
    names = " ".join(sorted(_identifiers(made)))
    units = tuple(
        replace(
            unit,
            because=(*unit.because, names),
            identifiers=(
                *unit.identifiers,
                OwnIdentifier(kind=IdentifierKind.MAC, value=f"02005e1000{n:02x}", origin="ip"),
                OwnIdentifier(
                    kind=IdentifierKind.ANDROID_ID, value=f"9774d56d682e54{n:02x}", origin="settings"
                ),
            ),
            telling=tuple(
                replace(f, message=f"{f.message} {names}", why=names, fix=names) for f in unit.telling
            ),
        )
        for n, unit in enumerate(made.units)
    )
    findings = tuple(
        replace(f, evidence=(Evidence(what="IMEI", value=names, origin=names),)) for f in made.findings
    )
    return replace(made, units=units, findings=findings, waiting=(made.units[0].serial, "usb:1-9"))


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("verbose", [False, True])
def test_no_identifier_of_a_crate_is_in_any_format(form: str, *, verbose: bool) -> None:
    """Serial numbers, IMEIs and the rest, of units and of the manifest, wherever they stand."""
    crate = _told()
    text = render_crate(form, crate, replace(OPTIONS, verbose=verbose)).casefold()
    unwrapped = re.sub(r"\s+", "", text)
    assert _identifiers(crate)
    for identifier in _identifiers(crate):
        assert identifier.casefold() not in unwrapped
    assert "usb:1-1.1" in text


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_identifiers_are_shown_when_asked_for(form: str) -> None:
    """Revealing shows the serial numbers of units and of what is missing."""
    crate = samples.crate(12)
    text = render_crate(form, crate, replace(OPTIONS, reveal=True, verbose=True))
    assert "LABMISSING0017" in text
    assert next(unit.serial for unit in crate.units if unit.decision.value == "FAIL") in text
    assert not _TOKEN.search(text)


def test_tokens_are_equal_in_all_formats_and_in_a_units_own_report() -> None:
    """One serial number is one token: on the wall, in the table, in the unit's own report, under one key."""
    crate = samples.crate(12)
    unit = next(unit for unit in crate.units if unit.decision.value == "FAIL")
    own = replace(
        single.INCIDENT,
        identity=replace(single.INCIDENT.identity, serial=unit.serial),
        unit=replace(single.INCIDENT.unit, serial=unit.serial),
    )
    token = redact.shown_serial(unit.serial, key=OPTIONS.key)
    assert _TOKEN.fullmatch(token)
    assert token in render("json", [own], OPTIONS)
    for form in FORMATS:
        assert token in render_crate(form, crate, OPTIONS)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentifierKind.CELL, "1234"),
        (IdentifierKind.POSITION, "59.91,10.75"),
        (IdentifierKind.ESN, "7"),
        (IdentifierKind.PHONE, "912"),
        (IdentifierKind.DEVICE_ID, "abc"),
    ],
)
def test_every_identifier_is_masked_in_its_own_field(kind: IdentifierKind, value: str) -> None:
    """However short it is; one too common to be looked for in every text takes no word from it."""
    unit = samples.result(samples.reports()["clean-global"], 1)
    own = OwnIdentifier(kind=kind, value=value, origin="dumpsys")
    made = samples.closed([replace(unit, identifiers=(own,), because=("1234 packages were read",))])
    [masked] = redact.redact_crate(made, key=samples.KEY).units
    assert all(re.fullmatch(r"[a-z]+#[0-9a-f]{6}", part) for part in masked.identifiers[0].value.split(","))
    assert masked.because == ("1234 packages were read",)


def test_masking_twice_changes_nothing_more() -> None:
    """A crate that was masked once may pass through again."""
    once = redact.redact_crate(_told(), key=samples.KEY)
    assert redact.redact_crate(once, key=samples.KEY) == once


def test_a_unit_cannot_take_words_from_the_others() -> None:
    """A unit whose serial number is a word masks it in what is said of itself, not of all."""
    made = samples.crate(12)
    nasty = replace(made.units[0], serial="Nokia", model="Nokia 7 plus")
    crate = redact.redact_crate(replace(made, units=(nasty, *made.units[1:])), key=samples.KEY)
    assert crate.units[0].serial.startswith("serial#")
    assert crate.units[0].model == f"{crate.units[0].serial} 7 plus"
    assert {unit.model for unit in crate.units[1:]} == {unit.model for unit in made.units[1:]}


def test_the_place_of_a_unit_and_a_line_of_the_manifest_stay() -> None:
    """What names a socket of the bench or a line of a file names no unit."""
    made = samples.crate(12)
    shared = Duplicate(what="line of the manifest", value="3", units=(made.units[0].name,))
    assert made.reconciliation is not None
    held = replace(made.reconciliation, duplicates=(shared,))
    crate = redact.redact_crate(
        replace(made, reconciliation=held, waiting=("usb:1-9", "192.0.2.7:5555", "XYZ1234567")),
        key=samples.KEY,
    )
    assert crate.reconciliation is not None
    assert crate.reconciliation.duplicates == (shared,)
    assert crate.waiting[:2] == ("usb:1-9", "192.0.2.7:5555")
    assert crate.waiting[2].startswith("serial#")
    assert {unit.slot for unit in crate.units} == {unit.slot for unit in made.units}


@settings(max_examples=200)
@given(
    values=st.lists(st.from_regex(r"[a-z0-9]{4,16}", fullmatch=True), min_size=1, max_size=30, unique=True),
    text=st.text("abc019 -", max_size=40),
    at=st.integers(0, 40),
)
def test_whatever_is_known_is_found(values: list[str], text: str, at: int) -> None:
    """However many values there are and however alike they begin, each is found where it stands alone."""
    for value in values:
        told = f"{text[:at]} {value.upper()} {text[at:]}"
        assert value not in Known(dict.fromkeys(values, "id")).masked(told, lambda _kind, _found: "#").lower()


def test_values_that_begin_alike_are_told_apart() -> None:
    """The longest of several that begin alike is the one that is meant."""
    kinds = {"ab1234": "a", "ab123456": "b", "ab12": "c"}
    masked = Known(kinds).masked("xab123456 ab1234y ab12 ab12z", lambda kind, _found: f"<{kind}>")
    assert masked == "x<b> <a>y <c> ab12z"


@pytest.mark.timeout(60)
def test_values_made_to_nest_cannot_stall_the_search() -> None:
    """Thousands of values, each the beginning of the next, are compiled and looked for in seconds."""
    begun = time.process_time()
    known = Known(dict.fromkeys(["a1" * n for n in range(3, 1000)], "id"))
    known.masked("a1" * 50_000 + "b" + "a" * 50_000, lambda kind, _found: kind)
    assert time.process_time() - begun < 20
