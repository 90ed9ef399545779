from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Artifact, Kind, Topic
from audit.model.facts import Property, Setting
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.parse.identifiers.own import Told, read_identity

K = IdentifierKind
_IMEI = "358673091234569"


def words(data: bytes) -> str:
    """*data* as ``service`` prints a reply."""
    lines = []
    for at in range(0, len(data), 16):
        piece = data[at : at + 16]
        row = " ".join(f"{word:08x}" for (word,) in struct.iter_unpack("<I", piece))
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"  0x{at:08x}: {row:<35} '{shown:<16}'")
    return "Result: Parcel(\n" + "\n".join(lines) + ")\n"


def reply(text: str, code: int = 0) -> str:
    """A reply of one string, or an exception with its message."""
    data = struct.pack("<ii", code, len(text)) + text.encode("utf-16-le") + b"\0\0"
    return words(data + bytes(-len(data) % 4))


def answer(way: str | None, text: str, **more: object) -> Artifact:
    """An answer to one way of asking."""
    fields: dict[str, object] = {"exit_code": 0, "origin": way or "x"} | more
    return Artifact(kind=Kind.IDENTITY, argument=way, data=text.encode(), **fields)  # type: ignore[arg-type]  # a table of keywords


def told(*artifacts: Artifact, **properties: str) -> Told:
    """What is read of them; a property's dots are written as two underscores."""
    named = {
        name.replace("__", "."): Property(name=name.replace("__", "."), value=value, origin="getprop")
        for name, value in properties.items()
    }
    return read_identity(artifacts, named, ())


def values(read: Told) -> list[tuple[K, str]]:
    """Kind and value of each."""
    return [(one.kind, one.value) for one in read.identifiers]


_NULL = "Result: Parcel(00000000 ffffffff   '........')\n"


@pytest.mark.parametrize(
    ("way", "text", "expected"),
    [
        ("iphonesubinfo imei", reply(_IMEI), (K.IMEI, _IMEI)),
        ("iphonesubinfo imei 2", reply(_IMEI), (K.IMEI, _IMEI)),
        ("iphonesubinfo imei", reply(_IMEI).replace("\n", "\r\n"), (K.IMEI, _IMEI)),
        ("iphonesubinfo imei", "Result: Parcel(" + reply(_IMEI).partition("\n")[2], (K.IMEI, _IMEI)),
        ("iphonesubinfo imei", reply("A1000012345678"), (K.MEID, "a1000012345678")),
        ("iphonesubinfo imsi", reply("460030912121001"), (K.IMSI, "460030912121001")),
        ("iphonesubinfo iccid", reply("89860318760123456789"), (K.ICCID, "89860318760123456789")),
        # another Android numbers its transactions otherwise: the shape decides
        ("iphonesubinfo iccid", reply(_IMEI), (K.IMEI, _IMEI)),
        ("iphonesubinfo imsi", reply("89860318760123456789"), (K.ICCID, "89860318760123456789")),
        (None, reply(_IMEI), (K.IMEI, _IMEI)),
        ("siminfo", "Row: 0 icc_id=89860318760123456789, sim_id=0\n", (K.ICCID, "89860318760123456789")),
        (None, "Row: 0 _id=1, icc_id=89860318760123456789F, a=b\n", (K.ICCID, "89860318760123456789")),
        ("wlan-address", "a4:50:46:12:9f:3c\n", (K.MAC, "a45046129f3c")),
        (
            "ip-link",
            "3: wlan0: <UP> mtu 1500 qdisc mq\\    link/ether a4:50:46:12:9f:3c brd ff:ff:ff:ff:ff:ff\n",
            (K.MAC, "a45046129f3c"),
        ),
        (
            "ip-link",
            (
                "1: lo: <UP> mtu 9\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
                "2: dummy0: <UP> mtu 9\n    link/ether 5e:11:22:33:44:55 brd ff:ff:ff:ff:ff:ff\n"
                "3: wlan0: <UP> mtu 9\n    link/ether a4:50:46:12:9f:3c brd ff:ff:ff:ff:ff:ff\n"
            ),
            (K.MAC, "a45046129f3c"),
        ),
        ("isub", " {id=1, iccId=89860318760123456789 simSlotIndex=0}\n", (K.ICCID, "89860318760123456789")),
        (
            "dumpsys-iphonesubinfo",
            f"Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {_IMEI}\n",
            (K.IMEI, _IMEI),
        ),
        ("given", f"imei={_IMEI[:2]}-{_IMEI[2:]}\n", (K.IMEI, _IMEI)),
        ("given", "android_id = 51b6be48bac8c569\n", (K.ANDROID_ID, "51b6be48bac8c569")),
        ("given", "serial=B2NGAB8C1234\n", (K.SERIAL, "B2NGAB8C1234")),
    ],
)
def test_answers_of_units(way: str | None, text: str, expected: tuple[K, str]) -> None:
    """Each way of asking, in the forms Android's versions answer in."""
    read = told(answer(way, text))
    assert values(read) == [expected]
    assert read.gaps == ()
    assert read.unread == ()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ro.serialno", "B2NGAB8C1234", [(K.SERIAL, "B2NGAB8C1234")]),
        ("ril.gsm.imei", f"{_IMEI},359999900001025", [(K.IMEI, _IMEI), (K.IMEI, "359999900001025")]),
        ("persist.vendor.radio.imei2", "359999900001025", [(K.IMEI, "359999900001025")]),
        ("ril.cdma.meid", "A1000012345678", [(K.MEID, "a1000012345678")]),
        ("ro.boot.macinfo", "a4,50,46,12,9f,3c", [(K.MAC, "a45046129f3c")]),
        (
            "ro.boot.wifimacaddr",
            "A4:50:46:12:9F:3C,A4:50:46:12:9F:3E",
            [(K.MAC, "a45046129f3c"), (K.MAC, "a45046129f3e")],
        ),
        ("ril.iccid.sim1", "N/A", []),
        ("ro.imei.check", "yes", []),
        ("persist.sys.other.imei", _IMEI, []),
        ("ro.serialno", "unknown", []),
    ],
)
def test_properties(name: str, value: str, expected: list[tuple[K, str]]) -> None:
    """Names that makers use, no others; without a question there is no gap."""
    read = read_identity((), {name: Property(name=name, value=value, origin="getprop")}, ())
    assert values(read) == expected
    assert read.gaps == ()
    assert all(one.origin == f"getprop ({name})" for one in read.identifiers)


