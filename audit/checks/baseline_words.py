"""Differences from the golden unit in words: on one line each, and no longer than a person reads."""

from __future__ import annotations

from collections.abc import Mapping

from audit.checks.differences import Difference
from audit.model.portrait import TraitKind
from audit.model.text import clean_line

NAMED = 5
"""Names said in a message; the rest is counted."""
_LONGEST = 120
"""Characters of a name or value that are shown."""

PLURAL: Mapping[TraitKind, str] = {
    TraitKind.BUILD: "build",
    TraitKind.REGION: "region",
    TraitKind.PACKAGE: "packages",
    TraitKind.STATE: "states of packages",
    TraitKind.VERSION: "versions",
    TraitKind.SIGNER: "signers",
    TraitKind.PATH: "paths",
    TraitKind.OVERLAY: "overlays",
    TraitKind.USER: "users",
    TraitKind.APEX: "APEX modules",
    TraitKind.PROPERTY: "properties",
}


def change(one: Difference) -> str:
    """Both values of a difference in one clause."""
    return f"{_subject(one)} {_change(one)}"


def _subject(one: Difference) -> str:
    name = short(one.name)
    if one.kind is TraitKind.REGION:
        return name.removeprefix("property ")
    if one.kind is TraitKind.BUILD and name == "android":
        return "the Android version"
    return f"{_TITLES[one.kind]} {name}" if one.kind in _TITLES else name


_TITLES = {TraitKind.BUILD: "the", TraitKind.OVERLAY: "the overlay", TraitKind.APEX: "the module"}


def _change(one: Difference) -> str:
    golden, unit = (None if value is None else short(value) or "empty" for value in (one.golden, one.unit))
    if one.kind is TraitKind.STATE:
        return f"is {unit or _USUAL}, golden {golden or _USUAL}"
    if golden is None:
        lacks = "does not state it" if one.kind in _STATED else "does not have it"
        return f"is {_VERSION.get(one.kind, '')}{unit}, golden {lacks}"
    if unit is None:
        return f"is not {'stated' if one.kind in _STATED else 'there'}, golden {golden}"
    if one.kind is TraitKind.SIGNER:
        return f"is signed by another key: {unit}, golden {golden}"
    if one.kind is TraitKind.PATH:
        return f"lies in {unit}, golden in {golden}"
    version = _VERSION.get(one.kind, "")
    return f"is {version}{unit}, golden {golden}"


_USUAL = "as usual"
_STATED = frozenset({TraitKind.BUILD, TraitKind.REGION, TraitKind.PROPERTY})
_VERSION = {TraitKind.VERSION: "version ", TraitKind.APEX: "version "}


def sentence(found: list[Difference]) -> str:
    """The first few of *found*, one after the other, and how many more there are."""
    text = "; ".join(map(change, found[:NAMED])) + rest(found)
    return f"{text[0].upper()}{text[1:]}." if text.startswith("the ") else f"{text}."


def these(found: list[Difference]) -> str:
    """How many packages."""
    return f"{len(found)} package" + ("" if len(found) == 1 else "s")


def is_are(found: list[Difference]) -> str:
    """The verb for them."""
    return "is" if len(found) == 1 else "are"


def names(found: list[Difference]) -> str:
    """What the first few are called, and how many more there are."""
    return ", ".join(short(one.name) for one in found[:NAMED]) + rest(found)


def rest(found: list[Difference]) -> str:
    """How many were not named."""
    more = len(found) - NAMED
    return f", and {more} more" if more > 0 else ""


def listed(words: list[str]) -> str:
    """*words* as a sentence lists them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def short(text: str) -> str:
    """Names and values are the unit's: on one line, and no longer than a person reads."""
    text = clean_line(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def noun(kind: TraitKind, count: int) -> str:
    """What *count* traits of a kind are called."""
    return _SINGULAR.get(kind, str(kind)) if count == 1 else PLURAL[kind]


_SINGULAR = {TraitKind.PROPERTY: "property", TraitKind.APEX: "APEX module"}
