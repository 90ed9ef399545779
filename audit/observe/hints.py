"""What the operator should know before a watch, so that silence is not taken for innocence."""

from __future__ import annotations

from collections.abc import Iterator

from audit.observe.ask import Ask
from audit.observe.rungs import LADDER, SINK

WAITS_AFTER_BOOT_S = 60
RETRIES_EVERY_S = 3600
MOST_RETRIES = 10
"""Of the client of 2019, by its public source."""
LONG_ENOUGH_S = 180


def before(ask: Ask) -> Iterator[str]:
    """What is worth saying before the unit is looked at."""
    if ask.sink is not None:
        yield (
            f"The sink answers every name with {ask.sink.address} and every request with an empty 204: it"
            f" alters what a client hears. {LADDER[SINK].how}"
        )
    if ask.seconds < LONG_ENOUGH_S:
        yield (
            f"{ask.seconds:.0f} s is short: a client of the 2019 kind waits {WAITS_AFTER_BOOT_S} s after the"
            f" start and tries again every hour, {MOST_RETRIES} times at most. Watch {LONG_ENOUGH_S} s or"
            " longer, from the start of the unit on."
        )
    yield (
        "Such a client stays silent with a SIM it has registered before, while roaming, and with its switch"
        " off: put in a SIM this unit has not seen, and do not take silence for proof."
    )


def after_boot(up_s: float | None) -> str:
    """What the unit's time since its start, in seconds, means for this watch; "" where it means nothing."""
    if up_s is None or up_s < WAITS_AFTER_BOOT_S:
        return ""
    return (
        f"The unit started {_ago(up_s)} ago: the first minute after its start is over, and the next"
        " try of such a client may be an hour away. Restart the unit and watch it as soon as it answers, or"
        " toggle airplane mode while it is watched."
    )


def _ago(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
