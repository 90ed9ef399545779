"""What a station cannot be, told before any part of it is made."""

from __future__ import annotations

from pathlib import Path

from audit.cli.station_asked import Site, Stationing
from audit.errors import UsageError
from audit.history.engine import database


def check(asked: Stationing, central: str | None) -> None:
    """Raise UsageError for what makes no sense, AuditError for what is not installed.

    central: where to forward to, asked for or configured; that it is out of reach now is no error
    """
    if asked.read_only:
        _only_reads(asked)
    if asked.waivers is not None and not asked.waivers.expanduser().exists():
        raise UsageError(
            "there is no such file of waivers",
            where=str(asked.waivers),
            fix="check the path; an empty file has none yet",
        )
    if asked.page:
        _page(asked.site)
    if central is not None:
        _centre(central)


def _only_reads(asked: Stationing) -> None:
    if not asked.page:
        raise UsageError("--read-only and --no-page leave nothing to do", fix="leave one of them out")
    if asked.central is not None:
        raise UsageError(
            "--read-only passes nothing on", fix="leave --central out, or name the centre with --db"
        )
    if asked.db is not None and "://" not in asked.db and not Path(asked.db).expanduser().exists():
        raise UsageError(
            "there is no such history, and --read-only makes none", where=asked.db, fix="check the path"
        )


def _page(site: Site) -> None:
    from audit.cli.station_extra import metrics_token, needed, users_file
    from audit.web.doors import check_bind

    needed()
    if (site.certificate is None) != (site.tls_key is None):
        raise UsageError("TLS needs a certificate and its key", fix="give --tls-cert and --tls-key")
    metrics_token(site.metrics_token)
    check_bind(site.host, tls=site.certificate is not None, users=site.users or users_file())


def _centre(url: str) -> None:
    if not url.startswith(("postgresql://", "postgresql+", "postgres://")):
        raise UsageError(
            "the centre is no PostgreSQL", where="--central", fix="give postgresql://USER@HOST/DATABASE"
        )
    try:
        database(url).close()
    except UsageError as error:
        raise UsageError(error.what, where="--central", fix=error.fix) from error
