"""JSON that somebody else wrote: bounded, and every trouble an error that names file and position."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import TypeAlias

from audit.errors import BadInput

LARGEST_BYTES = 128 * 1024 * 1024
"""The whole of UAD-ng's list has 3 MB, the largest public list of indicators some 20."""

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def read_json(path: Path, *, fix: str) -> tuple[bytes, Json]:
    """The bytes of the file at *path* and what they say; BadInput for no JSON. fix: what to give."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path), fix=fix) from error
    if len(data) > LARGEST_BYTES:
        raise BadInput(f"is larger than {LARGEST_BYTES} bytes", where=str(path), fix=fix)
    return data, _parsed(data, path, fix)


def _parsed(data: bytes, path: Path, fix: str) -> Json:
    plain = data.removeprefix(codecs.BOM_UTF8)
    try:
        parsed: Json = json.loads(plain.decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"is not UTF-8 at byte {error.start}", where=str(path), fix=fix) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"is not JSON at {place}: {error.msg}", where=str(path), fix=fix) from error
    except RecursionError as error:
        raise BadInput("is nested deeper than can be read", where=str(path), fix=fix) from error
    except ValueError as error:  # a number of more digits than Python converts
        raise BadInput(f"is not JSON that can be read: {error}", where=str(path), fix=fix) from error
    return parsed
