"""Indicators of compromise, as the operator's own files state them; none are shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from audit.model.record import record


class IndicatorKind(StrEnum):
    """What an indicator of compromise names."""

    DOMAIN = "domain"
    """The host itself, or any below it."""
    IP = "IP address"
    URL = "URL"
    PROCESS = "process"
    FILE_NAME = "file name"
    FILE_PATH = "file path"
    """The file, or any below that folder."""
    FILE_HASH = "file hash"
    PACKAGE = "package"
    CERTIFICATE = "certificate hash"
    PROPERTY = "property"


@record
class Observable:
    """One thing to look for.

    value: as `IndicatorKind` has it; hashes are lower-case hex, hosts lower case
    """

    kind: IndicatorKind
    value: str


@record
class Indicator:
    """An indicator of compromise from a file the operator gave.

    name: of the malware or campaign it belongs to, "" where the file does not say
    file: name of the file it came from; id: its STIX id there
    also: what must be there besides, for a pattern joined by AND
    """

    kind: IndicatorKind
    value: str
    name: str
    file: str
    id: str
    also: tuple[Observable, ...] = ()


@record
class IndicatorFile:
    """A file of indicators that was loaded.

    sha256: of its bytes, hex; used: indicators that are looked for
    left: how many patterns are not looked for, by the reason; first_left: the first of them, as written
    """

    name: str
    sha256: str
    used: int
    left: Mapping[str, int] = field(default_factory=dict)
    first_left: str = ""
