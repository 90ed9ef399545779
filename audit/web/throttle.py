"""How often somebody may try to get in: after a few failures, ever longer waits."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

_MOST_DOUBLINGS = 16


class Throttle:
    """Counts failures under names of any kind; remembers the latest *most* of them.

    free: failures before there is a wait; longest_s: of the waits, and how long a failure is remembered
    after one of them; now: monotonic, in seconds
    """

    def __init__(
        self,
        *,
        free: int,
        longest_s: float = 300.0,
        most: int = 4096,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._longest_s, self._most, self._now = free, longest_s, most, now
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """How long *key* must wait before it may try, 0 = not at all."""
        failures, until = self._failed.get(key, (0, 0.0))
        return max(0.0, until - self._now()) if failures > self._free else 0.0

    def failed(self, key: str) -> None:
        """Count a try, before it is known how it ends: many at once are no way around."""
        now = self._now()
        failures, until = self._failed.pop(key, (0, now))
        failures = 1 if now - until > self._longest_s else failures + 1
        over = min(max(failures - self._free - 1, 0), _MOST_DOUBLINGS)
        pause = min(2.0**over, self._longest_s) if failures > self._free else 0.0
        self._failed[key] = (failures, now + pause)
        while len(self._failed) > self._most:
            self._failed.popitem(last=False)

    def forget(self, keys: Iterable[str]) -> None:
        """It went well."""
        for key in keys:
            self._failed.pop(key, None)

    def __len__(self) -> int:
        return len(self._failed)


def network_of(address: str) -> str:
    """What is counted as one visitor: an IPv4 address, or the /64 an IPv6 one is in (RFC 4291, 2.5.4)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None:
        return str(mapped)
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
