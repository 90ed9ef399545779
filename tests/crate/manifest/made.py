"""Manifests and units made up for tests."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from audit.model.crate import Manifest, ManifestRow, UnitResult
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.profiles import Markets
from audit.parse.identifiers.shapes import check_digit
from audit.rulebook import load, shipped_folder
from tests.crate.results import result


@cache
def markets() -> Markets:
    """Those of the shipped rulebook."""
    return load(shipped_folder()).markets


def imei(number: int) -> str:
    """A valid IMEI for each *number* below a million."""
    head = f"35209900{number:06d}"
    return head + check_digit(head)


def written(folder: Path, text: str | bytes, name: str = "manifest.csv") -> Path:
    """A file with *text*."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def manifest(*rows: ManifestRow) -> Manifest:
    """A manifest of *rows*."""
    return Manifest(path="crate.csv", sha256="0" * 64, rows=rows)


def unit(
    name: str,
    serial: str = "",
    *,
    imeis: Iterable[str] = (),
    others: Iterable[tuple[IdentifierKind, str]] = (),
    row: ManifestRow | None = None,
) -> UnitResult:
    """A unit that told this of itself and passed. serial: as ADB has it"""
    told = (*((IdentifierKind.IMEI, one) for one in imeis), *others)
    identifiers = tuple(OwnIdentifier(kind=kind, value=value, origin="getprop") for kind, value in told)
    return result(name, serial=serial, identifiers=identifiers, row=row)
