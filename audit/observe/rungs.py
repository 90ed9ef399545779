"""The ladder: the ways of watching without root, in the order of what they prove, each with what it cannot.

One table, so that a report, the help and the live view say the same of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.model.record import record
from audit.parse.observations.witnesses import WITNESSES

SINK, CAPTURE, SOCKETS, DUMPS, NETWORK_LOG, BUGREPORT = (
    "sink",
    "capture",
    "sockets",
    "dumps",
    "network-log",
    "bugreport",
)


@record
class Step:
    """One way of watching. what: in words; how: to use it, where it is not part of every watch."""

    what: str
    proves: str
    leaves_open: str
    how: str


@record
class Rung:
    """What one way of watching gave in this watch. gave: count and words, or why it was not there."""

    name: str
    gave: str
    proves: str
    leaves_open: str


LADDER: Mapping[str, Step] = MappingProxyType(
    {
        SINK: Step(
            what="name server and listener of the station in the bench Wi-Fi",
            proves=WITNESSES["sink"].proves,
            leaves_open=WITNESSES["sink"].leaves_open,
            how="Give --sink the address of this station in the bench Wi-Fi, and let its access point hand"
            " that out as the only name server (DHCP option 6) without access to anything else. Turn Private"
            " DNS and mobile data of the unit off: what goes another way is not seen. The access point itself"
            " is not managed.",
        ),
        CAPTURE: Step(
            what="capture of the network, by the access point, a gateway or PCAPdroid",
            proves="Every contact with address, port and time, names asked for, requests in the clear with"
            " all that was in them, the server named by TLS; with PCAPdroid the app as well.",
            leaves_open="Which app it was, unless the recorder says so; traffic that did not pass the place"
            " of the capture; what goes through TLS.",
            how="Give --capture the file: pcap or pcapng, of tcpdump, Wireshark or PCAPdroid.",
        ),
        SOCKETS: Step(
            what="the kernel's lists of sockets, looked at again and again",
            proves=WITNESSES["sockets"].proves,
            leaves_open=WITNESSES["sockets"].leaves_open,
            how="Part of every watch of a connected unit; nothing has to be set up.",
        ),
        DUMPS: Step(
            what="the unit's own logs and counters, when the watch began and when it ended",
            proves="That a user id asked for names and when, how many bytes it moved in between, which"
            " broadcasts were delivered, which processes ran, and what was logged.",
            leaves_open="Where the bytes went; the names, which Android masks. Android before 13 adds its"
            " counters up rarely, so that no difference is no proof of silence; logs are short and hold what"
            " a build chooses to log.",
            how="Part of every watch of a connected unit; nothing has to be set up.",
        ),
        NETWORK_LOG: Step(
            what="network log of a device owner",
            proves=WITNESSES["network-log"].proves,
            leaves_open=WITNESSES["network-log"].leaves_open,
            how="Enrol the unit with a device owner that records network events (Android 8 on), and give"
            " --capture the file.",
        ),
        BUGREPORT: Step(
            what="list of sockets in a bug report",
            proves="That a user id had a connection to an address and port at one moment.",
            leaves_open="Everything before and after that moment; the name of the server and what was sent;"
            " which package it was where several share the user id.",
            how="Take one with `adb bugreport` and judge it: adb-audit judge bugreport.zip.",
        ),
    }
)


def rung(name: str, gave: str = "") -> Rung:
    """The rung *name* with what it gave; "" = it was not used, and how it would be."""
    step = LADDER[name]
    return Rung(
        name=name,
        gave=gave or f"not used: {step.how}",
        proves=step.proves,
        leaves_open=step.leaves_open,
    )
