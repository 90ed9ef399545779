"""From what ``verify`` was asked for to what is said of each record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from audit import codec
from audit.cli import exits
from audit.cli.output import note, say
from audit.errors import AuditError, BadInput, UsageError
from audit.model.history import StationRef
from audit.model.record import record
from audit.model.report import Report
from audit.model.signing import Flaw, Problem, SignedRecord
from audit.model.text import clean_line
from audit.signoff import envelope as dsse
from audit.signoff import trust as trusted
from audit.signoff.canonical import report_sha256
from audit.signoff.chain import Expected
from audit.signoff.envelope import LARGEST_BYTES, Unreadable
from audit.signoff.files import ENDING, Approval, envelope_path, verify_file
from audit.signoff.keys import read_public
from audit.signoff.statement import APPROVED_FILE
from audit.signoff.trust import Trust
from audit.signoff.verify import Reports, read_log, signed_off, verify
from audit.sources.saved import write_atomically

if TYPE_CHECKING:
    from audit.history import History

_LARGEST_REPORT_BYTES = 64 * 1024 * 1024
_SHA256_DIGITS = 64


@record
class Asked:
    """What ``verify`` was asked for; see its options."""

    files: tuple[Path, ...]
    log: bool
    reports: tuple[Path, ...]
    keys: tuple[Path, ...]
    count: int | None
    head: str | None
    db: str | None
    output: Path | None

    @property
    def expected(self) -> Expected | None:
        """What is remembered of the log."""
        if self.count is None and self.head is None:
            return None
        return Expected(count=self.count, head_sha256=self.head.lower() if self.head else None)


@record
class Said:
    """What is to be said of one file. genuine: in words, "" where there is a problem"""

    where: str
    problems: tuple[Problem, ...] = ()
    genuine: str = ""


def run(asked: Asked) -> int:
    """Look at all, say what is found; the exit code."""
    _sensible(asked)
    trust = _trust(asked.keys)
    reports = {path: _report(path) for path in asked.reports}
    codes = [_one(file, asked, trust, reports) for file in asked.files or (None,)]
    return exits.FAIL if exits.FAIL in codes else max(codes)


def _sensible(asked: Asked) -> None:
    if not asked.files and not asked.log:
        raise UsageError("nothing was given to verify", fix="give a file, or say --log")
    if asked.expected is not None and (not asked.log or len(asked.files) > 1):
        raise UsageError("--count and --head are of one log", fix="say --log, with one file or none")
    if asked.output is not None and (not asked.log or asked.files):
        raise UsageError("--output writes the log of this station", fix="say --log, and no file")
    if asked.head is not None and not _is_hash(asked.head):
        raise UsageError("--head is no SHA-256", fix="give its 64 hexadecimal digits")


def _is_hash(text: str) -> bool:
    return len(text) == _SHA256_DIGITS and all(c in "0123456789abcdefABCDEF" for c in text)


def _trust(keys: tuple[Path, ...]) -> Trust:
    if not keys:
        return trusted.load(trusted.default_file())
    trust = Trust()
    for path in keys:
        _, trust = trust.trust(read_public(path), name=path.name.partition(".")[0], since="", where=str(path))
    return trust


def _one(file: Path | None, asked: Asked, trust: Trust, reports: Mapping[Path, Report]) -> int:
    try:
        found = _history(asked, trust, reports) if file is None else (_file(file, asked, trust, reports),)
    except AuditError as error:
        exits.tell(error)
        return exits.of_error(error)
    codes = [_tell(said, trust) for said in found]
    return exits.FAIL if exits.FAIL in codes else max(codes)


def _tell(said: Said, trust: Trust) -> int:
    for problem in said.problems:
        say(_line(said.where, problem))
    if not said.problems:
        say(clean_line(f"{said.where}: genuine: {said.genuine}"))
        return exits.PASS
    if not len(trust) and all(problem.flaw is Flaw.UNKNOWN_KEY for problem in said.problems):
        note("no key is trusted here, so nothing can be told; adb-audit keys trust FILE, or --key FILE")
        return exits.INCONCLUSIVE
    return exits.FAIL


def _line(where: str, problem: Problem) -> str:
    number = f"number {problem.number}" if problem.number else problem.where
    parts = (where, number if number != where else "", problem.flaw.value, problem.what)
    return clean_line(": ".join(part for part in parts if part))


def _file(path: Path, asked: Asked, trust: Trust, reports: Mapping[Path, Report]) -> Said:
    signed = _approved(path)
    if signed is not None:
        return _approval(signed, trust)
    data = _head(path)
    if asked.log or b"\n" in data.removesuffix(b"\n"):
        return _log(str(path), read_log(path), asked, trust, reports)
    found = list(verify(data, trust))
    for report in reports.values():
        found += [problem for problem in verify(data, trust, _always(report)) if problem not in found]
    return Said(where=str(path), problems=tuple(found), genuine="" if found else _record_text(data))


def _always(report: Report) -> Reports:
    return lambda _sha256: report


def _approved(path: Path) -> Path | None:
    """The file that somebody approved of: *path*, or the one it lies beside; None = it is no such thing."""
    if path.suffix != ENDING:
        is_ours = b'"schema"' in _head(path)[:200]  # a file of this program's, which no record is
        return path if is_ours or envelope_path(path).exists() else None
    try:
        content = dsse.content(dsse.opened(_head(path).removesuffix(b"\n")))
    except Unreadable:
        return None
    return path.with_suffix("") if content.get("predicateType") == APPROVED_FILE else None


def _approval(path: Path, trust: Trust) -> Said:
    found = verify_file(path, trust)
    if isinstance(found, Approval):
        return Said(
            where=str(path), genuine=clean_line(f"approved by {found.inspector} at {found.signed_at}")
        )
    return Said(where=str(path), problems=(found,))


def _history(asked: Asked, trust: Trust, reports: Mapping[Path, Report]) -> tuple[Said, ...]:
    """Of a history, or of each station whose chain a central one holds."""
    from audit.cli.history_asked import opened

    with opened(asked.db) as history:
        known = history.stations()
        chains = [one for one in known if one.role != "own" and (one.trouble or any(history.records(one.id)))]
        if not chains:
            _write_log(asked.output, history.records())
            return (_log("history", history.records(), asked, trust, reports),)
        chains += [one for one in known if one.role == "own" and any(history.records(one.id))]
        if asked.expected is not None and len(chains) > 1:
            raise UsageError(
                "--count and --head are of one chain, and several stations have theirs there",
                where=history.where,
                fix="write each with --output, and give the file",
            )
        return tuple(_chain(history, one, asked, trust, reports) for one in chains)


def _chain(
    history: History, station: StationRef, asked: Asked, trust: Trust, reports: Mapping[Path, Report]
) -> Said:
    short = station.id[:8]
    if asked.output is not None:
        own = asked.output.with_name(f"{asked.output.stem}-{short}{asked.output.suffix}")
        _write_log(own, history.records(station.id))
    where = f"{station.name or 'station'} ({short})"
    told = () if not station.trouble else (Problem(flaw=Flaw.CHANGED, number=0, what=station.trouble),)
    if told and not any(history.records(station.id)):
        return Said(where=where, problems=told)
    said = _log(where, history.records(station.id), asked, trust, reports)
    return Said(where=where, problems=(*said.problems, *told), genuine=said.genuine)


def _write_log(place: Path | None, records: Iterable[SignedRecord]) -> None:
    if place is not None:
        write_atomically(place, b"".join(one.envelope + b"\n" for one in records), private=False)
        note(f"wrote {place}")


def _log(
    where: str,
    records: Iterable[SignedRecord],
    asked: Asked,
    trust: Trust,
    reports: Mapping[Path, Report],
) -> Said:
    given = {report_sha256(report): (path, report) for path, report in reports.items()}
    used: set[str] = set()
    seen = _Seen(records)

    def beside(sha256: str) -> Report | None:
        used.add(sha256)
        found = given.get(sha256)
        return None if found is None else found[1]

    problems = list(verify(seen, trust, beside, expected=asked.expected))
    for sha256, (path, _) in given.items():
        if sha256 not in used:
            what = f"no record of the log is of {path}"
            problems.append(Problem(flaw=Flaw.REPORT, number=0, what=what))
    if not seen.count and not problems:
        raise BadInput("there is no record in it", where=where, fix="sign a unit off: adb-audit signoff")
    counted = "1 record" if seen.count == 1 else f"{seen.count} records"
    last = f"the last has the hash {seen.last}; note both: else nobody sees the last ones go"
    return Said(where=where, problems=tuple(problems), genuine=f"{counted}; {last}")


class _Seen:
    """Counts records that go by, and keeps the hash of the last."""

    def __init__(self, records: Iterable[SignedRecord]) -> None:
        self._records = records
        self.count, self.last = 0, ""

    def __iter__(self) -> Iterator[SignedRecord]:
        for one in self._records:
            self.count, self.last = self.count + 1, one.sha256
            yield one


def _record_text(data: bytes) -> str:
    signoff = signed_off(data.removesuffix(b"\n")).signoff
    text = f"{signoff.result.value} by {signoff.inspector} at {signoff.signed_at}, number {signoff.number}"
    return clean_line(text + (f", note: {signoff.note}" if signoff.note else ""))


def _head(path: Path) -> bytes:
    """As much of the file as one record may have, and a byte more."""
    return _read(path, LARGEST_BYTES + 2)


def _report(path: Path) -> Report:
    data = _read(path, _LARGEST_REPORT_BYTES + 1)
    if len(data) > _LARGEST_REPORT_BYTES:
        raise BadInput(f"is larger than {_LARGEST_REPORT_BYTES} bytes", where=str(path), fix=_FIX)
    try:
        return codec.from_json(Report, data.decode(), where=str(path))
    except UnicodeDecodeError as error:
        raise BadInput(f"is not UTF-8 at byte {error.start}", where=str(path), fix=_FIX) from error


_FIX = "give a report as `--format json` wrote it"


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most_bytes)
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}", where=str(path), fix="check the path"
        ) from error
