"""Records <-> JSON and JSON Schema; the only module that knows pydantic.

pydantic is imported where something is read that is not plainly what this program writes (`audit.plain`), or
a schema is asked for, not before: it costs 0.1 s and 8 MB. The shape on paper is the record's own: its fields
in the order of their declaration, sets sorted, enumerations by value. Bytes are ``{"text": …}`` where they
are UTF-8, which gives them back exactly, else ``{"base64": …}``. Snapshots, reports and inspections begin
with ``"schema"``, the name and version of their shape.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import re
import types
from collections.abc import Callable, Hashable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from audit import plain
from audit.digest import digest
from audit.errors import BadInput
from audit.model.code import Inspection
from audit.model.crate import CrateHead, CrateReport, Entry
from audit.model.evidence import Snapshot
from audit.model.portrait import Baseline
from audit.model.report import Report
from audit.model.text import clean_line

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

__all__ = [
    "BASELINE",
    "INSPECTION",
    "REPORT",
    "SNAPSHOT",
    "digest",
    "from_json",
    "schema",
    "sha256",
    "to_json",
]

SNAPSHOT = "adb-audit/snapshot/1"
REPORT = "adb-audit/report/1"
INSPECTION = "adb-audit/inspection/1"
BASELINE = "adb-audit/baseline/1"
CRATE, CRATE_HEAD, CRATE_ENTRY = "adb-audit/crate/1", "adb-audit/crate-head/1", "adb-audit/crate-entry/1"
_NAMES: Mapping[type, str] = {
    Snapshot: SNAPSHOT,
    Report: REPORT,
    Inspection: INSPECTION,
    Baseline: BASELINE,
    CrateReport: CRATE,
    CrateHead: CRATE_HEAD,
    Entry: CRATE_ENTRY,
}
_SHOWN_PROBLEMS = 5
_SHOWN_CHARACTERS = 80

T = TypeVar("T")


def to_json(record: object, *, indent: int | None = None) -> str:
    """Write a record, or a tuple of records; equal records give equal text.

    Lone surrogates (paths of the station that are no UTF-8) are spelt out, since JSON has no form for them.
    """
    # no record holds itself, so nobody has to look for that
    return json.dumps(_plain(record), indent=indent, ensure_ascii=False, check_circular=False)


def sha256(record: object) -> str:
    """The hash, in hex, of a record as `to_json` writes it in one line."""
    return hashlib.sha256(to_json(record).encode()).hexdigest()


def from_json(cls: type[T], text: str, *, where: str) -> T:
    """Read a *cls* from *text*; *where* names the file in errors.

    Raises `BadInput` with file and position for what is no JSON, with file and path for what is of another
    shape, has a key nobody defined or is of a version this program does not know.
    """
    kind: Any = cls  # mypy takes type[T] for unhashable
    try:
        plainly: T = _plain_reader(kind)(plain.parsed(text))
    except plain.Unlike:
        return _by_pydantic(cls, text, where)
    return plainly


def _by_pydantic(cls: type[T], text: str, where: str) -> T:
    """The same, with a word on all that is wrong."""
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, see above

    kind: Any = cls  # mypy takes type[T] for unhashable
    try:
        made: T = _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise _bad_input(cls, error.errors(include_url=False), where) from error
    return made


def schema(cls: type) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `to_json` writes and `from_json` takes."""
    found = _adapter(cls).json_schema()
    name = _NAMES.get(cls, f"adb-audit/{cls.__name__.lower()}")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + name.replace("/", ":"),
    }
    return head | found


# Writing


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON is any
    kind: Any = type(value)  # mypy takes type[object] for unhashable
    return _form(kind)(value)


@cache
def _form(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type, which mypy takes for unhashable
    """How values of *kind* are written: looked up once for a kind, not anew for each of thousands."""
    for kinds, form in _FORMS:
        if issubclass(kind, kinds):
            return form
    return _record_form(kind)


def _plain_text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _record_form(kind: Any) -> Callable[[Any], dict[str, Any]]:  # noqa: ANN401 - any dataclass
    names = tuple(field.name for field in dataclasses.fields(kind))
    shape = _NAMES.get(kind)
    head = {} if shape is None or "schema" in names else {"schema": shape}

    def told(value: object) -> dict[str, Any]:
        fields = head.copy()
        for name in names:
            one = getattr(value, name)
            its: Any = type(one)
            # a call less for what most fields are; a StrEnum is not exactly a str
            fields[name] = one if its is str and one.isascii() else _form(its)(one)
        return fields

    return told


def _plain_bytes(value: bytes) -> dict[str, str]:
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


_FORMS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((type(None), bool, int, float), lambda value: value),
    ((Enum,), lambda value: value.value),
    ((str,), _plain_text),
    ((bytes,), _plain_bytes),
    ((tuple, list), lambda value: [_plain(item) for item in value]),
    ((frozenset,), lambda value: sorted(_plain(item) for item in value)),
    ((Mapping,), lambda value: {key: _plain(value[key]) for key in sorted(value)}),
)
"""The first that fits counts: a number that is an enumeration is a number."""


# Reading


@cache
def _plain_reader(cls: Any) -> plain.Read:  # noqa: ANN401 - a type, which mypy takes for unhashable
    return plain.reader(cls, _NAMES)


@cache
def _adapter(cls: Hashable) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, see above

    return TypeAdapter(_Wire().of(cls))