def test_settings() -> None:
    """The Android id, from the table it stands in and no other."""
    rows = [
        Setting(namespace=space, name="android_id", value="51b6be48bac8c569", origin=space)
        for space in ("global", "secure")
    ]
    (one,) = read_identity((), {}, rows).identifiers
    assert one == OwnIdentifier(kind=K.ANDROID_ID, value="51b6be48bac8c569", origin="secure (android_id)")


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (
            answer("iphonesubinfo imei", reply("getDeviceId: The user 2000 does not meet", -1)),
            "security reasons",
        ),
        (answer("iphonesubinfo imei", "service: Service iphonesubinfo does not exist\n"), "not running"),
        (answer("iphonesubinfo imei", _NULL), "told no IMEI"),
        (
            answer("iphonesubinfo imei", "", stderr=b"sh: service: not found\n", exit_code=127),
            "not have the command",
        ),
        (answer("iphonesubinfo imei", reply(_IMEI)[:90]), "not understood"),
        (answer("iphonesubinfo imei", reply(_IMEI), truncated=True), "stopped before its end"),
        (answer("iphonesubinfo imei", reply("0")), "cannot be its IMEI"),
        (answer("iphonesubinfo imei", reply("000000000000000")), "cannot be its IMEI"),
        (answer("iphonesubinfo imei", reply("358673091234560")), "cannot be its IMEI"),
        (
            answer("siminfo", "Error while accessing provider:telephony\njava.lang.SecurityException: No\n"),
            "security",
        ),
        (answer("siminfo", "No result found.\n"), "told no ICCID"),
        (answer("wlan-address", "", stderr=b"cat: /sys/x: Permission denied\n", exit_code=1), "refused"),
        (answer("wlan-address", "02:00:00:00:00:00\n"), "cannot be its MAC"),
        (answer("isub", "iccId=898603187[****]\n"), "cannot be its ICCID"),
        (answer("given", "imei=1\n"), "cannot be its IMEI"),
        (answer("given", "imey=1\n"), "not understood"),
        (answer(None, ""), "is empty"),
    ],
)
def test_what_was_not_told_is_a_gap(artifact: Artifact, reason: str) -> None:
    """Refused, absent, cut or nonsense: one gap with its cure, and nothing is taken."""
    read = told(artifact)
    assert read.identifiers == ()
    (gap,) = read.gaps
    assert gap.topic is Topic.IDENTIFIERS
    assert reason in gap.reason
    assert gap.fix
    assert gap.origin == artifact.origin


