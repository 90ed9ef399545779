"""Keeps what was judged in the station's history, once it was told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from audit.cli import exits
from audit.cli.output import note
from audit.errors import AuditError
from audit.model.evidence import Snapshot
from audit.model.flows import OwnIdentifier
from audit.model.history import CrateRef
from audit.model.portrait import Portrait
from audit.model.record import record
from audit.model.report import Report

if TYPE_CHECKING:
    from audit.history import History
    from audit.pipeline import Examined


@record
class Kept:
    """One judged unit. snapshot: None where it is not to be kept; portrait: what it carries"""

    report: Report
    snapshot: Snapshot | None
    portrait: Portrait | None = None
    identifiers: tuple[OwnIdentifier, ...] = ()


def kept(examined: Examined, snapshot: Snapshot) -> Kept:
    """One that was judged just now."""
    return Kept(
        report=examined.report,
        snapshot=snapshot,
        portrait=examined.portrait,
        identifiers=examined.identifiers,
    )


def keep(units: Iterable[Kept], db: str | None, code: int, *, crate: CrateRef | None = None) -> int:
    """Keep *units* in the history at *db*, None = the configured one; the exit code.

    code: of the verdicts. A history that cannot be written to is told; it makes no verdict better, and a PASS
    that could not be kept is not one to rely on.
    """
    from audit.cli.history_asked import opened

    ids: list[str] = []
    try:
        with opened(db) as history:
            if history.backup is not None:
                note(f"the history was brought up to date; as it was: {history.backup}")
            # one by one: those that are kept before something goes wrong stay kept, and are counted
            ids.extend(_kept(history, one, crate) for one in units)
    except AuditError as error:
        note(f"not kept in the history ({len(ids)} units are):")
        exits.tell(error)
        return code or exits.of_error(error)
    _tell(ids)
    return code


def _kept(history: History, one: Kept, crate: CrateRef | None) -> str:
    return history.record(
        one.report, one.snapshot, crate=crate, identifiers=one.identifiers, portrait=one.portrait
    )


def _tell(ids: Sequence[str]) -> None:
    """By which name a report is found again."""
    if ids:
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        note(f"kept in the history: {ids[0][:12]}{more}")
