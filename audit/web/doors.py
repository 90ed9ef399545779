"""How one gets in: from where, under which names, and who."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from audit.errors import UsageError
from audit.model.record import record
from audit.web.entrance import Entrance

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@record
class Doors:
    """How one gets in.

    hosts: names and addresses a browser may call the station by, beside those of loopback, without port
    tls: whether the page is served over TLS
    users: file of those who may log in, None = nobody can
    entrance: lets in whoever sits at the computer, as admin; None = nobody without a login
    sessions: file in which who is logged in outlives a restart, for its owner only; None = it does not
    idle_s: a login that is not used ends; longest_s: and any other
    metrics_token: a bearer token that may read /metrics from elsewhere, "" = none
    patience_s: how long a client may pause while it sends
    """

    hosts: tuple[str, ...] = ()
    tls: bool = False
    users: Path | None = None
    entrance: Entrance | None = None
    sessions: Path | None = None
    idle_s: float = 30 * 60.0
    longest_s: float = 12 * 3600.0
    metrics_token: str = ""
    patience_s: float = 20.0


def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address, is this computer's own."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def check_bind(host: str, *, tls: bool, users: Path | None) -> None:
    """Whether the page may be served at *host*: beyond this computer only with TLS and a login.

    Raises UsageError where it may not.
    """
    if is_loopback(host):
        return
    if not tls:
        raise UsageError(
            "beyond this computer the page is served over TLS only",
            where=f"--host {host}",
            fix="give --tls-cert and --tls-key, or leave --host away to serve this computer alone",
        )
    if users is None or not users.is_file():
        raise UsageError(
            "beyond this computer everybody has to log in, and nobody can yet",
            where=f"--host {host}",
            fix="add somebody with `adb-audit station users add NAME --role admin`",
        )
