"""Reads files of indicators that the operator gives (STIX 2 bundles, as MVT reads them) into the rulebook.

Nothing is fetched: a file is what it is. What of it is not looked for is counted by its reason and reported.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from audit.errors import BadInput
from audit.model.indicators import Indicator, IndicatorFile
from audit.model.profiles import Rulebook
from audit.model.record import record
from audit.model.text import clean_line
from audit.rulebook import stix
from audit.rulebook.json_files import Json, read_json

_FIX = "give a STIX 2 bundle (.stix2 or .json) with indicators"
_NAMED = frozenset(
    {"malware", "report", "campaign", "intrusion-set", "threat-actor", "tool", "infrastructure"}
)
_LONGEST_SHOWN = 160


@record
class Loaded:
    """One file of indicators, read."""

    file: IndicatorFile
    indicators: tuple[Indicator, ...]


def with_indicators(rulebook: Rulebook, paths: Sequence[Path]) -> Rulebook:
    """*rulebook* and what the files at *paths* say to look for; its sha256 then covers those files too.

    Raises BadInput with file and position for one that is no bundle, or holds nothing to look for.
    """
    if not paths:
        return rulebook
    loaded = [load(path) for path in dict.fromkeys(paths)]
    whole = hashlib.sha256(rulebook.sha256.encode())
    for one in sorted(loaded, key=lambda each: each.file.sha256):
        whole.update(f"\nindicators {one.file.sha256}".encode())
    return replace(
        rulebook,
        indicators=tuple(dict.fromkeys(i for one in loaded for i in one.indicators)),
        indicator_files=tuple(one.file for one in loaded),
        sha256=whole.hexdigest(),
    )


def load(path: Path) -> Loaded:
    """The indicators in the file at *path*; BadInput as `with_indicators` says."""
    data, whole = read_json(path, fix=_FIX)
    objects = whole.get("objects") if isinstance(whole, dict) else None
    if not isinstance(objects, list):
        raise BadInput('is no STIX 2 bundle: there is no list "objects"', where=str(path), fix=_FIX)
    reading = _Reading(clean_line(path.name), [one for one in objects if isinstance(one, dict)])
    found = tuple(reading.indicators())
    if not found:
        raise BadInput(f"holds nothing to look for{_why(reading.left)}", where=str(path), fix=_FIX)
    return Loaded(
        file=IndicatorFile(
            name=reading.file,
            sha256=hashlib.sha256(data).hexdigest(),
            used=len(found),
            left=dict(reading.left),
            first_left=reading.first_left,
        ),
        indicators=found,
    )


def _why(left: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count} {reason}' for reason, count in left.items())})" if left else ""


class _Reading:
    """Goes through the objects of one bundle."""

    def __init__(self, file: str, objects: Iterable[dict[str, Json]]) -> None:
        self.file = file
        self.left: Counter[str] = Counter()
        self.first_left = ""
        self._objects = tuple(objects)
        self._names = dict(self._named())

    def _named(self) -> Iterator[tuple[str, str]]:
        """(id of an indicator, what it belongs to); a report that lists it knows better than a relation."""
        names = {
            _text(one, "id"): _text(one, "name") for one in self._objects if _text(one, "type") in _NAMED
        }
        for one in self._objects:
            target = _text(one, "target_ref")
            if _text(one, "type") == "relationship" and target in names:
                yield _text(one, "source_ref"), names[target]
        for one in self._objects:
            listed = one.get("object_refs")
            if _text(one, "type") == "report" and isinstance(listed, list):
                for reference in listed:
                    if isinstance(reference, str):
                        yield reference, _text(one, "name")

    def indicators(self) -> Iterator[Indicator]:
        """What is to be looked for; everything else is counted in *left*."""
        for one in self._objects:
            if _text(one, "type") != "indicator":
                continue
            try:
                yield from self._indicator(one)
            except stix.Unusable as unusable:
                self.left[unusable.reason] += 1
                self.first_left = self.first_left or _shown(one.get("pattern"))

    def _indicator(self, one: dict[str, Json]) -> Iterator[Indicator]:
        pattern = one.get("pattern")
        language = one.get("pattern_type", "stix")
        if language != "stix":
            raise stix.Unusable(reason="in another language than STIX")
        if one.get("revoked") is True:
            raise stix.Unusable(reason="revoked")
        if not isinstance(pattern, str):
            raise stix.Unusable(reason="without a pattern")
        name = self._names.get(_text(one, "id"), "")
        for first, *rest in stix.ways(pattern):
            yield Indicator(
                kind=first.kind,
                value=first.value,
                name=name,
                file=self.file,
                id=_text(one, "id"),
                also=tuple(rest),
            )


def _text(one: Mapping[str, Json], key: str) -> str:
    value = one.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def _shown(pattern: Json) -> str:
    text = clean_line(pattern if isinstance(pattern, str) else repr(pattern))
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
