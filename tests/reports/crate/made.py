"""Any crate at all, for property tests: every field of every record holds whatever its type allows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from audit.model.crate import (
    CrateHead,
    CrateReport,
    Duplicate,
    Group,
    Manifest,
    ManifestRow,
    Reconciliation,
    UnitResult,
)
from audit.model.evidence import Source
from audit.model.flows import OwnIdentifier
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Expectation, Finding

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        (
            "",
            "usb:1-4.2",
            "小米 11 Lite",
            "<script>alert(1)</script>",
            "]]>&amp;{{7*7}}[bold]",
            "=1+1",
            "\x1b[31mred\x07",
            "\u202egnp.exe",
            "\ufffe\x00",
            "../..",
            "x" * 3000,
            "serial#3f2a91",
        )
    ),
)
_COUNTS = st.integers(0, 10**6)


def _few(of: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=most).map(tuple)


_EVIDENCE = st.builds(Evidence, what=TEXTS, value=TEXTS, origin=TEXTS)
_FINDINGS = st.builds(
    Finding,
    check=TEXTS,
    message=TEXTS,
    subject=TEXTS,
    why=TEXTS,
    fix=TEXTS,
    evidence=_few(_EVIDENCE),
    facts=_few(st.tuples(TEXTS, TEXTS)),
    sources=_few(TEXTS),
)
_EXPECTATIONS = st.builds(
    Expectation,
    market=st.none() | st.sampled_from(("NO", "DE")) | TEXTS,
    model=st.none() | TEXTS,
    build=st.none() | TEXTS,
    policy=TEXTS,
    baseline=st.none() | TEXTS,
)
_ROWS = st.builds(
    ManifestRow,
    line=_COUNTS,
    serial=TEXTS,
    imeis=_few(TEXTS, 2),
    model=TEXTS,
    market=TEXTS,
    build=TEXTS,
    lot=TEXTS,
)
_UNITS = st.builds(
    UnitResult,
    name=TEXTS,
    serial=TEXTS,
    slot=TEXTS,
    model=TEXTS,
    build=TEXTS,
    region=st.none() | TEXTS,
    source=st.builds(Source, detail=TEXTS, path=TEXTS),
    expectation=_EXPECTATIONS,
    because=_few(TEXTS),
    telling=_few(_FINDINGS),
    checks=_few(st.tuples(TEXTS, st.sampled_from(Outcome))),
    started_at=TEXTS,
    took_s=st.floats(0, 1e9),
    tries=_COUNTS,
    snapshot_sha256=TEXTS,
    identifiers=_few(st.builds(OwnIdentifier, value=TEXTS, origin=TEXTS)),
    row=st.none() | _ROWS,
)
_HELD = st.builds(
    Reconciliation,
    path=TEXTS,
    sha256=TEXTS,
    present=_few(st.tuples(_COUNTS, TEXTS)),
    missing=_few(_ROWS),
    unexpected=_few(TEXTS),
    duplicates=_few(st.builds(Duplicate, what=TEXTS, value=TEXTS, units=_few(TEXTS), why=TEXTS)),
    unsure=_few(TEXTS),
)
_HEADS = st.builds(
    CrateHead,
    name=TEXTS,
    began_at=TEXTS,
    tool_version=TEXTS,
    expectation=_EXPECTATIONS,
    rulebook_sha256=TEXTS,
    manifest=st.none() | st.builds(Manifest, path=TEXTS, sha256=TEXTS, rows=_few(_ROWS)),
    baseline=TEXTS,
)


def _named(crate: CrateReport) -> CrateReport:
    """Names of units are unique in a crate."""
    units = {unit.name: unit for unit in crate.units}
    return replace(crate, units=tuple(units.values()))


CRATES = st.builds(
    CrateReport,
    head=_HEADS,
    ended_at=TEXTS,
    units=_few(_UNITS, 6),
    findings=_few(_FINDINGS),
    groups=_few(st.builds(Group, model=TEXTS, build=TEXTS, units=_COUNTS, earlier=_COUNTS)),
    reconciliation=st.none() | _HELD,
    waiting=_few(TEXTS),
).map(_named)
