"""What names the unit and its SIM, as far as its shell is told: ``service call``, ``ip``, ``content``, dumps.

Sources: AOSP IPhoneSubInfo.aidl of Android 7, 10 and 12 (transactions are numbered in their order),
libbinder Parcel.cpp and TextOutput (``hexDump``), SubscriptionInfo.java (``givePrintableIccid``), iproute2
ip/ipaddress.c, ``cmds/content``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.living import IdentitySpec
from audit.lab.shell import Answer
from audit.lab.spec import UnitSpec

_PACKAGE = "com.android.shell"
_ONE_GROUP, _WITH_FEATURES = 28, 30
"""Android 9 took a call out (``getGroupIdLevel1``), 11 put some in that also take the caller's feature."""
_SIM_TABLE_HIDDEN = 30

_Value = Callable[[IdentitySpec, int], str]


def _imei(of: IdentitySpec, slot: int) -> str:
    return of.imei[slot] if 0 <= slot < len(of.imei) else ""


_FIRST: _Value = lambda of, _slot: _imei(of, 0)  # noqa: E731  # a row of the table below
_IMSI: _Value = lambda of, _slot: of.imsi  # noqa: E731
_ICCID: _Value = lambda of, _slot: of.iccid  # noqa: E731
_NUMBER: _Value = lambda of, _slot: of.number  # noqa: E731
_OREO: dict[int, _Value] = {
    1: _FIRST, 3: _imei, 4: _FIRST, 7: _IMSI, 8: _IMSI, 11: _ICCID, 12: _ICCID, 13: _NUMBER, 14: _NUMBER,
}  # fmt: skip
_PIE: dict[int, _Value] = {
    1: _FIRST, 3: _imei, 4: _FIRST, 7: _IMSI, 8: _IMSI, 10: _ICCID, 11: _ICCID, 12: _NUMBER, 13: _NUMBER,
}  # fmt: skip
_NEW: dict[int, _Value] = {
    1: _FIRST, 2: _FIRST, 4: _imei, 5: _FIRST, 8: _IMSI, 9: _IMSI, 10: _IMSI, 12: _ICCID, 13: _ICCID,
    14: _ICCID, 15: _NUMBER, 16: _NUMBER,
}  # fmt: skip


def service(caller: Caller, args: Args) -> Answer:
    """``service call iphonesubinfo CODE [i32 N] [s16 TEXT]…`` and ``service check NAME``."""
    match args:
        case ("check", name):
            there = name in ("iphonesubinfo", "package", "activity")
            return said(f"Service {name}: {'found' if there else 'not found'}\n")
        case ("call", "iphonesubinfo", code, *rest) if code.isdecimal():
            return said(_call(caller.unit, int(code), tuple(rest)))
        case ("call", name, *_):
            return said(f"service: Service {name} does not exist\n", 0)
        case _:
            return complained("Usage: service [-h|-?]\n", 10)


def _call(unit: UnitSpec, code: int, args: Args) -> str:
    table = _NEW if unit.sdk >= _WITH_FEATURES else _PIE if unit.sdk >= _ONE_GROUP else _OREO
    texts = [one for name, one in pairwise(args) if name == "s16"]
    numbers = [int(one) for name, one in pairwise(args) if name == "i32" and one.isdecimal()]
    if not texts or texts[0] != _PACKAGE:
        return parcel(struct.pack("<i", -1) + _string("Calling uid 2000 does not own the package it names"))
    value = table[code](unit.identity, numbers[0] if numbers else 0) if code in table else ""
    return parcel(struct.pack("<i", 0) + _string(value))


def _string(text: str) -> bytes:
    """A String16 of a parcel; "" stands for null here, as a unit without SIM answers."""
    if not text:
        return struct.pack("<i", -1)
    data = struct.pack("<i", len(text)) + text.encode("utf-16-le") + b"\0\0"
    return data + bytes(-len(data) % 4)


