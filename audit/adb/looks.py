"""What an adb server and TCP addresses are seen to have, again and again, without a handshake.

A look never raises a phone's Allow dialog, never starts an adb server, and never tries without a pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from audit.adb.device import DeviceRow, State
from audit.adb.held import Held
from audit.adb.server import AdbServer
from audit.adb.tcp import os_words, parse_address
from audit.adb.tracking import SETTLE_S, SETTLE_SERVER_S, Backoff, Look
from audit.errors import TransportError

KNOCK_S = 1.5
"""Between two knocks at an address that answered."""
_AGAIN_S = 0.4
_LIMIT_S = 2.0
_GOODBYE_S = 0.5

_SILENT = "Check the address; on the phone, `adb tcpip 5555` or wireless debugging must be on."


async def server_looks(server: AdbServer) -> AsyncGenerator[Look, None]:
    """The units of a running server; while it is away they are offline, and it is awaited with back-off."""
    rows: tuple[DeviceRow, ...] = ()
    pause, back_at_s = Backoff(), float("-inf")
    loop = asyncio.get_running_loop()
    while True:
        try:
            async with aclosing(server.track()) as tracked:
                async for rows in tracked:
                    pause.reset()
                    fresh = loop.time() < back_at_s + SETTLE_SERVER_S
                    yield Look(rows=rows, settle_s=SETTLE_SERVER_S if fresh else SETTLE_S)
        except TransportError as error:
            rows = _without_server(rows, error)
            yield Look(rows=rows, trouble=f"{error.what}; looked for again until it is back")
        await asyncio.sleep(pause.pause_s())
        back_at_s = loop.time()


def _without_server(rows: tuple[DeviceRow, ...], error: TransportError) -> tuple[DeviceRow, ...]:
    """Whether they are plugged in, nobody knows."""
    return tuple(replace(row, state=State.OFFLINE, detail=error.what, fix=error.fix) for row in rows)


async def tcp_looks(
    addresses: Sequence[DeviceRow], held: Held, *, knock_s: float = KNOCK_S
) -> AsyncGenerator[Look, None]:
    """Whether somebody answers at each of *addresses*, named by their rows; those in *held* are let be."""
    rows: dict[str, DeviceRow | None] = {row.slot: None for row in addresses}
    news = asyncio.Event()

    async def follow(row: DeviceRow) -> None:
        async with aclosing(_knocks(row, held, knock_s)) as answers:
            async for rows[row.slot] in answers:
                news.set()

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(follow(row)) for row in addresses]
    try:
        while True:
            await _first(news, tasks)
            known = tuple(row for row in rows.values() if row is not None)
            if len(known) == len(rows):
                yield Look(rows=known)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first(news: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Await *news*; raises what one of *tasks*, which never end, broke off with."""
    waiting = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        news.clear()
        for task in tasks:
            if task.done():
                task.result()
    finally:
        waiting.cancel()


async def _knocks(row: DeviceRow, held: Held, knock_s: float) -> AsyncGenerator[DeviceRow, None]:
    """*row* as it is after each knock, CONNECTING when somebody answers and OFFLINE when nobody does."""
    pause, missed = Backoff(), 2
    while True:
        async with held.knocking(row.slot):
            trouble = "" if row.slot in held else await _knock(row.slot)
        missed = missed + 1 if trouble else 0
        if not trouble:
            pause.reset()
            yield row
        elif missed > 1:  # one knock may get lost on the air
            yield replace(row, state=State.OFFLINE, detail=trouble, fix=_SILENT)
        await asyncio.sleep(knock_s if not trouble else pause.pause_s() if missed > 1 else _AGAIN_S)


async def _knock(address: str) -> str:
    """Connect and hang up again, without a word; why nobody is there, "" when somebody is."""
    host, port = parse_address(address)
    try:
        async with asyncio.timeout(_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no answer within {_LIMIT_S:g} s"
    except OSError as error:
        return f"cannot connect ({os_words(error)})"
    try:
        # an adbd that takes one host has forgotten this one once it hung up, too
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_GOODBYE_S):
                writer.write_eof()
                while await reader.read(4096):
                    pass
    finally:
        writer.transport.abort()
    return ""
