"""Writes a file to a unit. No audit does: only what was asked to change a unit, and removes it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from audit.adb import sync
from audit.adb.device import Device
from audit.adb.stream import Stream
from audit.errors import BadInput, ProtocolError, TransportError
from audit.model.record import record

T = TypeVar("T")

_AHEAD_BYTES = 1 << 20
"""Bytes that may wait to leave: the file is not copied into a queue as a whole."""

_NO_ROOM = "Free some space on the unit (Settings, Storage), then try again."
_SLOW = "Use a better cable or port, or a longer time limit."


@record
class _File:
    """What is sent. mode: as ``st_mode``; mtime: Unix seconds."""

    path: str
    content: bytes
    mode: int
    mtime: int


async def push(device: Device, path: str, content: bytes, *, mode: int, mtime: int, timeout_s: float) -> None:
    """Write *content* to *path* on the unit, within *timeout_s*.

    mode: permissions of its owner, such as 0o700; mtime: Unix seconds. adbd gives everybody the owner's
    rights (AOSP daemon/file_sync_service.cpp), so `chmod` has to follow.
    Raises BadInput when the unit refuses it (no space left, no such folder); what was written until then may
    still lie there.
    """
    file = _File(path=path, content=content, mode=0o100000 | mode, mtime=mtime)
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            stream = await device.open("sync:")
            try:
                failure = await _send(device, stream, file)
            finally:
                stream.close()
    except TimeoutError:
        if not deadline.expired():
            raise
        raise TransportError(f"push was not done within {timeout_s:g} s", where=path, fix=_SLOW) from None
    if failure:
        raise BadInput(f"the unit does not take the file ({failure})", where=path, fix=_NO_ROOM)


async def _send(device: Device, stream: Stream, file: _File) -> str:
    """Send the file; why it was refused, "" when it was not."""
    path, content, mtime = file.path, file.content, file.mtime
    answer = asyncio.ensure_future(_answer(device, stream, path))
    try:
        stream.write(sync.send_request(path, file.mode))
        for at in range(0, len(content), sync.MAX_CHUNK_BYTES):
            stream.write(sync.pack_chunk(content[at : at + sync.MAX_CHUNK_BYTES]))
            await _first(stream.room(_AHEAD_BYTES), answer)
            if answer.done():  # it said no in the middle and reads no further
                return await answer
        stream.write(sync.pack_done(mtime))
        return await answer
    finally:
        answer.cancel()


async def _first(work: Awaitable[None], other: asyncio.Future[str]) -> None:
    """Await *work*, unless *other* is done before."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait((task, other), return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()


async def _answer(device: Device, stream: Stream, path: str) -> str:
    reader = sync.SendReader()
    while not reader.done:
        data = await stream.read()
        if not data:
            await device.stat(path)  # raises UnitLost where that is why
            raise ProtocolError("the file service ended too early", where=path, fix="Try again.")
        reader.feed(data)
    return reader.failure
