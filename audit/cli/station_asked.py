"""What ``station`` was asked for; light, since it is handed from one interpreter to the next."""

from __future__ import annotations

from pathlib import Path

from audit.model.record import record


@record
class Site:
    """Where the page is, and for whom. names: by which browsers elsewhere call it; users: file of logins

    metrics_token: file that holds it
    """

    host: str
    port: int
    names: tuple[str, ...]
    certificate: Path | None
    tls_key: Path | None
    users: Path | None
    metrics_token: Path | None = None


@record
class Stationing:
    """What ``station`` was asked for; the names are those of its options, and values as they were given."""

    market: str | None
    policy: str | None
    profiles: Path | None
    iocs: tuple[Path, ...]
    goldens: tuple[Path, ...]
    waivers: Path | None
    folder: Path | None
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    full: bool
    inspect: tuple[str, ...]
    suspects: bool
    unit_limit_s: float
    at_once: int
    db: str | None
    central: str | None
    key: str | None
    passphrase_file: Path | None
    site: Site
    page: bool
    read_only: bool
