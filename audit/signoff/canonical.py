r"""One run of bytes for one content: the JSON Canonicalization Scheme, RFC 8785.

RFC 8785 knows text of Unicode characters and the numbers of IEEE 754 double precision. What else a record may
hold becomes text: whole numbers that double precision has not to the last digit (RFC 7493, 2.2), NaN and
infinities by name, and halves of a UTF-16 pair (paths of the station that are no UTF-8) spelt out, as
``\udc80``.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TypeAlias

from audit import codec
from audit.errors import AuditError, BadInput
from audit.model.report import Report

INSTALL = "pip install 'adb-audit[sign]'"
_LARGEST_WHOLE = 2**53 - 1

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def canonical(value: object) -> bytes:
    """The RFC 8785 form of *value*, which is of JSON's own types.

    Raises BadInput for nesting too deep to be written, AuditError where the library is not installed.
    """
    try:
        import rfc8785  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise not_installed(error) from error
    try:
        made: bytes = rfc8785.dumps(_safe(value))
    except RecursionError as error:
        raise BadInput("is nested too deeply", fix="give it as it was written") from error
    return made


def report_bytes(report: Report) -> bytes:
    """The RFC 8785 form of *report*: what is hashed, and what `sha256sum` hashes when it lies in a file."""
    return canonical(json.loads(codec.to_json(report)))


def report_sha256(report: Report) -> str:
    """The hash, in hex, of the RFC 8785 form of *report*."""
    return sha256(report_bytes(report))


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def not_installed(error: ImportError) -> AuditError:
    """What to say where the libraries of the extra are not."""
    return AuditError(f"signing needs libraries that are not installed ({error.name})", fix=INSTALL)


def _safe(value: object) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_WHOLE else _large(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    if isinstance(value, dict):
        return {_text(str(key)): _safe(item) for key, item in value.items()}
    raise TypeError(f"JSON has no form for {type(value).__name__}")


def _large(value: int) -> float | str:
    """A number where the nearest double is written with the same digits, so that reading changes nothing."""
    import rfc8785  # noqa: PLC0415 - of an extra

    digits = str(value)
    try:
        near = float(value)
    except OverflowError:
        return digits
    return near if rfc8785.dumps(near) == digits.encode() else digits


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
