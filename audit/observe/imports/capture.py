"""A capture as a recording: once through to know what is in it, once more to put its connections together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.errors import BadInput
from audit.model.evidence import Artifact
from audit.observe.imports import pcapdroid
from audit.observe.imports.conversations import Conversations
from audit.observe.imports.formats import frames
from audit.observe.imports.frames import Frame, Heard
from audit.observe.imports.packet import Packet, decode, link_fix, link_name, readable
from audit.observe.imports.recording import Clock, OnProgress, Recording, Told, named
from audit.observe.imports.sides import Side, Sides, Survey
from audit.observe.imports.source import OnBytes, opened

_NO_TROUBLE = frozenset({"no IP packet", *(f"protocol {n}, neither TCP nor UDP" for n in (1, 2, 58))})
"""ARP, ICMP and their like, which every network has and which carry nobody's data."""
_SURVEYED = 50_000
"""Packets that are looked at to find the unit."""


class _Contents:
    """What the first reading tells."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.heard = Heard()
        self.frames = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.sha256 = ""
        self.packed = False


def read(
    path: Path, *, clock: Clock, key: bytes, addresses: Sequence[str], on_progress: OnProgress | None
) -> Artifact:
    """The capture *path* as a recording.

    Raises BadInput where nothing in it can be decoded, or several machines in it may be the unit.
    """
    size = path.stat().st_size
    contents = _contents(path, Survey(addresses), _passing(on_progress, 0, size))
    _refuse_unreadable(contents.heard, str(path))
    sides = contents.survey.found(str(path))
    with opened(path, _passing(on_progress, size, size)) as source:
        heard = Heard()
        told = Told(
            observer="pcapdroid" if _is_pcapdroid(contents) else "pcap",
            name=named(path.name),
            what=_what(named(path.name), size, contents, sides),
            first_ms=contents.first_ms,
            last_ms=contents.last_ms,
            unit=() if addresses else sides.addresses,
        )
        recording = Recording(told, key=key, clock=clock, troubles=heard.troubles)
        reading = _Reading(recording, heard, sides, contents)
        for frame in frames(source, heard):
            reading.frame(frame)
        reading.close()
    if contents.survey.strayed:
        heard.troubles.add(
            "no packet is from or to the address that was said to be the unit's",
            named(path.name),
            unseen=True,
        )
    elif not sides.found:
        heard.troubles.add(
            "which side the unit is cannot be told: say its address", named(path.name), unseen=True
        )
    return recording.finished(
        why=("the capture ends" if heard.complete else "the capture could not be read to its end")
        + reading.left,
        lost=heard.lost,
        lost_why="frames that whoever captured was too slow for",
    )


def _passing(on_progress: OnProgress | None, before: int, size: int) -> OnBytes | None:
    return None if on_progress is None else lambda done: on_progress(before + done, 2 * size)


def _contents(path: Path, survey: Survey, on_bytes: OnBytes | None) -> _Contents:
    contents = _Contents(survey)
    with opened(path, on_bytes) as source:
        for frame in frames(source, contents.heard):
            contents.frames += 1
            if frame.at_ns is not None:
                at_ms = frame.at_ns // 1_000_000
                contents.first_ms = at_ms if contents.first_ms is None else contents.first_ms
                contents.last_ms = max(at_ms, contents.last_ms or at_ms)
            if contents.frames <= _SURVEYED:
                packet = decode(frame.link, frame.data, frame.length)
                if isinstance(packet, Packet):
                    survey.add(frame, packet)
        source.drain()
        contents.packed, contents.sha256 = source.packed, source.sha256
    return contents


def _refuse_unreadable(heard: Heard, where: str) -> None:
    unreadable = [link for link in heard.links if not readable(link)]
    if heard.links and len(unreadable) == len(heard.links):
        raise BadInput(
            f"the frames of this capture are of {link_name(unreadable[0])}, which is not decoded",
            where=where,
            fix=link_fix(unreadable[0]),
        )


def _is_pcapdroid(contents: _Contents) -> bool:
    return contents.survey.pcapdroid or bool(contents.heard.names) or "PCAPdroid" in contents.heard.writer


def _what(name: str, size: int, contents: _Contents, sides: Sides) -> str:
    """Which file, and how it was read, in words; no address of hardware."""
    packed = "gzip-packed " if contents.packed else ""
    links = " and ".join(dict.fromkeys(map(link_name, contents.heard.links))) or "no frames"
    by = f" written by {contents.heard.writer}" if contents.heard.writer else ""
    return (
        f"{name}, a {packed}{contents.heard.form} capture{by}: {contents.frames:,} frames ({links}),"
        f" {size:,} bytes, SHA-256 {contents.sha256}; the unit in it: {sides.how}"
    )


class _Reading:
    """The second reading: packets to conversations."""

    def __init__(self, recording: Recording, heard: Heard, sides: Sides, contents: _Contents) -> None:
        self._heard, self._sides = heard, sides
        self._names = contents.heard.names
        self._marked = _is_pcapdroid(contents)
        self._start_ms = contents.first_ms or 0
        self._left = {Side.OTHER: 0, Side.INSIDE: 0}
        self._conversations = Conversations(recording.write, heard.troubles)

    @property
    def left(self) -> str:
        """Which packets are no part of the recording, in words; "" for none."""
        words = {Side.OTHER: "of other machines", Side.INSIDE: "from the unit to itself"}
        told = [f"{count:,} packets {words[side]}" for side, count in self._left.items() if count]
        return f" ({' and '.join(told)} are left out)" if told else ""

    def frame(self, frame: Frame) -> None:
        """Take one frame."""
        where = f"frame {frame.number}"
        if len(frame.data) < frame.length:
            self._heard.troubles.add("a frame was cut when it was captured (snap length)", where)
        packet = decode(frame.link, frame.data, frame.length)
        if isinstance(packet, str):
            if packet not in _NO_TROUBLE:
                damaged = not packet.startswith(("protocol ", "a later fragment"))
                self._heard.troubles.add(f"{packet}: left out", where, unseen=damaged)
            return
        if packet.fragment:
            self._heard.troubles.add("a packet in fragments: only the first is read", where)
        side = self._sides.of(frame, packet)
        if side in self._left:
            self._left[side] += 1
            return
        at_ms = max(0, frame.at_ns // 1_000_000 - self._start_ms) if frame.at_ns is not None else 0
        app = self._app(frame, packet) if self._marked else None
        self._conversations.add(packet, at_ms, where, out=side is Side.OUT, app=app)

    def close(self) -> None:
        """All frames were read."""
        self._conversations.close()

    def _app(self, frame: Frame, packet: Packet) -> tuple[int, str] | None:
        """UID and name of the app, where PCAPdroid tells them."""
        if frame.uid is not None:
            names = self._names.get(frame.uid)
            return None if names is None else (frame.uid, names[0] or names[1])
        found = pcapdroid.trailer(frame, packet.end)
        if found is None or found[0] < 0 or not found[1]:
            return None
        if len(found[1].encode()) >= pcapdroid.NAME_BYTES:
            self._heard.troubles.add(
                f"an app's name as long as PCAPdroid writes names may be cut: {found[1]}",
                f"frame {frame.number}",
            )
        return found
