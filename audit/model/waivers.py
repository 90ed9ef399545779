"""Waivers: findings somebody has decided to live with, until a day, for a reason."""

from __future__ import annotations

from audit.model.record import record


@record
class Waiver:
    """One entry of ``waivers.toml``.

    id: unique in the file; check: id of the check; subject: the package, property … it found, "" = any
    model, build, crate, unit: where it holds, each "" = everywhere, at least one of the four is given;
        unit: serial number, or the token of one (``serial#4f2a9c``)
    approver: who decided; expires: ISO date, the last day it holds; line: 1-based, in the file at *path*
    """

    id: str
    check: str
    reason: str
    approver: str
    expires: str
    subject: str = ""
    model: str = ""
    build: str = ""
    crate: str = ""
    unit: str = ""
    line: int = 0
    path: str = ""