def test_a_refusal_does_not_matter_where_another_way_tells() -> None:
    """The IMEI stands in a property, the MAC in another list."""
    read = told(
        answer("iphonesubinfo imei", reply("no", -1)),
        answer("wlan-address", "", stderr=b"cat: x: Permission denied\n", exit_code=1),
        answer("ip-link", "3: wlan0: <UP> mtu 9\\    link/ether a4:50:46:12:9f:3c brd ff:ff:ff:ff:ff:ff\n"),
        ro__ril__oem__imei=_IMEI,
    )
    assert values(read) == [(K.MAC, "a45046129f3c"), (K.IMEI, _IMEI)]
    assert read.gaps == ()


@pytest.mark.parametrize(("state", "gaps"), [("ABSENT,ABSENT", 0), ("", 0), ("LOADED,ABSENT", 1), (None, 1)])
def test_without_a_sim_there_is_none_to_tell(state: str | None, gaps: int) -> None:
    """An empty slot is an answer; a SIM whose number is kept back is a gap."""
    properties = {} if state is None else {"gsm__sim__state": state}
    assert len(told(answer("iphonesubinfo iccid", _NULL), **properties).gaps) == gaps


def test_two_refusals_of_one_kind_are_one_gap() -> None:
    """Two slots, and two ways to the ICCID: the cure is the same."""
    no = reply("no", -1)
    read = told(*(answer(way, no, origin=way) for way in ("iphonesubinfo imei", "iphonesubinfo imei 2")))
    assert len(read.gaps) == 1


def test_one_identifier_told_twice_is_one() -> None:
    """By the first who told it."""
    read = told(answer("iphonesubinfo imei", reply(_IMEI)), ril__gsm__imei=_IMEI)
    assert [one.origin for one in read.identifiers] == ["iphonesubinfo imei"]


def test_a_hostile_exception_is_cleaned() -> None:
    """What the unit says goes into a gap without what could act on a screen."""
    (gap,) = told(answer("iphonesubinfo imei", reply("\x1b[31mno\u202e", -1))).gaps
    assert "\x1b" not in gap.reason
    assert "\u202e" not in gap.reason


_WAYS = st.sampled_from(
    [
        None,
        "given",
        "siminfo",
        "isub",
        "ip-link",
        "wlan-address",
        "dumpsys-iphonesubinfo",
        "iphonesubinfo imei",
        "?",
    ]
)
_TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(max_size=40).map(reply),
    st.binary(max_size=80).map(lambda data: words(data[: len(data) // 4 * 4])),
    st.lists(
        st.sampled_from(["Row: 0 ", "icc_id=", "link/ether ", "1: wlan0: <", "Result: Parcel(", "0", "\n"])
    ).map("".join),
)


@given(st.lists(st.tuples(_WAYS, _TEXTS), max_size=4))
def test_no_answer_raises_and_nothing_taken_is_nonsense(asked: list[tuple[str | None, str]]) -> None:
    """Whatever a unit says; what is taken is long enough to be nobody else's."""
    read = told(*(answer(way, text) for way, text in asked))
    short = {K.CELL: 1, K.PHONE: 7}
    assert all(len(one.value) >= short.get(one.kind, 6) for one in read.identifiers)
    assert all(gap.reason and gap.fix for gap in read.gaps)


def test_a_flood_of_values_is_bounded() -> None:
    """A unit with a million IMEIs has as many as are looked for."""
    text = "\n".join(f"imsi=46000{number:010d}" for number in range(1_000_000, 1_020_000))
    assert len(told(answer("given", text)).identifiers) == 64
