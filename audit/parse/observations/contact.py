"""One contact while it is put together, and the flow it is for now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from audit.model.flows import Caught, Certainty, Flow, OwnIdentifier, Stage
from audit.model.record import record
from audit.parse.identifiers.scan import Scanner
from audit.parse.masking import mask, named
from audit.parse.observations.whose import Caller, Owners

MOST_CAUGHT = 64
"""Identifiers kept of one contact."""

_MOST_PIECES = 64
_MOST_SCANNED = 16
"""Pieces of a URL that holds an identifier; what comes after is not printed."""
_PIECES = re.compile(r"([/?&;#,]+)")
_SHORTEST_HIDDEN = 6
_SURE = {Certainty.EXACT: 0, Certainty.HIGH: 1, Certainty.MEDIUM: 2}


@record
class Part:
    """Bytes to look for identifiers in. where: what they are ("body"); left: they were seen leaving."""

    where: str
    data: bytes
    left: bool = True


@record
class Sighting:
    """A contact as it stands. readable: bytes went over the wire that are neither known nor encrypted."""

    flow: Flow
    by: Caller
    parts: tuple[Part, ...] = ()
    readable: bool = False


def finished(sighting: Sighting, owners: Owners, scanner: Scanner, *, looking: bool = True) -> Flow:
    """The flow of *sighting*, with whose it is and the identifiers in it.

    looking: False leaves its bytes unread; identifiers are then only hidden where the flow would print them
    """
    flow = _owned(sighting, owners)
    found, unread = _look(sighting.parts, scanner) if looking else ([], 0)
    caught = _each_once(one for _, one in found)
    exact = any(left and one.certainty is Certainty.EXACT for left, one in found)
    stage = Stage.IDENTIFIED if exact else flow.stage
    cleartext = flow.cleartext
    if sighting.readable and cleartext is None and caught and (exact or _printable(sighting.parts)):
        cleartext = True
    return replace(
        flow,
        identifiers=caught,
        stage=stage,
        cleartext=cleartext,
        truncated=flow.truncated or unread > 0,
        url=masked_url(flow.url, scanner),
        to=hidden(flow.to, scanner.known),
        host=hidden(flow.host, scanner.known),
        sni=hidden(flow.sni, scanner.known),
    )


def masked_url(url: str, scanner: Scanner) -> str:
    """*url* with every piece of its path and query that holds an identifier replaced by its kind."""
    scheme, found, rest = url.partition("://")
    at = next((at for at, c in enumerate(rest) if c in "/?#"), len(rest)) if found else 0
    server, tail = (f"{scheme}://{rest[:at]}", rest[at:]) if found else ("", url)
    pieces = _PIECES.split(tail)
    holds = bool(_scanned(tail, scanner))
    most = 2 * (_MOST_SCANNED if holds else _MOST_PIECES)
    shown = [_masked(piece, scanner, looking=holds) if len(piece) > 1 else piece for piece in pieces[:most]]
    return hidden(server + "".join(shown) + ("…" if len(pieces) > most else ""), scanner.known)


def hidden(text: str, known: Sequence[OwnIdentifier]) -> str:
    """*text* without the unit's own identifiers."""
    for one in known:
        if len(one.value) >= _SHORTEST_HIDDEN and one.value.lower() in text.lower():
            text = re.sub(re.escape(one.value), f"<{one.kind.words}>", text, flags=re.IGNORECASE)
    return text


def _scanned(text: str, scanner: Scanner) -> tuple[Caught, ...]:
    return scanner.scan(text.encode("utf-8", "replace")).found if text else ()


def _masked(piece: str, scanner: Scanner, *, looking: bool) -> str:
    name, equals, value = piece.partition("=")
    found = _scanned(piece, scanner) if looking else ()
    if not found:
        kinds = named(name + equals) if equals and value else ()
        return f"{name}=<{kinds[0]}>" if kinds else mask(piece)[0]
    kind = f"<{found[0].kind.words}>"
    return f"{name}={kind}" if equals else kind


def _owned(sighting: Sighting, owners: Owners) -> Flow:
    whose = owners.of(sighting.by)
    return replace(
        sighting.flow,
        who=whose.who,
        uid=whose.uid,
        process=whose.process,
        attribution=whose.attribution,
        shared=whose.shared,
        pid=sighting.by.pid,
        caller=sighting.by.caller,
        stack=sighting.by.stack,
    )


def _look(parts: Iterable[Part], scanner: Scanner) -> tuple[list[tuple[bool, Caught]], int]:
    """What is in *parts*, each with whether it was in bytes that left; how many bytes were not looked at."""
    found: list[tuple[bool, Caught]] = []
    unread = 0
    for part in parts:
        if part.data:
            scanned = scanner.scan(part.data, where=part.where)
            found += ((part.left, one) for one in scanned.found)
            unread += scanned.left
    return found, unread


def _each_once(found: Iterable[Caught]) -> tuple[Caught, ...]:
    """The surest sighting of each."""
    best: dict[tuple[str, str, str], Caught] = {}
    for one in found:
        what = (one.kind.value, one.hmac or one.shown, "" if one.shown else one.key)
        if what not in best or _SURE[one.certainty] < _SURE[best[what].certainty]:
            best[what] = one
    return tuple(sorted(best.values(), key=lambda one: _SURE[one.certainty])[:MOST_CAUGHT])


def _printable(parts: Iterable[Part]) -> bool:
    """Whether nearly all of it reads as text."""
    data = b"".join(part.data[:65536] for part in parts if part.left)
    plain = sum(1 for byte in data if 0x20 <= byte < 0x7F or byte in b"\r\n\t")
    return bool(data) and plain >= 0.9 * len(data)