def parcel(data: bytes) -> str:
    """*data* as ``service`` prints a reply: words of the processor, and what of it can be printed."""
    if len(data) <= 8:
        return f"Result: Parcel({_words(data)}   '{_printable(data)}')\n"
    return "Result: Parcel(" + "".join(_dump(data)) + ")\n"


def _dump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 16):
        piece = data[at : at + 16]
        yield f"\n  0x{at:08x}: {_words(piece):<35} '{_printable(piece):<16}'"


def _words(data: bytes) -> str:
    return " ".join(f"{word:08x}" for (word,) in struct.iter_unpack("<I", data))


def _printable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def ip_command(caller: Caller, args: Args) -> Answer:
    """``ip [-o] link``: one line an interface."""
    words = [word for word in args if not word.startswith("-")]
    if words[:1] not in (["link"], ["l"]):
        return complained(f'Object "{" ".join(words[:1])}" is unknown, try "ip help".\n', 1)
    mac = caller.unit.identity.wlan_mac or "02:00:00:00:00:00"
    joint = "\\    " if "-o" in args else "\n    "
    default = "group default qlen"
    return said(
        f"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT {default} 1"
        f"{joint}link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
        f"10: wlan0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DORMANT {default} "
        f"3000{joint}link/ether {mac} brd ff:ff:ff:ff:ff:ff\n"
    )


def content(caller: Caller, args: Args) -> Answer:
    """``content query --uri content://telephony/siminfo``, which Android 11 and later refuse the shell."""
    if args[:1] != ("query",) or "--uri" not in args[:-1]:
        return complained("[ERROR] Unsupported operation\n", 255)
    uri = args[args.index("--uri") + 1]
    if uri != "content://telephony/siminfo":
        provider = uri.removeprefix("content://").split("/")[0]
        return complained(f"[ERROR] Could not find provider: {provider}\n", 0)
    if caller.unit.sdk >= _SIM_TABLE_HIDDEN:
        return complained(
            "Error while accessing provider:telephony\n"
            "java.lang.SecurityException: No permission to access SIM info table\n",
            0,
        )
    of = caller.unit.identity
    if not of.iccid:
        return said("No result found.\n")
    columns = {
        "_id": "1",
        "icc_id": of.iccid,
        "sim_id": "0",
        "display_name": "SIM",
        "carrier_name": "Lab",
        "number": of.number,
        "mcc": of.imsi[:3],
        "mnc": of.imsi[3:5].lstrip("0"),
    }
    wanted = args[args.index("--projection") + 1].split(":") if "--projection" in args[:-1] else list(columns)
    unknown = [name for name in wanted if name not in columns]
    if unknown:
        return complained(
            "Error while accessing provider:telephony\n"
            f"java.lang.IllegalArgumentException: Invalid column {unknown[0]}\n",
            0,
        )
    return said(f"Row: 0 {', '.join(f'{name}={columns[name]}' for name in wanted)}\n")


def isub(caller: Caller, _args: Args) -> Answer:
    """``dumpsys isub``: the ICCID's first nine digits."""
    of = caller.unit.identity
    head = "SubscriptionController:\n mLastISubServiceRegTime=-1d\n defaultSubId=1\n"
    if not of.iccid:
        return said(f"{head} ActiveSubInfoList: is null\n")
    shown = f"{of.iccid[:9]}[****]"
    return said(
        f"{head}++++++++++++++++++++++++++++++++\n ActiveSubInfoList:\n"
        f"  {{id=1, iccId={shown} simSlotIndex=0 displayName=SIM carrierName=Lab nameSource=0}}\n"
    )


def iphonesubinfo(caller: Caller, _args: Args) -> Answer:
    """``dumpsys iphonesubinfo``: a device id up to Android 4.4, nothing of the kind since."""
    device = _imei(caller.unit.identity, 0) or "null" if caller.unit.sdk < 21 else "null"
    return said(f"Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {device}\n")
