"""What each way of watching proves, and what it leaves open: said by reports, help and live view alike."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.model.record import record


@record
class Witness:
    """Both in sentences."""

    proves: str
    leaves_open: str


WITNESSES: Mapping[str, Witness] = MappingProxyType(
    {
        "frida": Witness(
            proves="The names a hooked process asked for, where it connected and what it sent, by its calls.",
            leaves_open="Processes that were not hooked, calls past the hooked ones, and all before the hooks"
            " were in place.",
        ),
        "sink": Witness(
            proves="Which names the unit asked for and when, every request in the clear with all that was in"
            " it, and the server named by every TLS handshake.",
            leaves_open="Which app or user id it was; anything over mobile data, over another Wi-Fi, over a"
            " name server of the unit's own (Private DNS) or to a bare address; what goes through TLS. The"
            " answers are not the real server's: what a client does after one is not seen, and where the"
            " name really leads is not known.",
        ),
        "pcap": Witness(
            proves="Every contact with address, port and time, names asked for, requests in the clear with"
            " all that was in them, and the server named by TLS.",
            leaves_open="Which app it was; traffic that did not pass the place of the capture, such as mobile"
            " data; what goes through TLS.",
        ),
        "pcapdroid": Witness(
            proves="Every contact with address, port, time and app, names asked for, requests in the clear"
            " with all that was in them, and the server named by TLS.",
            leaves_open="Traffic from before its VPN was up or past it; which package it was where several"
            " share the user id; what goes through TLS.",
        ),
        "sockets": Witness(
            proves="That a user id had a connection to an address and port at that time.",
            leaves_open="The name of the server and what was sent; which package it was where several share"
            " the user id; sockets that lived shorter than from one look to the next; whose a connection was"
            " that is over (TIME_WAIT); what was sent over a socket without another end (UDP).",
        ),
        "network-log": Witness(
            proves="Names and addresses that each package asked for or connected to, those of the system"
            " included.",
            leaves_open="What was sent. Only a wiped unit can be enrolled, and what happened before is not in"
            " it.",
        ),
    }
)
_UNKNOWN = Witness(
    proves="What its events say.", leaves_open="Everything else: what it can see is not known."
)


def witness(observer: str) -> Witness:
    """What *observer* can tell; little is said of one that is not known."""
    return WITNESSES.get(observer, _UNKNOWN)
