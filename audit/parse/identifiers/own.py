"""The identifiers of a unit, as it told them.

What a unit tells decides what is later called *exact*, so a value is taken only when it has the shape of its
kind: a unit that calls itself "0" would else be found in everything. What is not taken is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from audit.model.evidence import Artifact, Gap, Topic
from audit.model.facts import Property, Setting, Unread
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.record import record
from audit.parse.gaps import gaps_of, stderr_lines
from audit.parse.identifiers.answers import NO_PROVIDER, asked_kind, reader_of
from audit.parse.identifiers.shapes import by_itself, canonical, checked, core, shown
from audit.parse.text import decode


@record
class Told:
    """What a unit told of itself."""

    identifiers: tuple[OwnIdentifier, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()


# Seen on units and in the makers' own scripts; Samsung, MediaTek, Qualcomm, Xiaomi, OnePlus, Meizu, Motorola.
# A list with commas holds one value for each slot, but in ro.boot.macinfo the bytes of one.
_PROPERTIES: Mapping[IdentifierKind, re.Pattern[str]] = {
    IdentifierKind.SERIAL: re.compile(
        r"ro\.(?:boot\.|vendor\.|odm\.|boot\.odm\.)?serialno|vendor\.boot\.serialno|ro\.boot\.pcbserialno"
        r"|persist\.radio\.serialno|gsm\.serial|ril\.serialnumber|ro\.(?:ril|vendor)\.oem\.ps?no"
        r"|ro\.(?:ril|vendor)\.oem\.sno|ro\.meizu\.hardware\.psn"
    ),
    IdentifierKind.IMEI: re.compile(
        r"ro\.(?:ril|vendor)\.oem\.imei[12]?|ro\.ril\.miui\.imei[01]|persist\.(?:vendor\.)?radio\.imei[12]?"
        r"|(?:ril\.)?gsm\.imei[12]?|(?:vendor\.)?ril\.imei[12]?"
    ),
    IdentifierKind.MEID: re.compile(r"ril\.cdma\.meid|ro\.ril\.oem\.meid|persist\.(?:vendor\.)?radio\.meid"),
    IdentifierKind.IMSI: re.compile(r"(?:vendor\.)?ril\.data\.gsm_imsi[01]"),
    IdentifierKind.ICCID: re.compile(r"ril\.iccid\.sim[12]|persist\.radio\.(?:cfu|data)\.iccid(?:\.[01])?"),
    IdentifierKind.MAC: re.compile(
        r"ro\.boot\.(?:wifi|bt)macaddr|ro\.boot\.macinfo|persist\.service\.bdroid\.bdaddr"
        r"|persist\.radio\.(?:wlan|bt)mac|persist\.vendor\.bluetooth\.bdaddr"
    ),
}
_ANY_PROPERTY = re.compile("|".join(pattern.pattern for pattern in _PROPERTIES.values()))
_SETTINGS: Mapping[str, IdentifierKind] = {
    "android_id": IdentifierKind.ANDROID_ID,
    "bluetooth_address": IdentifierKind.MAC,
}
_KEPT_AS_TOLD = frozenset({IdentifierKind.SERIAL, IdentifierKind.DEVICE_ID})
_MOST = 64
_NO_SIM = frozenset({"", "ABSENT", "UNKNOWN", "NOT_READY", "PERM_DISABLED"})
_NOTHING = frozenset({"", "n/a", "na", "null", "none", "unknown"})
_ELSE: Mapping[IdentifierKind, tuple[IdentifierKind, ...]] = {
    IdentifierKind.IMEI: (IdentifierKind.MEID,),
    IdentifierKind.DEVICE_ID: (IdentifierKind.MEID,),
    IdentifierKind.IMSI: (),
    IdentifierKind.ICCID: (IdentifierKind.IMSI,),
}
_ON_THE_SIM = frozenset({IdentifierKind.ICCID, IdentifierKind.IMSI})
_SAME_USE = {IdentifierKind.IMEI: frozenset({IdentifierKind.IMEI, IdentifierKind.MEID})}
_WHERE = {
    IdentifierKind.IMEI: "dial *#06#, or read it from the box",
    IdentifierKind.MEID: "dial *#06#, or read it from the box",
    IdentifierKind.ICCID: "read it from the SIM or its card",
    IdentifierKind.MAC: "see Settings, About phone",
}


@record
class _Answer:
    """One artifact as it was read. kind: what was asked for; nothing: it says that there is none"""

    kind: IdentifierKind | None
    origin: str
    nothing: bool
    gaps: tuple[Gap, ...]
    unread: tuple[Unread, ...]


@record
class _Value:
    """A value told. origin: of the answer; said: where within it"""

    kind: IdentifierKind
    value: str
    origin: str
    said: str = ""


def states_identifier(name: str) -> bool:
    """Whether the property *name* is one that units state an identifier in, whatever its value."""
    return _ANY_PROPERTY.fullmatch(name) is not None


def read_identity(
    artifacts: Iterable[Artifact], properties: Mapping[str, Property], settings: Iterable[Setting]
) -> Told:
    """Read *artifacts* of kind ``identity``, and what properties and settings say of the kind.

    A refusal is a gap, unless another answer tells the same; so is a value that cannot be one, where identity
    was asked for at all.
    """
    asked = tuple(artifacts)
    collected = _Collected()
    answers = [_read(artifact, collected) for artifact in asked]
    for value in (*_of_properties(properties), *_of_settings(settings)):
        collected.add(value)
    no_sim = _has_no_sim(properties)
    gaps = tuple(_gaps(answers, collected, no_sim=no_sim)) if asked else ()
    unread = tuple(line for answer in answers for line in answer.unread)
    return Told(identifiers=collected.told(), gaps=gaps, unread=unread)


class _Collected:
    """The identifiers taken, each once, and the values that were not."""

    def __init__(self) -> None:
        self._told: dict[tuple[IdentifierKind, str], OwnIdentifier] = {}
        self._refused: dict[IdentifierKind, _Value] = {}

    def add(self, value: _Value) -> None:
        """Take *value* if it can be what it is called."""
        if value.value.strip().lower() in _NOTHING:
            return
        found = _recognised(value.kind, value.value)
        if found is None:
            self._refused.setdefault(value.kind, value)
            return
        kind, plain = found
        kept = value.value.strip() if kind in _KEPT_AS_TOLD else plain
        origin = f"{value.origin} ({value.said})" if value.said else value.origin
        if len(self._told) < _MOST:
            self._told.setdefault(
                (kind, core(kind, plain)), OwnIdentifier(kind=kind, value=kept, origin=origin)
            )

    def told(self) -> tuple[OwnIdentifier, ...]:
        """All that was taken."""
        return tuple(self._told.values())

    def has(self, kind: IdentifierKind) -> bool:
        """Whether one of *kind* is known, or one that serves for it."""
        wanted = _SAME_USE.get(kind, frozenset({kind}))
        return any(one in wanted for one, _ in self._told)

    def refusals(self) -> Iterator[tuple[IdentifierKind, Gap]]:
        """A gap for each kind of which a value was told that cannot be one."""
        for kind, value in self._refused.items():
            where = f" as {value.said}" if value.said else ""
            reason = (
                f"The unit states {shown(value.value)}{where}, which cannot be its {kind.words}:"
                " too short, a placeholder, or not of its form."
                " It is not looked for in what the unit sends."
            )
            yield kind, _gap(kind, reason, value.origin)


def _recognised(kind: IdentifierKind, text: str) -> tuple[IdentifierKind, str] | None:
    """Of which kind *text* is, and its canonical form: what was asked for, else what its shape says."""
    value = canonical(kind, text)
    if kind is IdentifierKind.IMEI and value is not None and not _may_be_imei(text):
        value = None
    if value is not None and kind is not IdentifierKind.DEVICE_ID:
        return kind, value
    # which transaction tells what differs by release: the reply's shape decides
    other = by_itself(text) or next((one for one in _ELSE.get(kind, ()) if _is(one, text)), None)
    plain = None if other is None or kind not in _ELSE else canonical(other, text)
    return None if other is None or plain is None else (other, plain)


def _may_be_imei(text: str) -> bool:
    """Whether the check digit is right, where there is one."""
    digits = "".join(filter(str.isdecimal, text))
    return len(digits) != 15 or checked(IdentifierKind.IMEI, text)


def _is(kind: IdentifierKind, text: str) -> bool:
    return canonical(kind, text) is not None and not (text.isdecimal() and kind is IdentifierKind.MEID)


def _read(artifact: Artifact, collected: _Collected) -> _Answer:
    text = decode(artifact.data)
    parsed = reader_of(artifact.argument, text)(text, artifact.origin)
    said = parsed.value
    for one in () if artifact.truncated else said.stated:  # half a number is another number
        collected.add(_Value(kind=one.kind, value=one.value, origin=artifact.origin, said=one.name))
    where = f"{artifact.origin} (standard error)"
    stderr = (
        Unread(origin=where, line=number, text=line)
        for number, line in stderr_lines(artifact)
        if not line.startswith(NO_PROVIDER)
    )
    return _Answer(
        kind=asked_kind(artifact.argument),
        origin=artifact.origin,
        nothing=said.nothing,
        gaps=gaps_of(artifact, parsed, empty=not said.stated and not said.nothing),
        unread=(*parsed.unread, *stderr),
    )


def _gaps(answers: Sequence[_Answer], collected: _Collected, *, no_sim: bool) -> Iterator[Gap]:
    """What answers leave open that no other one tells: for each kind once, since the cure is one."""
    yield from (gap for answer in answers if answer.kind is None for gap in answer.gaps)
    settled = set(_ON_THE_SIM) if no_sim else set()
    for kind, gap in (*_failures(answers), *collected.refusals(), *_none(answers)):
        if kind not in settled and not collected.has(kind):
            settled.add(kind)
            yield gap


def _failures(answers: Sequence[_Answer]) -> Iterator[tuple[IdentifierKind, Gap]]:
    for answer in answers:
        if answer.kind is not None:
            yield from ((answer.kind, replace(gap, fix=_fix(answer.kind))) for gap in answer.gaps)


def _none(answers: Sequence[_Answer]) -> Iterator[tuple[IdentifierKind, Gap]]:
    """The kinds the unit says it has none of: it may as well keep them back."""
    for answer in answers:
        if answer.kind is not None and answer.nothing:
            reason = f"The unit told no {answer.kind.words}."
            yield answer.kind, _gap(answer.kind, reason, answer.origin)


def _gap(kind: IdentifierKind, reason: str, origin: str) -> Gap:
    return Gap(topic=Topic.IDENTIFIERS, reason=reason, fix=_fix(kind), origin=origin)


def _fix(kind: IdentifierKind) -> str:
    where = f": {_WHERE[kind]}" if kind in _WHERE else ""
    return f"Give it with --known {kind.value}=…{where}; else an equal value in what is sent cannot be told."


def _has_no_sim(properties: Mapping[str, Property]) -> bool:
    states = properties.get("gsm.sim.state")
    return states is not None and all(one.strip() in _NO_SIM for one in states.value.split(","))


def _of_properties(properties: Mapping[str, Property]) -> Iterator[_Value]:
    for name in filter(states_identifier, properties):
        stated = properties[name]
        for kind, pattern in _PROPERTIES.items():
            if pattern.fullmatch(name) and stated.value.strip():
                whole = canonical(kind, stated.value) is not None
                for value in (stated.value,) if whole else stated.value.split(","):
                    yield _Value(kind=kind, value=value.strip(), origin=stated.origin, said=name)


def _of_settings(settings: Iterable[Setting]) -> Iterator[_Value]:
    for setting in settings:
        if setting.namespace == "secure" and (kind := _SETTINGS.get(setting.name)) is not None:
            yield _Value(kind=kind, value=setting.value, origin=setting.origin, said=setting.name)
