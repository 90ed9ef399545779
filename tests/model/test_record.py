"""A record is what a frozen, slotted, keyword-only dataclass is; only its making is quicker."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, get_type_hints

import pytest

from audit.model import code, crate, destinations, evidence, facts, flows, portrait, profiles, report
from audit.model.record import record

MODULES = (code, crate, destinations, evidence, facts, flows, portrait, profiles, report)
RECORDS = [
    one
    for module in MODULES
    for one in vars(module).values()
    if inspect.isclass(one) and hasattr(one, "__dataclass_fields__") and one.__module__ == module.__name__
]


@record
class Thing:
    """Every form of a field."""

    name: str
    number: int = 7
    many: Mapping[str, int] = field(default_factory=dict)
    table: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    seen: list[str] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        self.seen.append(self.name)


@record
class Nothing:
    """No field at all."""


def test_values_and_defaults() -> None:
    """What is given is kept, what is not has its default, a made one is made anew; then it has its say."""
    one, other = Thing(name="a"), Thing(name="b", number=1, many={"x": 1})
    assert (one.name, one.number, one.many, one.seen) == ("a", 7, {}, ["a"])
    assert (other.name, other.number, other.many, other.seen) == ("b", 1, {"x": 1}, ["b"])
    assert one.many is not Thing(name="a").many
    assert Nothing() == Nothing()


def test_never_changed() -> None:
    """No field can be set or deleted afterwards, and none added."""
    one = Thing(name="a")
    for name in ("name", "other"):
        with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
            setattr(one, name, "b")
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("given", [{}, {"name": "a", "nmber": 1}, {"number": 1}])
def test_wrong_names(given: dict[str, int]) -> None:
    """A field that is missing or unknown is a TypeError that names it."""
    with pytest.raises(TypeError, match=r"'(name|nmber)'"):
        Thing(**given)  # type: ignore[arg-type]  # what must not work


def test_no_positions() -> None:
    """Fields are given by name alone."""
    with pytest.raises(TypeError, match="positional"):
        Thing("a")  # type: ignore[call-arg]  # what must not work


def test_copies() -> None:
    """Pickled, copied and replaced ones are equal, and hashed alike where they can be."""
    one = portrait.Trait(kind=portrait.TraitKind.BUILD, name="a", value="b")
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # made a line above
    assert copy.deepcopy(one) == replace(one) == one
    assert hash(replace(one)) == hash(one)
    assert replace(one, value="c").value == "c"


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_made_as_a_dataclass_is(cls: Any) -> None:  # noqa: ANN401  # any record
    """Each record of the model takes what a dataclass of its fields would, with its types and defaults."""
    given: tuple[Field[Any], ...] = fields(cls)
    body: dict[str, Any] = {"__annotations__": {one.name: one.type for one in given}}
    body |= {one.name: _again(one) for one in given if not _is_needed(one)}
    plain: type = dataclass(frozen=True, kw_only=True)(type(cls.__name__, (), body))
    ours, theirs = inspect.signature(cls), inspect.signature(plain)
    assert list(ours.parameters) == list(theirs.parameters)
    for name, parameter in ours.parameters.items():
        assert parameter.kind is theirs.parameters[name].kind
        assert (parameter.default is parameter.empty) == (theirs.parameters[name].default is parameter.empty)
    assert get_type_hints(cls.__init__).keys() == {*ours.parameters, "return"}


def _is_needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _again(one: Field[Any]) -> object:
    return field(default_factory=one.default_factory) if one.default is MISSING else one.default
