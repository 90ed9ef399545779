"""TOML tables to records, by the records' own types; every problem is found before any is reported."""

from __future__ import annotations

import types
import typing
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

R = TypeVar("R")


class Problems:
    """Collects what is wrong, each with the key it is wrong at."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, key: str, what: str) -> None:
        """Note that *what* is wrong at *key*."""
        self.lines.append(f"{key}: {what}" if key else what)


def read_record(kind: type[R], table: Mapping[str, Any], problems: Problems, key: str = "") -> R | None:
    """*table* as a record of *kind*; None when something in it is wrong (then *problems* says what)."""
    before = len(problems.lines)
    hints = _hints(typing.cast("Hashable", kind))  # mypy does not see that every class is
    _unknown_keys(table, list(hints), problems, key)
    values: dict[str, Any] = {}
    for spec in fields(kind):  # type: ignore[arg-type]  # every caller passes a record
        here = f"{key}.{spec.name}" if key else spec.name
        if spec.name in table:
            values[spec.name] = _value(hints[spec.name], table[spec.name], problems, here)
        elif spec.default is MISSING and spec.default_factory is MISSING:
            problems.add(here, "is missing")
    return kind(**values) if len(problems.lines) == before else None


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """The types of a record's fields; resolving them is slow, and packages are many."""
    return get_type_hints(kind)


def _unknown_keys(table: Mapping[str, Any], known: list[str], problems: Problems, key: str) -> None:
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(sorted(known))
            problems.add(f"{key}.{name}" if key else name, f"there is no such key; {hint}")


def _value(hint: Any, value: Any, problems: Problems, key: str) -> Any:  # noqa: ANN401  # types are data here
    if get_origin(hint) in (Union, types.UnionType):
        return _value(_without_none(hint), value, problems, key)
    if get_origin(hint) is tuple:
        return _sequence(get_args(hint)[0], value, problems, key)
    if get_origin(hint) is Mapping or hint is Mapping:
        return _mapping(get_args(hint), value, problems, key)
    if is_dataclass(hint):
        return _table(typing.cast("type[Any]", hint), value, problems, key)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice(hint, value, problems, key)
    return _plain(hint, value, problems, key)


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    return next(part for part in get_args(hint) if part is not type(None))


def _sequence(item: Any, value: Any, problems: Problems, key: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        problems.add(key, f"must be a list, not {_what(value)}")
        return ()
    return tuple(_value(item, one, problems, f"{key}[{number}]") for number, one in enumerate(value))


def _mapping(hints: tuple[Any, ...], value: Any, problems: Problems, key: str) -> dict[Any, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        problems.add(key, f"must be a table, not {_what(value)}")
        return {}
    found: dict[Any, Any] = {}
    for name, one in value.items():
        here = f'{key}."{name}"'
        if hints[0] is int and not name.isdecimal():
            problems.add(here, "must be the number of an Android user")
            continue
        found[int(name) if hints[0] is int else name] = _value(hints[1], one, problems, here)
    return found


def _table(kind: type[Any], value: Any, problems: Problems, key: str) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        problems.add(key, f"must be a table, not {_what(value)}")
        return None
    return read_record(kind, value, problems, key)


def _choice(kind: type[StrEnum], value: Any, problems: Problems, key: str) -> StrEnum | None:  # noqa: ANN401
    known = [str(one) for one in kind]
    if value in known:
        return kind(value)
    problems.add(key, f"must be one of {', '.join(known)}, not {value!r}")
    return None


def _plain(hint: type[Any], value: Any, problems: Problems, key: str) -> Any:  # noqa: ANN401
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        problems.add(key, f"must be {_NAMES[hint]}, not {_what(value)}")
    return value


_NAMES = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


def _what(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return f"{value!r}"
