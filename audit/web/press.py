"""Papers are printed in a process of their own, which ends when it is done.

The libraries that draw them take 9 MB, which the process that talks to browsers would keep for days.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from audit.crate.pool import Died, Pool, TookTooLong
from audit.errors import AuditError
from audit.model.record import record
from audit.model.report import Report
from audit.reports import Options
from audit.reports.paper.signed import Signed

LIMIT_S = 60.0
_AT_ONCE = 2


@record
class Order:
    """A paper that is wanted: ``certificate`` or ``label``. signed: the sign-off, None = nobody signed"""

    which: str
    report: Report
    signed: Signed | None
    options: Options


class Press:
    """Prints no more than a few papers at once."""

    def __init__(self, *, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def print(self, order: Order) -> bytes:
        """The PDF. Raises what the paper raises, and AuditError where its process does not finish it."""
        async with self._turns, Pool(printer, None, workers=1) as pool:
            answer = await pool.run(order, limit_s=self._limit_s)
        if isinstance(answer, bytes):
            return answer
        raise AuditError(
            f"the {order.which} could not be printed: {_said(answer)}",
            fix="try again; if it is the same, report it with the report as JSON",
        )


def printer(_: object) -> Callable[[object], object]:
    """What `audit.crate.pool.Pool` makes in the process."""
    return printed


def printed(order: object) -> bytes:
    """The PDF of an `Order`."""
    from audit.reports.certificate import certificate  # noqa: PLC0415 - of this process alone
    from audit.reports.label import label  # noqa: PLC0415 - of this process alone

    if not isinstance(order, Order):
        raise TypeError(f"no order: {type(order).__name__}")
    make = {"certificate": certificate, "label": label}[order.which]
    return make(order.report, order.signed, order.options)


def _said(answer: object) -> str:
    match answer:
        case TookTooLong(limit_s=limit_s):
            return f"that took more than {limit_s:g} seconds"
        case Died(how=how, said=said):
            return f"the process that did {how}" + (f" ({said[:200]})" if said else "")
        case _:
            return f"what came back is no paper but {type(answer).__name__}"
