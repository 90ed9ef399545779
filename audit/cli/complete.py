"""What the shell may offer after TAB. Looked up only then; trouble offers nothing and says nothing."""

from __future__ import annotations

TRANSPORTS = ("auto", "server", "usb", "tcp")


def markets(incomplete: str) -> list[tuple[str, str]]:
    """Market codes with their names."""
    from audit.cli.judging import load_rulebook

    countries = load_rulebook(None).markets.countries
    start = incomplete.upper()
    return [(code, name) for code, name in sorted(countries.items()) if code.startswith(start)]


def policies(incomplete: str) -> list[tuple[str, str]]:
    """Policy names with their titles."""
    from audit.cli.judging import load_rulebook

    found = load_rulebook(None).policies
    return [(name, found[name].title) for name in sorted(found) if name.startswith(incomplete)]


def packages(incomplete: str) -> list[tuple[str, str]]:
    """Packages the rulebook names."""
    from audit.cli.judging import load_rulebook

    clients = load_rulebook(None).clients
    return [(name, clients[name].title) for name in sorted(clients) if name.startswith(incomplete)]


def formats(incomplete: str) -> list[tuple[str, str]]:
    """Report formats with what they are for."""
    from audit.reports import FORMATS

    return [(name, made.title) for name, made in FORMATS.items() if name.startswith(incomplete)]


def kept_forms(incomplete: str) -> list[str]:
    """Forms in which a unit can be kept."""
    from audit.cli.scanning import FORMS

    return [name for name in FORMS if name.startswith(incomplete)]


def transports(incomplete: str) -> list[str]:
    """Ways to a unit."""
    return [name for name in TRANSPORTS if name.startswith(incomplete)]


def units(incomplete: str) -> list[tuple[str, str]]:
    """Serial numbers of the units that are connected."""
    from audit.cli.reach import rows_for_completion

    return [(row.serial, row.model) for row in rows_for_completion() if row.serial.startswith(incomplete)]
