"""When a unit's packages talk, and what of it the kernel and the daemons can tell at a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.lab.living import TalkSpec
from audit.model.record import record

TIME_WAIT_S = 60.0
"""How long a closed TCP connection is still listed (TCP_TIMEWAIT_LEN)."""
CONNECTING_S = 0.3
"""How long a connection is tried before its peer answered; for one with `TalkSpec.refused`, for ever."""
_FIRST_LOCAL_PORT = 41_000
_FIRST_INODE = 18_000


@record
class Sent:
    """A broadcast. package: the only one it was for, "" = all; at_s: since somebody first looked."""

    action: str
    package: str
    at_s: float


@record
class Talk:
    """One conversation that has begun. began_s: since somebody first looked; number: among all there are."""

    spec: TalkSpec
    began_s: float
    number: int

    @property
    def local_port(self) -> int:
        """The unit's end."""
        return _FIRST_LOCAL_PORT + 2 * self.number

    @property
    def inode(self) -> int:
        """Of its socket."""
        return _FIRST_INODE + self.number

    def state(self, now_s: float) -> str:
        """``SYN_SENT``, ``ESTABLISHED``, ``TIME_WAIT``; "" once nothing is listed any more."""
        age, tcp = now_s - self.began_s, self.spec.protocol.startswith("tcp")
        if age >= self.spec.for_s + (TIME_WAIT_S if tcp and not self.spec.refused else 0.0):
            return ""
        if age >= self.spec.for_s:
            return "TIME_WAIT"
        connecting = self.spec.refused or age < min(CONNECTING_S, self.spec.for_s / 2)
        return "SYN_SENT" if tcp and connecting else "ESTABLISHED"


def begun(talks: Sequence[TalkSpec], sent: Sequence[Sent], now_s: float) -> tuple[Talk, ...]:
    """The conversations that have begun by *now_s*, in the order they did."""
    found = [
        Talk(spec=spec, began_s=began, number=number)
        for number, (spec, began) in enumerate(
            (spec, began) for spec in talks for began in _beginnings(spec, sent)
        )
        if began <= now_s
    ]
    return tuple(sorted(found, key=lambda talk: talk.began_s))


def _beginnings(spec: TalkSpec, sent: Sequence[Sent]) -> Iterator[float]:
    """Since the first look, or since each broadcast it waits for."""
    if not spec.on:
        yield spec.after_s
        return
    for one in sent:
        if one.action == spec.on and one.package in ("", spec.package):
            yield one.at_s + spec.after_s
