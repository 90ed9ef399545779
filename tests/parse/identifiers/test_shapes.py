from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.flows import IdentifierKind
from audit.parse.identifiers.names import Holds, Part, holds
from audit.parse.identifiers.shapes import canonical, check_digit, checked, core, luhn, shown, swap_nibbles

K = IdentifierKind


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("490154203237518", True),  # 3GPP TS 23.003 annex B's example
        ("490154203237517", False),
        ("79927398713", True),  # the usual example of Luhn's
        ("0", True),
    ],
)
def test_check_digits(digits: str, right: bool) -> None:
    """By the standards' own examples."""
    assert luhn(digits) is right


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_exactly_one_digit_is_right(digits: str) -> None:
    """Of the ten that may follow."""
    assert [d for d in "0123456789" if luhn(digits + d)] == [check_digit(digits)]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (K.IMEI, "49-015420-323751-8", "490154203237518"),
        (K.IMEI, "49015420323751", "490154203237518"),
        (K.IMEI, "4901542032375101", "490154203237518"),
        (K.IMEI, "490154203237517", "490154203237517"),
        (K.IMEI, "4901542032375", None),
        (K.IMEI, "49015420323751٨", None),
        (K.MEID, "AF 012345 0ABCDE", "af0123450abcde"),
        (K.MEID, "293608736500703710", "af0123450abcde"),
        (K.MEID, "999999999999999999", None),
        (K.ESN, "12810646465", "80a273c1"),
        (K.ESN, "80A273C1", "80a273c1"),
        (K.ESN, "80000000", None),
        (K.IMSI, "460001234567890", "460001234567890"),
        (K.IMSI, "160001234567890", None),
        (K.IMSI, "460000000000000", None),
        (K.ICCID, "8986 0318 7601 2345 6789f", "89860318760123456789"),
        (K.ICCID, "98683081671032547698", "89860318760123456789"),
        (K.ICCID, "79860318760123456789", None),
        (K.MAC, "A4-50-46-12-9F-3C", "a45046129f3c"),
        (K.MAC, "a4,50,46,12,9f,3c", "a45046129f3c"),
        (K.MAC, "a5:50:46:12:9f:3c", None),
        (K.ANDROID_ID, "51B6BE48BAC8C569", "51b6be48bac8c569"),
        (K.ANDROID_ID, "51b6be48bac", None),
        (K.SERIAL, "FAKE0002", "fake0002"),
        (K.SERIAL, "ABCDEFGH", None),
        (K.SERIAL, "../etc/1", None),
        (K.PHONE, "+86 139-1234-5678", "8613912345678"),
        (K.PHONE, "0086 13912345678", "8613912345678"),
        (K.PHONE, "112", None),
        (K.CELL, "4301-20986", "4301-20986"),
        (K.CELL, "65535", None),
        (K.POSITION, "39.9042,116.4074", "39.9042,116.4074"),
        (K.POSITION, "99.9042,116.4074", None),
        (K.POSITION, "39.9042,196.4074", None),
        (K.DEVICE_ID, "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        (K.DEVICE_ID, "x" * 80 + "1", None),
    ],
)
def test_normal_forms(kind: K, text: str, value: str | None) -> None:
    """All spellings of one value are one; what has not the shape is none."""
    assert canonical(kind, text) == value


@given(st.sampled_from(list(K)), st.text(max_size=70))
def test_no_text_raises_and_a_normal_form_is_its_own(kind: K, text: str) -> None:
    """Whatever a unit states."""
    checked(kind, text)
    value = canonical(kind, text)
    if value is not None:
        assert canonical(kind, value) == value
        assert value.startswith(core(kind, value))


@given(st.text(max_size=70))
def test_what_is_shown_is_never_all(text: str) -> None:
    """Six characters at most, of short values none, and the length."""
    begin, _, end = shown(text).rpartition("…")
    assert text.startswith(begin)
    end, _, size = end.rpartition(" (")
    assert text.endswith(end)
    assert size == f"{len(text)})"
    assert len(begin) + len(end) <= len(text) // 2


@given(st.from_regex(r"(?:[0-9a-f]{2}){0,12}", fullmatch=True))
def test_swapped_twice_is_as_before(text: str) -> None:
    """The two halves of each byte change places."""
    assert swap_nibbles(swap_nibbles(text)) == text


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("imei", K.IMEI),
        ("IMEI_1", K.IMEI),
        ("device.imei2", K.IMEI),
        ("imei_md5", K.IMEI),
        ("SIM1CDMAIMSI", K.IMSI),
        ("SIM1ICCID", K.ICCID),
        ("icc_id", K.ICCID),
        ("simSerialNumber", K.ICCID),
        ("MEID", K.MEID),
        ("android-id", K.ANDROID_ID),
        ("androidId", K.ANDROID_ID),
        ("ro.serialno", K.SERIAL),
        ("serialNumber", K.SERIAL),
        ("wifi_mac", K.MAC),
        ("wlanMacAddress", K.MAC),
        ("mac", K.MAC),
        ("deviceId", K.DEVICE_ID),
        ("phoneNumber", K.PHONE),
        ("msisdn", K.PHONE),
        ("cellId", Part.CELL),
        ("lac", Part.AREA),
        ("gps_lat", Part.LATITUDE),
        ("lng", Part.LONGITUDE),
        ("mcc", None),
        ("mnc", None),
        ("sn", None),
        ("id", None),
        ("bssid", None),
        ("hmac", None),
        ("gmac", None),
        ("machine", None),
        ("flat", None),
        ("translate", None),
        ("salon", None),
        ("imeiCheckEnabled", None),
        ("phone_type", None),
        ("", None),
    ],
)
def test_names(key: str, kind: Holds | None) -> None:
    """What fields of identifiers are called, and names that only look alike."""
    assert holds(key) == kind