class _Wire:
    """Turns record types into the types of their JSON: TypedDicts that refuse what they do not know.

    Records stay free of pydantic: it reads a TypedDict, whose last step calls the record.
    """

    def __init__(self) -> None:
        import pydantic  # noqa: PLC0415 - slow to import, see above
        import typing_extensions  # noqa: PLC0415 - comes with pydantic

        # Any: these build types at run time, where mypy cannot follow
        self._annotated: Any = Annotated
        self._after: Any = pydantic.AfterValidator
        self._closed: Any = pydantic.with_config({"extra": "forbid", "strict": True})
        # typing's own cannot be read by pydantic before Python 3.12
        self._typed_dict: Any = typing_extensions.TypedDict
        self._bytes = self._raw(pydantic.WithJsonSchema(_BYTES_SCHEMA))
        self._made: dict[type, Any] = {}

    def of(self, kind: Any) -> Any:  # noqa: ANN401 - forms of types have no type of their own in 3.11
        """What JSON holds for a value of type *kind*."""
        if kind is bytes:
            return self._bytes
        if dataclasses.is_dataclass(kind):
            return self._record(kind)
        arguments = tuple(a if a is Ellipsis else self.of(a) for a in get_args(kind))
        if not arguments:
            return kind
        origin = get_origin(kind)
        # get_args and get_origin take X | Y apart into a class that cannot be put together again
        return Union[arguments] if origin is types.UnionType else origin[arguments]  # noqa: UP007

    def _raw(self, described: object) -> Any:  # noqa: ANN401 - see of
        shape = self._typed_dict("Bytes", {"text": NotRequired[str], "base64": NotRequired[str]})
        return self._annotated[self._closed(shape), self._after(_bytes), described]

    def _record(self, cls: Any) -> Any:  # noqa: ANN401 - any dataclass
        if cls not in self._made:
            shape = self._typed_dict(cls.__name__, dict(self._fields(cls)))
            shape.__doc__ = cls.__doc__
            self._made[cls] = self._annotated[self._closed(shape), self._after(_maker(cls))]
        return self._made[cls]

    def _fields(self, cls: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any dataclass
        if cls in _NAMES:
            yield "schema", Literal[_NAMES[cls]]
        hints = get_type_hints(cls)
        for field in dataclasses.fields(cls):
            if cls in _NAMES and field.name == "schema":
                continue
            kind = self.of(hints[field.name])
            optional = (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
            yield field.name, NotRequired[kind] if optional else kind


def _maker(cls: Any) -> Any:  # noqa: ANN401 - any dataclass
    names = {field.name for field in dataclasses.fields(cls)}
    if cls not in _NAMES:  # then there is nothing but its fields

        def made(fields: dict[str, Any]) -> object:
            return cls(**fields)

        return made

    def make(fields: dict[str, Any]) -> object:
        return cls(**{name: value for name, value in fields.items() if name in names})

    return make


_BYTES_SCHEMA: dict[str, Any] = {
    "description": "Bytes: as text where they are UTF-8, else in base64 (RFC 4648).",
    "oneOf": [
        {
            "type": "object",
            "properties": {form: {"type": "string"}},
            "required": [form],
            "additionalProperties": False,
        }
        for form in ("text", "base64")
    ],
}


def _bytes(raw: dict[str, str]) -> bytes:
    if len(raw) != 1:
        raise ValueError("bytes are either text or base64")
    if "text" in raw:
        return raw["text"].encode()
    try:
        return base64.b64decode(raw["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"no base64: {error}") from error


# What to say about what could not be read


def _bad_input(cls: type, problems: list[ErrorDetails], where: str) -> BadInput:
    name = _NAMES.get(cls, cls.__name__)
    first = problems[0]
    if first["type"] == "json_invalid":
        return _malformed(str(first["ctx"]["error"]), where)
    version = next((p for p in problems if p["loc"] == ("schema",)), None)
    if version is not None:
        return _unknown_version(version, name, where)
    if first["loc"] == ():
        return BadInput(f"no JSON object of the form {name}", where=where, fix=_fix(name))
    said = [f"{_path(problem['loc'])}: {_say(problem)}" for problem in problems[:_SHOWN_PROBLEMS]]
    if len(problems) > _SHOWN_PROBLEMS:
        said.append(f"and {len(problems) - _SHOWN_PROBLEMS} more")
    return BadInput("; ".join(said), where=where, fix=_fix(name))


def _malformed(said: str, where: str) -> BadInput:
    found = re.fullmatch(r"(?P<what>.*) at line (?P<line>\d+) column (?P<column>\d+)", said, re.DOTALL)
    place = f"{where}:{found['line']}:{found['column']}" if found else where
    what = found["what"] if found else said
    return BadInput(
        f"not valid JSON: {_short(what)}",
        where=place,
        fix="the file may be cut off or edited; take it again from where it was made",
    )


def _unknown_version(problem: ErrorDetails, name: str, where: str) -> BadInput:
    if problem["type"] == "missing":
        return BadInput(f'no "schema" in it, so this is no {name}', where=where, fix=_fix(name))
    return BadInput(
        f"its schema is {_short(repr(problem['input']))}; this program reads {name}",
        where=where,
        fix="use the version of adb-audit that wrote it, or a newer one; or take it again with this one",
    )


def _fix(name: str) -> str:
    if "/" not in name:  # a part, or a file that is nobody else's
        return "give what adb-audit wrote, unedited"
    kind = name.split("/")[1]
    return f"give a {kind} that adb-audit wrote ({name}), unedited"


def _say(problem: ErrorDetails) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return "nobody defined this key"
        case "missing":
            return "missing"
        case "value_error":
            return _short(str(problem["ctx"]["error"]))
        case _:
            return f"{_short(problem['msg'])}, not {_short(json.dumps(problem['input']))}"


def _path(place: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{_short(part)}" for part in place)
    return "".join(parts).removeprefix(".")


def _short(text: str) -> str:
    """Keys and values of a file are as hostile as the unit it was taken from."""
    text = clean_line(text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
