"""A report of the history with all that its page tells of it, as it may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from audit.history import History
from audit.history.troubles import NoReport
from audit.model.history import Stored
from audit.model.record import record
from audit.model.report import Report
from audit.model.signing import SignedRecord
from audit.reports.paper.signed import Signed, otherwise
from audit.reports.redact import redact, redact_stored
from audit.reports.shortened import Shortened, shortened
from audit.signoff.envelope import Unreadable
from audit.station.finding import of_same_unit
from audit.station.signing import signed_before
from audit.web.refusals import not_there

MOST_FORMER = 50


@record
class Former:
    """Another audit of the unit. was: its verdict, where that of the audit before it was another; this: it is
    the one that is shown
    """

    stored: Stored
    was: str
    this: bool


@record
class Signing:
    """A sign-off of the report. signed: what it says, None = it cannot be read; against: otherwise than the
    verdict
    """

    record: SignedRecord
    signed: Signed | None
    against: bool


@record
class About:
    """A report as its page shows it.

    id: whole; stored: the report in short; shown: the report; former: audits of the same unit, newest first
    more: whether there are older ones still; signings: the oldest first; last: number of the last, 0 = none
    """

    id: str
    stored: Stored
    shown: Shortened
    former: tuple[Former, ...]
    more: bool
    signings: tuple[Signing, ...]
    last: int

    @property
    def report(self) -> Report:
        """As it is shown."""
        return self.shown.report


def about(history: History, id_: str, key: bytes, *, reveal: bool) -> About:
    """All of the report *id_*, identifiers masked under *key* unless *reveal*. Raises Refusal 404."""
    stored, report = found(history, id_)
    records = history.records_of(stored.id)
    signed = [_signed(one) for one in records]
    others = of_same_unit(history, stored, MOST_FORMER + 1)
    notes = [one.note if one else "" for one in signed]
    shown, notes = (report, notes) if reveal else masked(report, notes, key)
    return About(
        id=stored.id,
        stored=stored if reveal else redact_stored(stored, key=key),
        shown=shortened(shown),
        former=tuple(_former(others[: MOST_FORMER + 1], stored.id, key, reveal=reveal))[:MOST_FORMER],
        more=len(others) > MOST_FORMER,
        signings=tuple(
            Signing(
                record=one,
                signed=said and replace(said, note=note),
                against=said is not None and otherwise(report, said),
            )
            for one, said, note in zip(records, signed, notes, strict=True)
        ),
        last=max((one.number for one in records), default=0),
    )


def found(history: History, id_: str) -> tuple[Stored, Report]:
    """A report, in short and whole, by its id or the beginning of it. Raises Refusal 404."""
    try:
        stored = history.stored(id_)
        return stored, history.report(stored.id)
    except NoReport as error:
        raise not_there(error.what, fix="look for it in the history; it may have been taken out") from error


def last_signed(history: History, id_: str) -> Signed | None:
    """What papers say of the last sign-off of a report that can be read; None where there is none."""
    said = (_signed(one) for one in reversed(history.records_of(id_)))
    return next((one for one in said if one is not None), None)


def masked(report: Report, texts: Sequence[str], key: bytes) -> tuple[Report, list[str]]:
    """*report* and *texts* about the same unit, identifiers masked: what the report names is so in both."""
    kept = len(report.limits)
    shown = redact(replace(report, limits=(*report.limits, *texts)), key=key)
    return replace(shown, limits=shown.limits[:kept]), list(shown.limits[kept:])


def _signed(kept: SignedRecord) -> Signed | None:
    try:
        return signed_before(kept)
    except Unreadable:
        return None


def _former(others: Sequence[Stored], this: str, key: bytes, *, reveal: bool) -> Iterator[Former]:
    """Each with the verdict of the one before it; of the oldest that is known there is none before."""
    for one, before in zip(others, (*others[1:], None), strict=True):
        changed = before is not None and before.decision is not one.decision
        yield Former(
            stored=one if reveal else redact_stored(one, key=key),
            was=before.decision.value if before is not None and changed else "",
            this=one.id == this,
        )
