"""Two wires joined by a chunker: what the wire tests drive."""

from __future__ import annotations

import random
from collections.abc import Iterable

from audit.adb.banner import DELAYED_ACK, HOST_FEATURES, Banner
from audit.adb.events import ConnectRequested, Event
from audit.adb.wire import Role, Wire

PHONE = Banner(
    kind="device", product="B2N_00WW", model="Nokia 7 plus", device="B2N_sprout", features=HOST_FEATURES
)
HOST = Banner(kind="host", features=HOST_FEATURES)


def without(banner: Banner, *features: str) -> Banner:
    """The same, less able."""
    return Banner(
        kind=banner.kind,
        product=banner.product,
        model=banner.model,
        device=banner.device,
        features=banner.features - set(features),
    )


def cut(data: bytes, rng: random.Random) -> Iterable[bytes]:
    """*data* in pieces of random length."""
    at = 0
    while at < len(data):
        take = rng.choice((1, 3, 24, 25, 100, 5000))
        yield data[at : at + take]
        at += take


class Pair:
    """A host and a device; `settle` carries bytes until both are silent and collects what happened."""

    def __init__(
        self,
        *,
        delayed_ack: bool = True,
        seed: int = 0,
        version: int = 0x01000001,
        max_data: int = 4096,
        window: int = 1000,
    ) -> None:
        phone = PHONE if delayed_ack else without(PHONE, DELAYED_ACK)
        self.host = Wire(Role.HOST, HOST, window=window)
        self.device = Wire(Role.DEVICE, phone, version=version, max_data=max_data, window=window)
        self.host_events: list[Event] = []
        self.device_events: list[Event] = []
        self._rng = random.Random(seed)  # noqa: S311 - chooses where to cut, not a secret

    def step(self) -> bool:
        """Carry what is queued, once each way; False when there was nothing."""
        up, down = self.host.data_to_send(), self.device.data_to_send()
        for piece in cut(up, self._rng):
            self.device_events += self.device.receive(piece)
        for piece in cut(down, self._rng):
            self.host_events += self.host.receive(piece)
        return bool(up or down)

    def settle(self) -> None:
        """Carry until both are silent."""
        while self.step():
            pass

    def connect(self) -> None:
        """Bring the connection up and forget the events of it."""
        self.host.connect()
        self.settle()
        assert isinstance(self.device_events[-1], ConnectRequested)
        self.device.accept_connection()
        self.settle()
        self.host_events.clear()
        self.device_events.clear()
