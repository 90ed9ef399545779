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


class _Plan:
    """How tables of one kind become records, worked out once from the record's fields."""

    __slots__ = ("by_key", "empty", "required")

    def __init__(self) -> None:
        self.by_key: dict[str, tuple[str, _Convert]] = {}
        self.required: dict[str, str] = {}
        self.empty: dict[str, Callable[[], object]] = {}


class Reader:
    """Reads tables into records by their forms, noting every problem and going on."""

    def __init__(self, forms: Mapping[type, Form]) -> None:
        self._forms = forms
        self._plans: dict[type, _Plan] = {}

    def read(self, kind: type[T], table: object, place: Place, **given: object) -> T | None:
        """*table* as a *kind*; None when something is wrong with it, which is then noted at *place*.

        given: fields that do not come from the table
        """
        if not isinstance(table, dict):
            place.wrong(f"is {_named(table)}", "make it a table")
            return None
        shape = self._forms.get(kind, _PLAIN).shape
        shaped = shape(cast("Table", table), place) if shape else cast("Table", table)
        if shaped is None:
            return None
        plan = self._plans.get(kind) or self._plan(kind)
        values = self._values(kind, plan, shaped, place) | given
        for name, key in plan.required.items():
            if name not in values:
                place.wrong(f"{key} is missing", f"add {key}")
                values[name] = _WRONG
        if _WRONG in values.values():
            return None
        for name, make in plan.empty.items():
            if name not in values:
                values[name] = make()
        return kind(**values)

    def _values(self, kind: type, plan: _Plan, table: Table, place: Place) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in table.items():
            known = plan.by_key.get(key)
            if known is not None:
                name, convert = known
                values[name] = convert(value, place, key)
            else:
                form = self._forms.get(kind, _PLAIN)
                keys = plan.by_key.keys() - (_SHAPED if form.shape else frozenset())
                place.wrong(f"unknown key {key!r}", one_of(key, keys | form.written))
                values[key] = _WRONG
        return values

    def label(self, kind: type, table: object, number: int) -> str:
        """How an entry is called in messages: by its name where it has one, else by its number."""
        key = self._forms.get(kind, _PLAIN).label
        name = table.get(key) if isinstance(table, dict) else None
        return str(name) if isinstance(name, str) and name else f"no. {number}"

    def _plan(self, kind: type) -> _Plan:
        form, hints = self._forms.get(kind, _PLAIN), typing.get_type_hints(kind)
        plan = self._plans[kind] = _Plan()
        for field in dataclasses.fields(kind):
            name, key = field.name, form.spelt.get(field.name, field.name)
            if name == "path":
                continue  # where it stands, which no file says of itself
            plan.by_key[key] = (name, self._converter(hints[name]))
            if name in form.optional:
                plan.empty[name] = _empty(hints[name])
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                plan.required[name] = key
        return plan

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
            if hint is str and all(type(item) is str for item in value):
                return tuple(value)
            if not nested:
                read = [convert(item, place, key) for item in value]
            else:
                read = [
                    _WRONG if (r := self.read(hint, v, place.at(key, self.label(hint, v, n)))) is None else r
                    for n, v in enumerate(value, 1)
                ]
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


def _empty(hint: object) -> Callable[[], object]:
    """What makes the empty value of a field that may be left out."""
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
            return f"{name} ({value!r})" if kind in (str, int) and len(repr(value)) <= _SHORT else name
    return f"a {type(value).__name__}"


def _spaced(kind: type) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in kind.__name__).strip()


_PLAIN = Form()
_SHAPED = frozenset({"subject", "name", "test", "values"})
_SIMPLE: Mapping[type, str] = {str: 'text in quotes: "..."', int: "a whole number", bool: "true or false"}
_SHORT = 40
