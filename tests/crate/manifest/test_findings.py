from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crate.manifest import row_for
from audit.crate.manifest.findings import crate_findings, findings_for
from audit.crate.manifest.reconcile import duplicates, reconcile
from audit.model.crate import ManifestRow, UnitResult
from audit.model.profiles import Outcome, Policy
from audit.model.report import Finding
from audit.rulebook import load, shipped_folder
from tests.crate.manifest.made import imei, manifest, unit


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped default."""
    return load(shipped_folder()).policies["default"]


_ROWS = (
    ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1),)),
    ManifestRow(line=3, serial="D4E5F6"),
    ManifestRow(line=4, imeis=(imei(4),)),
    ManifestRow(line=5, serial="U1V2W3"),
    ManifestRow(line=6, serial="X4Y5Z6"),
)


def _found(units: list[UnitResult], policy: Policy) -> dict[str, tuple[Finding, ...]]:
    given_ = manifest(*_ROWS)
    judged = [replace(one, row=row_for(given_, one.serial, one.identifiers)) for one in units]
    held = reconcile(given_, judged)
    return {one.name: findings_for(one, held, policy, held.duplicates) for one in judged} | {
        "crate": crate_findings(held, held.duplicates)
    }


def _said(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(str(finding.outcome), finding.message) for finding in findings]


def test_what_follows_for_each_unit_and_for_the_crate(policy: Policy) -> None:
    """The golden text of a crate with everything in it."""
    found = _found(
        [
            unit("fits", "A1B2C3", imeis=[imei(1)]),
            unit("clone", "A1B2C3", imeis=[imei(9)]),
            unit("plain", "D4E5F6"),
            unit("silent", "K1L2M3"),
            unit("alien", "N4P5Q6", imeis=[imei(8)]),
        ],
        policy,
    )
    shared = "2 units (clone, fits) have one serial number. Told apart by their IMEI."
    assert {name: _said(findings) for name, findings in found.items()} == {
        "fits": [("pass", "The manifest names this unit: line 2."), ("review", shared)],
        "clone": [
            ("review", "Line 2 of the manifest names this unit, but another one fits that line better."),
            ("review", shared),
        ],
        "plain": [("pass", "The manifest names this unit: line 3.")],
        "silent": [
            (
                "inconclusive",
                (
                    "Whether this unit is in the manifest cannot be told: it told no IMEI of its own,"
                    " and the manifest names units by that."
                ),
            )
        ],
        "alien": [("review", "Nothing this unit told of itself is in the manifest.")],
        "crate": [
            ("inconclusive", "2 units of the manifest were not seen: lines 5, 6."),
            (
                "inconclusive",
                (
                    "1 unit told nothing that could be compared with line 4 of the manifest:"
                    " whether they are the same cannot be told."
                ),
            ),
            ("review", shared),
        ],
    }


def test_another_imei_than_the_rows_is_a_difference(policy: Policy) -> None:
    """The evidence has both, the message none."""
    (finding,) = _found([unit("a", "A1B2C3", imeis=[imei(7)])], policy)["a"]
    assert finding.outcome is policy.manifest_difference
    assert (
        finding.message
        == "Line 2 of the manifest names this unit by its serial number, but with another IMEI."
    )
    assert {one.value for one in finding.evidence} == {"A1B2C3", imei(1), imei(7)}


def test_an_imei_that_was_not_told_is_a_note_where_the_serial_number_fits(policy: Policy) -> None:
    """What was not compared is said, and blames nobody."""
    findings = _found([unit("a", "A1B2C3")], policy)["a"]
    assert {finding.outcome for finding in findings} == {Outcome.PASS}
    assert "IMEI in line 2 of the manifest was not compared" in findings[0].message


def test_the_policy_decides_what_a_difference_leads_to(policy: Policy) -> None:
    """A factory may fail what an importer reviews."""
    strict = replace(policy, manifest_difference=Outcome.FAIL)
    assert _found([unit("a", "N4P5Q6", imeis=[imei(8)])], strict)["a"][0].outcome is Outcome.FAIL


def test_without_a_manifest_only_shared_identifiers_are_told(policy: Policy) -> None:
    """The same function for every crate."""
    units = [unit("a", "A1B2C3"), unit("b", "A1B2C3"), unit("c", "G7H8J9")]
    shared = duplicates(units)
    assert [len(findings_for(one, None, policy, shared)) for one in units] == [1, 1, 0]
    assert [finding.check for finding in crate_findings(None, shared)] == ["duplicates"]
    assert crate_findings(None) == ()


def test_a_whole_crate_says_so(policy: Policy) -> None:
    """Nothing missing is said too."""
    row = ManifestRow(line=2, serial="A1B2C3")
    held = reconcile(manifest(row), [unit("a", "A1B2C3", row=row)])
    assert _said(crate_findings(held)) == [("pass", "Every unit of the manifest was seen.")]
    assert policy.manifest_difference is Outcome.REVIEW


def test_long_lists_are_cut_and_counted(policy: Policy) -> None:
    """A forgotten pallet is no screenful."""
    rows = tuple(ManifestRow(line=n, serial=f"S{n:04d}X") for n in range(2, 102))
    (finding,) = crate_findings(reconcile(manifest(*rows), []))
    assert finding.message.startswith("100 units of the manifest were not seen: lines 2, 3, ")
    assert finding.message.endswith("21 and 80 more.")
    units = [unit(f"{pair}{n}", f"S{n:04d}X") for n in range(60) for pair in "ab"]
    found = crate_findings(None, duplicates(units))
    assert len(found) == 51
    assert "10 more" in found[-1].message
    assert policy.name == "default"


@given(serial=st.sampled_from(["A1B2C3", "D4E5F6", "Q9R8S7"]), number=st.integers(0, 9))
def test_no_message_holds_an_identifier(serial: str, number: int) -> None:
    """Messages go to labels and logs; identifiers stay in the evidence, where they are masked."""
    rules = load(shipped_folder()).policies["default"]
    found = _found(
        [unit("a", serial, imeis=[imei(number)]), unit("b", serial), unit("c", "D4E5F6", imeis=[imei(4)])],
        rules,
    )
    text = " ".join(
        finding.message + finding.why + finding.fix for some in found.values() for finding in some
    )
    assert serial not in text
    assert imei(number)[:14] not in text
