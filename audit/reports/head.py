"""The head of a report, in the same words in every format: who the unit is, what of it was judged."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.evidence import SourceKind
from audit.model.report import Report

PROVENANCE = ("Judged at", "adb-audit", "Rulebook SHA-256", "Evidence SHA-256")


def unit_name(report: Report) -> str:
    """Maker and model as the unit states them, without saying the maker twice."""
    identity = report.identity
    model = identity.model or report.unit.model or ""
    maker = identity.manufacturer or identity.brand
    if maker and not model.casefold().startswith(maker.casefold()):
        return f"{maker} {model}".strip()
    return model or "unit that does not say what it is"


def serial(report: Report) -> str:
    """The serial number, or its mask; "" where there is none."""
    return report.identity.serial or report.unit.serial or ""


def unit_label(report: Report) -> str:
    """One unit among several: name, build, serial."""
    return ", ".join(part for part in (name_and_kind(report), build(report), serial(report)) if part)


def unit_line(report: Report) -> str:
    """What tells the unit from others of its model: serial number, code name, build."""
    parts = (serial(report), report.identity.device, build(report))
    return ", ".join(part for part in parts if part) or "not stated"


def build(report: Report) -> str:
    """The build as the unit names it; "" where it does not."""
    return report.identity.build or report.identity.incremental


def asked(report: Report) -> str:
    """What the unit was judged for."""
    expected = report.expectation
    place = f"for market {expected.market}" if expected.market else "for no market in particular"
    more = [f"model {expected.model}"] if expected.model else []
    more += [f"build {expected.build}"] if expected.build else []
    more += [f"like golden unit {expected.baseline[:12]}"] if expected.baseline else []
    return ", ".join((place, *more, f"policy {expected.policy}"))


def head_rows(report: Report, how: str | None = None) -> Iterator[tuple[str, str]]:
    """(label, value) of what was judged, and with what. how: instead of all that `how_read` says."""
    identity = report.identity
    code = f" ({identity.device})" if identity.device else ""
    yield "Unit", unit_name(report) + code
    yield "Serial", serial(report) or "not stated"
    yield "Build", _joined(identity.build, identity.incremental) or "not stated"
    if identity.fingerprint:
        yield "Fingerprint", identity.fingerprint
    yield "System", system(report)
    yield "Judged", asked(report)
    yield "Evidence", evidence_kind(report)
    if report.source.path:
        yield "Read from", report.source.path
    if told := how_read(report) if how is None else how:
        yield "How", told


def system(report: Report) -> str:
    """Version and patch level of the unit's Android."""
    identity = report.identity
    android = f"Android {identity.android}" if identity.android else "Android version not stated"
    return android + (f", security patch {identity.patch}" if identity.patch else "")


def evidence_kind(report: Report) -> str:
    """What was judged, and of which time, in plain words."""
    source, read_at = report.source, report.acquired_at
    if source.taken:
        when = f" of {source.taken}, by the unit's clock"
    else:
        when = f", read at {read_at}" if read_at else ", which does not say of what time"
    if source.kind is SourceKind.FIRMWARE:
        told = source.what if "firmware" in source.what else f"firmware, {source.what}"
        return told.removesuffix(", ")
    return f"{_SOURCES[source.kind]}{when}"


def how_read(report: Report) -> str:
    """How the evidence was read, and what was left: what the source says beside its path and its kind."""
    source = report.source
    said = source.detail.removeprefix(source.path).removeprefix("; ")
    return said.removeprefix(source.what).removeprefix("; ") if source.kind is SourceKind.FIRMWARE else said


def section(origin: str) -> str:
    """A place in a bug report without the name of its one text, which the head of a report tells."""
    name, between, inside = origin.partition(" > ")
    return inside if between and name.endswith(".txt") else origin


def name_and_kind(report: Report) -> str:
    """The unit's name, and what of it was judged where that was not the unit itself."""
    kind = _SHORT_SOURCES.get(report.source.kind)
    return unit_name(report) + (f" ({kind})" if kind else "")


_SOURCES = {
    SourceKind.LIVE: "a connected unit",
    SourceKind.FOLDER: "recorded outputs and files",
    SourceKind.SAVED: "a saved snapshot",
    SourceKind.BUGREPORT: "a bug report",
    SourceKind.ANDROIDQF: "an AndroidQF acquisition",
    SourceKind.FIRMWARE: "firmware",
}
_SHORT_SOURCES = {
    SourceKind.FOLDER: "recorded",
    SourceKind.BUGREPORT: "bug report",
    SourceKind.ANDROIDQF: "AndroidQF",
    SourceKind.FIRMWARE: "firmware",
}


def _joined(*parts: str) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))


def provenance_rows(report: Report) -> Iterator[tuple[str, str]]:
    """(label, value) of what the report can be checked with."""
    values = (report.judged_at, report.tool_version, report.rulebook_sha256, report.snapshot_sha256)
    yield from zip(PROVENANCE, values, strict=True)
