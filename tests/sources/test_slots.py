from __future__ import annotations

import asyncio

from audit.sources.slots import Slots


def run_order(ranks: list[int], size: int) -> list[int]:
    """The ranks in the order in which they got a slot, all having asked in the same moment."""

    async def all_of_them() -> list[int]:
        slots = Slots(size)
        order: list[int] = []

        async def one(rank: int) -> None:
            async with slots.take(rank):
                order.append(rank)
                await asyncio.sleep(0.001)

        await asyncio.gather(*map(one, ranks))
        return order

    return asyncio.run(all_of_them())


def test_the_most_urgent_goes_first_whenever_it_asked() -> None:
    """Not who came first, but what the rest waits for."""
    assert run_order([3, 1, 2, 3, 1], 1) == [1, 1, 2, 3, 3]
    assert sorted(run_order([3, 1, 2, 0], 2)[:2]) == [0, 1]


def test_who_is_cancelled_while_waiting_takes_no_slot_along() -> None:
    """A slot that was promised to a cancelled command goes to the next one."""

    async def cancelled() -> None:
        slots = Slots(1)

        async def hold(seconds: float) -> None:
            async with slots.take(0):
                await asyncio.sleep(seconds)

        holder = asyncio.create_task(hold(0.01))
        await asyncio.sleep(0.001)
        waiter = asyncio.create_task(hold(0))
        await asyncio.sleep(0.001)
        waiter.cancel()
        await holder
        await asyncio.wait_for(hold(0), 1.0)

    asyncio.run(cancelled())


def test_who_is_cancelled_in_the_moment_it_is_handed_one_gives_it_back() -> None:
    """Between being handed a slot and running, a command can still be cancelled."""

    async def cancelled() -> None:
        slots = Slots(1)

        async def hold() -> None:
            async with slots.take(0):
                await asyncio.sleep(60)

        task = asyncio.create_task(hold())
        await asyncio.sleep(0)  # it asks
        asyncio.get_running_loop().call_soon(task.cancel)  # right after the slot is handed out
        await asyncio.wait([task])
        async with asyncio.timeout(1.0), slots.take(0):
            pass

    asyncio.run(cancelled())
