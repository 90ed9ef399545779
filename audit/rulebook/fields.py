"""Tables into records: the record's own fields say which keys a table has and what they hold.

A `Form` adds the little that a record does not say: which keys may be left out, which are spelt otherwise in
TOML, and how a table written for people (``property = "x"``) becomes the record's shape.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast

from audit.model.record import record
from audit.rulebook.problems import Place, one_of

T = TypeVar("T")
Table = dict[str, Any]
"""As tomllib gives it; nothing in it is trusted before a `Reader` has looked at it."""


class _Wrong:
    """Stands for a value that was no good; its problem has been noted."""


_WRONG = _Wrong()
_Convert = Callable[[object, Place, str], object]


@record
class Form:
    """What a record does not say about its table.

    optional: fields that may be left out and are then empty ("", (), None, False)
    spelt: field to key, where the key differs
    label: the field that names an entry in messages
    shape: turns the table as written into the record's shape; returns None after noting what is wrong
    written: keys that `shape` understands, for "did you mean"
    """

    optional: frozenset[str] = frozenset()
    spelt: Mapping[str, str] = dataclasses.field(default_factory=dict)
    label: str = ""
    shape: Callable[[Table, Place], Table | None] | None = None
    written: frozenset[str] = frozenset()


@record
class _Field:
    name: str
    key: str
    convert: _Convert
    missing: Callable[[], object] | None


class Reader:
    """Reads tables into records by their forms, noting every problem and going on."""

    def __init__(self, forms: Mapping[type, Form]) -> None:
        self._forms = forms
        self._plans: dict[type, tuple[_Field, ...]] = {}

    def read(self, kind: type[T], table: object, place: Place, **given: object) -> T | None:
        """*table* as a *kind*; None when something is wrong with it, which is then noted at *place*.

        given: fields that do not come from the table
        """
        form = self._forms.get(kind, _PLAIN)
        if not isinstance(table, dict):
            place.wrong(f"is {_named(table)}", "make it a table")
            return None
        shaped = form.shape(cast("Table", table), place) if form.shape else cast("Table", table)
        if shaped is None:
            return None
        plan = self._plan(kind)
        values, good = dict(given), True
        for field in plan:
            if field.key in shaped:
                value = field.convert(shaped[field.key], place, field.key)
                good = good and value is not _WRONG
                values[field.name] = value
            elif field.name in given:
                continue
            elif field.missing is not None:
                values[field.name] = field.missing()
            else:
                place.wrong(f"{field.key} is missing", f"add {field.key}")
                good = False
        if len(shaped) > sum(field.key in shaped for field in plan):
            good = self._unknown(kind, shaped, place) and good
        return kind(**values) if good else None

    def label(self, kind: type, table: object, number: int) -> str:
        """How an entry is called in messages: by its name where it has one, else by its number."""
        key = self._forms.get(kind, _PLAIN).label
        name = table.get(key) if isinstance(table, dict) else None
        return str(name) if isinstance(name, str) and name else f"no. {number}"

    def _unknown(self, kind: type, table: Table, place: Place) -> bool:
        form = self._forms.get(kind, _PLAIN)
        known = {field.key for field in self._plan(kind)}
        for key in table.keys() - known:
            place.wrong(
                f"unknown key {key!r}", one_of(key, (known - _SHAPED if form.shape else known) | form.written)
            )
        return False

    def _plan(self, kind: type) -> tuple[_Field, ...]:
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = tuple(self._fields(kind))
        return plan

    def _fields(self, kind: type) -> list[_Field]:
        form = self._forms.get(kind, _PLAIN)
        hints = typing.get_type_hints(kind)
        return [
            _Field(
                name=field.name,
                key=form.spelt.get(field.name, field.name),
                convert=self._converter(hints[field.name]),
                missing=_default(field, hints[field.name], field.name in form.optional),
            )
            for field in dataclasses.fields(kind)
            if field.name != "path"
        ]

    def _converter(self, hint: Any) -> _Convert:  # noqa: ANN401 - a type hint has no type of its own
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return self._converter(next(a for a in args if a is not type(None)))
        if origin is tuple:
            return self._list(args[0])
        if origin is not None:
            return self._mapping(*args)
        if hint in _SIMPLE:
            return _simple(hint)
        return _word(hint) if issubclass(hint, StrEnum) else self._record(hint)

    def _record(self, kind: type[Any]) -> _Convert:
        def nested(value: object, place: Place, key: str) -> object:
            read = self.read(kind, value, place.at(key))
            return _WRONG if read is None else read

        return nested

    def _list(self, hint: Any) -> _Convert:  # noqa: ANN401 - as above
        convert, nested = self._converter(hint), dataclasses.is_dataclass(hint)

        def items(value: object, place: Place, key: str) -> object:
            if not isinstance(value, list):
                place.wrong(f"{key} is {_named(value)}", f"make it a list: {key} = [...]")
                return _WRONG
            if not nested:
                read = [convert(item, place, key) for item in value]
            else:
                read = [convert(v, place, f"{key} {self.label(hint, v, n)}") for n, v in enumerate(value, 1)]
            return _WRONG if any(item is _WRONG for item in read) else tuple(read)

        return items

    def _mapping(self, of: Any, to: Any) -> _Convert:  # noqa: ANN401 - as above
        convert_key, convert = self._converter(of), self._converter(to)

        def pairs(value: object, place: Place, key: str) -> object:
            if not isinstance(value, dict):
                place.wrong(f"{key} is {_named(value)}", f"make it a table: [{key}]")
                return _WRONG
            inner = place.at(key)
            read = [(convert_key(k, inner, str(k)), convert(v, inner, str(k))) for k, v in value.items()]
            return _WRONG if any(k is _WRONG or v is _WRONG for k, v in read) else dict(read)

        return pairs


def _simple(hint: type) -> _Convert:
    def same(value: object, place: Place, key: str) -> object:
        if type(value) is hint:
            return value
        place.wrong(f"{key} is {_named(value)}", f"make it {_SIMPLE[hint]}")
        return _WRONG

    return same


def _word(kind: type[StrEnum]) -> _Convert:
    members = {member.value: member for member in kind}

    def word(value: object, place: Place, key: str) -> object:
        if isinstance(value, str) and value in members:
            return members[value]
        place.wrong(f"{key}: unknown {_spaced(kind)} {value!r}", one_of(str(value), members))
        return _WRONG

    return word


def _default(field: dataclasses.Field[Any], hint: object, optional: bool) -> Callable[[], object] | None:
    if field.default is not dataclasses.MISSING:
        default = field.default
        return lambda: default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    if not optional:
        return None
    if type(None) in typing.get_args(hint):
        return lambda: None
    kind = cast("type", typing.get_origin(hint) or hint)
    return kind if kind in (tuple, str, bool) else dict


def _named(value: object) -> str:
    """A value's type as TOML calls it, with the value where it is short."""
    for kind, name in (
        (bool, "true or false"),
        (str, "text"),
        (int, "a number"),
        (list, "a list"),
        (dict, "a table"),
    ):
        if isinstance(value, kind):
            return (
                f"{name} ({value!r})" if isinstance(value, str | int) and len(repr(value)) <= _SHORT else name
            )
    return f"a {type(value).__name__}"


def _spaced(kind: type) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in kind.__name__).strip()


_PLAIN = Form()
_SHAPED = frozenset({"subject", "name", "test", "values"})
_SIMPLE: Mapping[type, str] = {str: 'text in quotes: "..."', int: "a whole number", bool: "true or false"}
_SHORT = 40
