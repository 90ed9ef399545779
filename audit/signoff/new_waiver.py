"""One waiver more for a file of waivers: what is there stays as it is, comments too. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from audit.errors import BadWaivers
from audit.model.record import record
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.signoff.waivers import SCOPES, parse_waivers

FIELDS = ("id", "check", "subject", *SCOPES, "reason", "approver", "expires")
"""In the order in which they are asked for and written."""
_NEEDED = frozenset({"id", "check", "reason", "approver", "expires"})
_LINE = re.compile(r"line (\d+): (?:waiver .*?: )?(.*)", re.DOTALL)
_OURS = re.compile(r"W-(\d{1,9})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@record
class Added:
    """A file with one waiver more. data: all of it; waiver: the one that is new"""

    data: bytes
    waiver: Waiver


@record
class Refused:
    """Why a waiver is not added. fields: what is wrong by the name of the field, "" = of all together"""

    fields: Mapping[str, tuple[str, ...]]


def added(data: bytes, given: Mapping[str, str], where: str, checks: Collection[str]) -> Added | Refused:
    """*data*, the file *where* as it is (b"" = there is none yet), and after it a waiver of what was *given*.

    The whole file is read as it will be before anything is said to hold. checks: see `read_waivers`
    Raises BadWaivers where *data* does not hold as it is: then nothing more is added to it.
    """
    before = parse_waivers(data, where, checks)
    entry, keys = rendered(given)
    kept = data.rstrip(b"\r\n") + b"\n\n" if data.strip() else b""
    made = kept + entry.encode()
    try:
        found = parse_waivers(made, where, checks)
    except BadWaivers as error:
        fields = _by_field(error.problems, keys, kept.count(b"\n"))
        return Refused(fields=_named(fields, given.get("id", ""), before))
    return Added(data=made, waiver=found[-1])


def rendered(given: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """(the entry in TOML, the field on each of its lines): the first line is the header's, of no field.

    What is not needed and not given is left out; a date is written as one.
    """
    said = {key: clean_line(given.get(key, "")).strip() for key in FIELDS}
    keys = [key for key in FIELDS if said[key] or key in _NEEDED]
    lines = ["[[waiver]]", *(f"{key} = {_value(key, said[key])}" for key in keys)]
    return "\n".join(lines) + "\n", ("", *keys)


def _value(key: str, text: str) -> str:
    if key == "expires" and _is_day(text):
        return text
    return json.dumps(text, ensure_ascii=False)  # whatever JSON escapes, TOML does alike


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _by_field(problems: Iterable[str], keys: tuple[str, ...], before: int) -> dict[str, tuple[str, ...]]:
    """Each problem under the field on whose line it is."""
    told: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        found = _LINE.fullmatch(problem)
        at = int(found[1]) - before - 1 if found else -1
        key = keys[at] if 0 <= at < len(keys) else ""
        told[key] = (*told.get(key, ()), found[2] if found else problem)
    return told


def _named(
    fields: dict[str, tuple[str, ...]], given: str, before: Iterable[Waiver]
) -> dict[str, tuple[str, ...]]:
    """The same; that another waiver has the id is said of the id, not of a line that nobody sees."""
    wanted = clean_line(given).strip().casefold()
    other = next((one for one in before if one.id.casefold() == wanted), None)
    if other is None:
        return fields
    rest = tuple(one for one in fields.get("", ()) if "has the same id" not in one)
    others = {name: told for name, told in (fields | {"": rest}).items() if told}
    return others | {"id": (f"waiver {other.id} is called so already; give each its own",)}


def next_id(waivers: Iterable[Waiver]) -> str:
    """The next of the ids W-1, W-2 …"""
    numbers = (int(found[1]) for one in waivers if (found := _OURS.fullmatch(one.id.upper())))
    return f"W-{max(numbers, default=0) + 1}"
