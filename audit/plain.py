"""JSON as this program writes it to records, with nothing but the standard library.

What holds the shape of a record exactly is read here, without the 8 MB that pydantic takes. What does not,
for whatever reason, is `Unlike`: then `audit.codec` asks pydantic, whose word counts, and which says what is
wrong and where. So this may refuse what pydantic takes, but takes nothing that pydantic refuses, and makes of
it what pydantic makes of it.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

_MOST_EXACT = 2**53
"""Whole numbers below it are the same as floats."""

Read = Callable[[Any], Any]


class Unlike(Exception):
    """It is not plainly what is wanted, and may be all the same."""


def parsed(text: str) -> object:
    """What JSON *text* says, without what another reader may see otherwise. Raises Unlike."""
    if "\\ud" in text or "\\uD" in text:  # half a character, or one that is always written as itself
        raise Unlike
    try:
        if not text.isascii():
            text.encode()
        return json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Unlike from error


def reader(kind: type, shapes: Mapping[type, str]) -> Read:
    """What makes a *kind* of what `parsed` found.

    shapes: records whose JSON begins with the name of their shape
    The reader raises Unlike; so does this where there is no plain way to read a *kind*.
    """
    return _Readers(shapes).of(kind)


def _refused(_: object) -> NoReturn:
    raise Unlike


class _Readers:
    """One for each type, made once."""

    def __init__(self, shapes: Mapping[type, str]) -> None:
        self._shapes = shapes
        self._made: dict[Any, Read] = {bytes: _bytes, float: _float, **{one: _exact(one) for one in _PLAIN}}

    def of(self, kind: Any) -> Read:  # noqa: ANN401 - forms of types have no type of their own in 3.11
        """What reads values of type *kind*."""
        if kind not in self._made:
            self._made[kind] = self._new(kind)
        return self._made[kind]

    def _new(self, kind: Any) -> Read:  # noqa: ANN401 - see of
        if dataclasses.is_dataclass(kind):
            return self._record(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _member(kind)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType) and len(arguments) == 2 and arguments[1] is type(None):
            return _or_none(self.of(arguments[0]))
        if origin is frozenset:
            return _all(frozenset, self.of(arguments[0]))
        if origin is tuple and arguments[1:] == (Ellipsis,):
            return _all(tuple, self.of(arguments[0]))
        if origin is tuple and arguments:
            return _each(tuple(map(self.of, arguments)))
        raise Unlike

    def _record(self, cls: Any) -> Read:  # noqa: ANN401 - any dataclass
        hints, shape = get_type_hints(cls), self._shapes.get(cls)
        fields = dataclasses.fields(cls)
        reads = {one.name: self.of(hints[one.name]) for one in fields}
        needed = {one.name for one in fields if _has_no_default(one)}
        kept = "schema" in reads
        if shape is not None:
            reads["schema"] = _exact(str)
            needed.add("schema")

        def read(found: Any) -> object:  # noqa: ANN401 - JSON is any
            if type(found) is not dict or not needed <= found.keys():
                raise Unlike
            if shape is not None and found["schema"] != shape:
                raise Unlike
            try:
                made = {name: reads[name](value) for name, value in found.items()}
            except KeyError as error:  # a key nobody defined
                raise Unlike from error
            if shape is not None and not kept:
                del made["schema"]
            try:
                return cls(**made)
            except (ValueError, AssertionError) as error:
                raise Unlike from error

        return read


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


_PLAIN = (str, int, bool)


def _exact(kind: type) -> Read:
    def read(found: Any) -> object:  # noqa: ANN401 - JSON is any
        if type(found) is not kind:
            raise Unlike
        return found

    return read


def _float(found: Any) -> float:  # noqa: ANN401 - JSON is any
    if type(found) is int and abs(found) < _MOST_EXACT:
        return float(found)
    if type(found) is not float or found in (float("inf"), float("-inf")):
        raise Unlike
    return found


def _bytes(found: Any) -> bytes:  # noqa: ANN401 - JSON is any
    match found:
        case {"text": str(text), **rest} if not rest:
            return text.encode()
        case {"base64": str(text), **rest} if not rest:
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise Unlike from error
        case _:
            raise Unlike


def _member(kind: type[Enum]) -> Read:
    members = {one.value: one for one in kind if type(one.value) is str}

    def read(found: Any) -> Enum:  # noqa: ANN401 - JSON is any
        if type(found) is not str or found not in members:
            raise Unlike
        return members[found]

    return read


def _or_none(inner: Read) -> Read:
    def read(found: Any) -> object:  # noqa: ANN401 - JSON is any
        return None if found is None else inner(found)

    return read


def _all(made: Callable[[Any], Any], inner: Read) -> Read:
    def read(found: Any) -> object:  # noqa: ANN401 - JSON is any
        if type(found) is not list:
            raise Unlike
        return made(map(inner, found))

    return read


def _each(inner: tuple[Read, ...]) -> Read:
    def read(found: Any) -> object:  # noqa: ANN401 - JSON is any
        if type(found) is not list or len(found) != len(inner):
            raise Unlike
        return tuple(one(value) for one, value in zip(inner, found, strict=True))

    return read
