"""What ``doctor`` adds to the state of the connection: the user's configuration, the rulebook and its age."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from audit.adb.doctor import Diagnosis, Health, Surroundings
from audit.cli import config, judging, markets
from audit.cli.reach import user_name
from audit.clock import now
from audit.errors import AuditError
from audit.model.profiles import Rulebook
from audit.model.text import clean_line

OLD_DAYS = 180
"""New clients and incidents become known every few months."""

_WIDTH = 80
_MARKS = {Health.OK: "ok  ", Health.WARN: "warn", Health.BAD: "BAD "}


def surroundings() -> Surroundings:
    """This computer, as it is now."""
    return Surroundings(
        environment=os.environ,
        home=Path.home(),
        user=user_name(),
        groups=_groups(),
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        linux=sys.platform == "linux",
    )


def _groups() -> frozenset[str]:
    try:
        import grp
    except ImportError:  # Windows
        return frozenset()
    named = {entry.gr_gid: entry.gr_name for entry in grp.getgrall()}
    return frozenset(named[number] for number in os.getgroups() if number in named)


def rules(profiles: Path | None) -> Iterator[Diagnosis]:
    """How it stands with configuration and rulebook."""
    try:
        settings = config.load()
    except AuditError as error:
        yield _bad("configuration", error)
        settings = config.Config()
    else:
        yield _configuration(settings)
    try:
        folder = judging.folder_of(profiles, settings)
        rulebook = judging.load_rulebook(folder)
        if settings.market is not None:
            markets.resolve(settings.market, rulebook.markets)
    except AuditError as error:
        yield _bad("rulebook", error)
        return
    yield _rulebook(rulebook, _newest(folder), now())


def _configuration(settings: config.Config) -> Diagnosis:
    said = [f"{key} = {value}" for key in config.KEYS if (value := getattr(settings, key)) is not None]
    what = f"{config.path()} says {', '.join(said) or 'nothing'}"
    return Diagnosis(name="configuration", health=Health.OK, what=what)


def _newest(folder: Path | None) -> datetime:
    from audit.rulebook.loader import shipped_folder

    files = (folder or shipped_folder()).rglob("*.toml")
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)


def _rulebook(rulebook: Rulebook, newest: datetime, now: datetime) -> Diagnosis:
    days = (now - newest).days
    what = (
        f"{len(rulebook.clients)} clients, {len(rulebook.regions)} makers, {len(rulebook.advisories)}"
        f" incidents; newest file of {newest.date().isoformat()}"
    )
    if days > OLD_DAYS:
        return Diagnosis(
            name="rulebook",
            health=Health.WARN,
            what=f"{what}, {days} days ago",
            fix="install a newer version of adb-audit, or update the folder of profiles",
        )
    return Diagnosis(name="rulebook", health=Health.OK, what=what)


def _bad(name: str, error: AuditError) -> Diagnosis:
    where = f"{error.where}: " if error.where else ""
    return Diagnosis(name=name, health=Health.BAD, what=f"{where}{error.what}", fix=error.fix)


def text(found: Sequence[Diagnosis]) -> str:
    """A line for each thing, its fix below it, within 80 columns."""
    lines: list[str] = []
    for one in found:
        lines += _wrapped(f"{_MARKS[one.health]}  {one.name}: ", one.what)
        if one.fix:
            lines += _wrapped("      fix: ", one.fix)
    return "\n".join(lines)


def _wrapped(head: str, words: str) -> list[str]:
    return textwrap.wrap(
        clean_line(words),
        width=_WIDTH,
        initial_indent=head,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]
