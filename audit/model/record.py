"""How a record is declared: frozen, slotted, keyword-only, one way for all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Turn *cls* into an immutable value: equal by content, never changed after it is made."""
    made: Any = dataclass(frozen=True, slots=True, kw_only=True, init=False)(cls)
    made.__init__ = _init_of(made)
    return made  # type: ignore[no-any-return]  # the class that was given, with slots


def _init_of(cls: Any) -> Callable[..., None]:  # noqa: ANN401 - any dataclass
    """The ``__init__`` a dataclass has, which puts each value straight into its slot.

    A frozen dataclass's own goes through ``object.__setattr__``, which looks each slot up by its name. That
    takes three times as long, for each of the thousands of records one unit's evidence becomes.
    """
    given = fields(cls)
    names: dict[str, Any] = {"_absent": MISSING}
    for field in given:
        names[f"_put_{field.name}"] = getattr(cls, field.name).__set__
        names[f"_default_{field.name}"] = field.default
        names[f"_make_{field.name}"] = field.default_factory
    lines = [
        f"def _with({', '.join(names)}):",
        f" def __init__(self{', *, ' if given else ''}{', '.join(map(_parameter, given))}):",
        *_body(cls, given),
        " return __init__",
    ]
    made: dict[str, Any] = {}
    exec("\n".join(lines), vars(sys.modules[cls.__module__]), made)  # noqa: S102 - as dataclasses does; of names alone
    init: Any = made["_with"](**names)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in given} | {"return": "None"}
    return init  # type: ignore[no-any-return]  # what was just defined


def _parameter(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f"{field.name}=_default_{field.name}"
    return field.name if field.default_factory is MISSING else f"{field.name}=_absent"


def _body(cls: object, given: tuple[Field[Any], ...]) -> Iterator[str]:
    for field in given:
        value = field.name
        if field.default_factory is not MISSING:
            value = f"_make_{field.name}() if {field.name} is _absent else {field.name}"
        yield f"  _put_{field.name}(self, {value})"
    if hasattr(cls, "__post_init__"):
        yield "  self.__post_init__()"
    yield "  return None"
