"""Whether records are genuine: offline, with public keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from audit.errors import BadInput
from audit.model.record import record
from audit.model.report import Report
from audit.model.signing import Flaw, Problem, Result, SignedRecord, SignOff
from audit.signoff import envelope as dsse
from audit.signoff.canonical import report_sha256, sha256
from audit.signoff.chain import Expected, Link, before, problems
from audit.signoff.envelope import LARGEST_BYTES, Opened, Unreadable
from audit.signoff.statement import EXTENSION, STATEMENT, TEST_RESULT, moment
from audit.signoff.trust import Trust

Reports: TypeAlias = Callable[[str], Report | None]
"""The report kept under a hash; None = it is not at hand, which is no flaw of the record."""

MOST_PROBLEMS = 1000
_HEX = re.compile(r"[0-9a-f]{64}")
_LARGEST_NUMBER = 2**53 - 1


@record
class Read:
    """What a sign-off says. judged_at: of the report; subjects: hashes of the report, whole and redacted"""

    signoff: SignOff
    judged_at: str
    subjects: tuple[str, ...]


def verify(
    records: Iterable[SignedRecord] | bytes,
    trust: Trust,
    reports: Reports | None = None,
    *,
    expected: Expected | None = None,
) -> tuple[Problem, ...]:
    """What is wrong with *records*, one problem each; () = all are genuine.

    records: a whole log in its order, or the bytes of one envelope, whose neighbours are not asked for
    expected: what is remembered of the log; without it, nobody can see that its last records are gone
    Problems of records come first, in their order, then those of the row; not more than `MOST_PROBLEMS`.
    """
    if isinstance(records, bytes):
        alone = _Check(trust, reports)
        found = list(alone.look(kept(records.removesuffix(b"\n"))))
        return (*found, *alone.revoked())
    check = _Check(trust, reports)
    made: list[Problem] = []
    for one in records:
        made += check.look(one)
        if len(made) > MOST_PROBLEMS:
            return (*made[:MOST_PROBLEMS], _more())
    made += check.revoked()
    made += problems(check.links, expected)
    return tuple(made) if len(made) <= MOST_PROBLEMS else (*made[:MOST_PROBLEMS], _more())


def read_log(path: Path) -> Iterator[SignedRecord]:
    """The records of an exported log: JSON lines, one envelope a line. Damaged lines come as they are.

    Raises BadInput for a file that cannot be read, or one with a line no record can be.
    """
    try:
        with path.open("rb") as file:
            while line := file.readline(LARGEST_BYTES + 2):
                if len(line) > LARGEST_BYTES + 1:
                    raise BadInput(
                        f"has a line of more than {LARGEST_BYTES} bytes", where=str(path), fix=_FIX_LOG
                    )
                yield kept(line.removesuffix(b"\n"))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path), fix=_FIX_LOG) from error


_FIX_LOG = "give an envelope, or a log as it was exported: one envelope a line"


def kept(data: bytes) -> SignedRecord:
    """The record whose envelope *data* is, as it says of itself; number 0 where it cannot be read."""
    try:
        opened = dsse.opened(data)
        number = read(dsse.content(opened)).signoff.number
    except Unreadable:
        return SignedRecord(number=0, envelope=data, sha256=sha256(data), key_id="")
    return SignedRecord(number=number, envelope=data, sha256=sha256(data), key_id=opened.key_id)


def signed_off(data: bytes) -> Read:
    """What the sign-off in an envelope says, believed by nobody yet. Raises Unreadable for anything else."""
    return read(dsse.content(dsse.opened(data)))


def read(content: Mapping[str, Any]) -> Read:
    """What a Statement says. Raises Unreadable for what is no sign-off; unknown fields are passed over."""
    if content.get("_type") != STATEMENT or content.get("predicateType") != TEST_RESULT:
        raise Unreadable("is no in-toto test result")
    try:
        predicate = content["predicate"]
        ours = predicate[EXTENSION]
        subjects = tuple(_hash(one["digest"]["sha256"]) for one in content["subject"])
        signoff = SignOff(
            result=Result(predicate["result"]),
            inspector=_text(ours["inspector"]),
            note=_text(ours["note"]),
            station=_text(ours["station"]),
            signed_at=_text(ours["signedAt"]),
            report_sha256=subjects[0],
            number=_number(ours["number"]),
            previous_sha256=_text(ours["previousSha256"]) and _hash(ours["previousSha256"]),
        )
        judged_at = _text(ours["judgedAt"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Unreadable("is no sign-off of this program's") from error
    if moment(signoff.signed_at) is None:
        raise Unreadable("has no moment at which it was signed")
    return Read(signoff=signoff, judged_at=judged_at, subjects=subjects)


class _Check:
    """Looks at one record after another and keeps of each what the row is judged by."""

    def __init__(self, trust: Trust, reports: Reports | None) -> None:
        self._trust, self._reports = trust, reports
        self.links: list[Link] = []
        self._revoked: list[tuple[Link, str]] = []

    def look(self, one: SignedRecord) -> Iterator[Problem]:
        """What is wrong with it by itself."""
        place = len(self.links) + 1
        where = f"record {place}"
        own = sha256(one.envelope)
        try:
            opened = dsse.opened(one.envelope)
            said = read(dsse.content(opened))
        except Unreadable as error:
            self.links.append(Link(place=place, number=one.number, sha256=own))
            yield Problem(flaw=Flaw.DAMAGED, number=one.number, what=f"it {error}", where=where)
            return
        number = said.signoff.number
        link = Link(
            place=place,
            number=number,
            sha256=own,
            previous=said.signoff.previous_sha256,
            signed_at=_moment(said),
        )
        self.links.append(link)
        if (one.number, one.sha256, one.key_id) != (number, own, opened.key_id):
            yield Problem(
                flaw=Flaw.DAMAGED, number=number, what="it is not kept as what it says it is", where=where
            )
        yield from self._signature(link, opened)
        yield from self._report(link, said)

    def _signature(self, link: Link, opened: Opened) -> Iterator[Problem]:
        where = f"record {link.place}"
        known = self._trust.find(opened.key_id)
        if known is None:
            yield Problem(
                flaw=Flaw.UNKNOWN_KEY, number=link.number, what=f"key {opened.key_id[:16]}…", where=where
            )
        elif not dsse.fits(opened, known[1]):
            yield Problem(
                flaw=Flaw.SIGNATURE,
                number=link.number,
                what=f"the key of {known[0].name} did not sign what it holds",
                where=where,
            )
        elif known[0].revoked_at:
            self._revoked.append((link, opened.key_id))

    def _report(self, link: Link, said: Read) -> Iterator[Problem]:
        if self._reports is None:
            return
        report = next((found for one in said.subjects if (found := self._reports(one)) is not None), None)
        if report is None:
            return
        where = f"record {link.place}"
        if report_sha256(report) not in said.subjects:
            what = "the report at hand is not the one that was signed"
            yield Problem(flaw=Flaw.REPORT, number=link.number, what=what, where=where)
            return
        judged, signed = moment(report.judged_at), link.signed_at
        if judged is not None and signed is not None and signed < judged:
            what = f"signed {said.signoff.signed_at}, before its report was judged at {report.judged_at}"
            yield Problem(flaw=Flaw.CLOCK, number=link.number, what=what, where=where)

    def revoked(self) -> Iterator[Problem]:
        """Records of revoked keys that the row does not prove to be older than the revocation."""
        proven: dict[str, frozenset[str]] = {}
        for link, key_id in self._revoked:
            found = self._trust.find(key_id)
            if found is None:  # it was there when the record was looked at
                continue
            head = found[0].last_sha256
            if head not in proven:
                proven[head] = before(self.links, head)
            if link.sha256 not in proven[head]:
                what = f"the key of {found[0].name} was revoked at {found[0].revoked_at}"
                why = f" ({found[0].why})" if found[0].why else ""
                told = "it is not proved to be older" if head else "no log was at hand then"
                yield Problem(
                    flaw=Flaw.REVOKED_KEY,
                    number=link.number,
                    what=f"{what}{why}, and {told}",
                    where=f"record {link.place}",
                )


def _moment(said: Read) -> datetime | None:
    return moment(said.signoff.signed_at)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value


def _hash(value: object) -> str:
    text = _text(value)
    if not _HEX.fullmatch(text):
        raise ValueError(text)
    return text


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST_NUMBER:
        raise ValueError(value)
    return value


def _more() -> Problem:
    return Problem(flaw=Flaw.DAMAGED, number=0, what="and more: what follows was not looked at")
