from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json

import pytest

from audit.model.flows import Certainty, IdentifierKind, OwnIdentifier
from audit.parse.identifiers.scan import MOST_FOUND, Scanner, scan
from tests.parse.identifiers.house import KEY, OWN, VALUES, WRAPS, Wrap, exact, look, stranger

K = IdentifierKind
_2019 = json.dumps(
    {
        "REGVER": "8.0",
        "MEID": VALUES[K.MEID],
        "MODEL": "HMD-TA-1055",
        "SIM1CDMAIMSI": VALUES[K.IMSI],
        "UETYPE": "2",
        "SIM1ICCID": VALUES[K.ICCID],
        "IMEI1": VALUES[K.IMEI],
        "CELL": {"lac": 9527, "cellid": 20986},
    }
).encode()


@pytest.mark.parametrize(
    ("data", "where", "key"),
    [
        (b"http://a.example/r?imei=%d&x=1", "body > form", "imei"),
        (b'{"a":{"imei":"%d"}}', "body > json", "imei"),
        (b'{"a":[{"imei1": %d }]}', "body > json", "imei1"),
        (b'"{\\"IMEI\\":\\"%d\\"}"', "body > json", "IMEI"),
        (b"<imei>%d</imei>", "body > xml", "imei"),
        (b'<string name="imei">%d</string>', "body > xml", "imei"),
        (b'<phone imei="%d"/>', "body > xml", "imei"),
        (b"model=x;imei=%d;a=b", "body > form", "imei"),
        (b"Cookie: a=b; uid=%d\r\n", "body > form", "uid"),
        (b"IMEI: %d", "body", "IMEI"),
        (b"nothing names it %d here", "body", ""),
    ],
)
def test_where_an_identifier_stands(data: bytes, where: str, key: str) -> None:
    """The way to it and the name of its field are told, whatever format it is in."""
    (caught,) = look(data % int(VALUES[K.IMEI])).found
    assert (caught.kind, caught.certainty) == (K.IMEI, Certainty.EXACT)
    assert (caught.where, caught.key) == (where, key)
    assert caught.shown == "3586…69 (15)"


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [
        (K.IMEI, "35-867309-123456-9"),
        (K.IMEI, "35 867309 123456 9"),
        (K.IMEI, "35867309123456"),
        (K.IMEI, "3586730912345678"),
        (K.IMEI, "358673091234560"),
        (K.IMEI, "3.58673091234569E14"),
        (K.IMEI, "a358673091234569_b"),
        (K.MEID, "a1000012345678"),
        (K.MEID, "270113179403430008"),
        (K.ICCID, "8986031876012345678"),
        (K.ICCID, "8986 0318 7601 2345 6789"),
        (K.ICCID, "89860318760123456789F"),
        (K.ICCID, "98683081671032547698"),
        (K.MAC, "A4-50-46-12-9F-3C"),
        (K.MAC, "A45046129F3C"),
        (K.MAC, "a450.4612.9f3c"),
        (K.ANDROID_ID, "51B6BE48BAC8C569"),
        (K.SERIAL, "b2ngab8c1234"),
        (K.PHONE, "8613912345678"),
        (K.IMSI, "4600 3091 2121 001"),
    ],
)
def test_spellings_of_one_identifier_are_the_same(kind: K, spelled: str) -> None:
    """Separators, case, check digit or software version: one identifier, one HMAC."""
    plain = next(one for one in look(VALUES[kind].encode(), key=KEY).found if one.kind is kind)
    other = next(one for one in look(b"x=" + spelled.encode(), key=KEY).found if one.kind is kind)
    assert other.certainty is Certainty.EXACT
    assert other.hmac == plain.hmac


@pytest.mark.parametrize("name", WRAPS)
def test_each_way_of_wrapping(name: str) -> None:
    """What the client of 2019 told, through every encoding: all that names the unit is found."""
    assert {K.IMEI, K.MEID, K.IMSI, K.ICCID} <= exact(look(WRAPS[name](_2019)))


@pytest.mark.parametrize("name", WRAPS)
def test_what_a_stranger_sends_is_surely_named(name: str) -> None:
    """Without any known value the check digit and the name are left: HIGH, in every encoding."""
    found = {one.kind: one for one in stranger(WRAPS[name](_2019))}
    assert found[K.IMEI].certainty is found[K.ICCID].certainty is Certainty.HIGH
    assert found[K.IMSI].certainty is found[K.MEID].certainty is found[K.CELL].certainty is Certainty.MEDIUM
    assert found[K.ICCID].key == "SIM1ICCID"


def test_three_encodings_deep_is_not_looked_for() -> None:
    """Two levels are undone; what is deeper was not looked at, and nothing claims it was."""
    once: Wrap = gzip.compress
    assert exact(look(base64.b64encode(once(_2019))))
    assert not exact(look(once(base64.b64encode(once(_2019)))))


def test_url_encoding_comes_on_top() -> None:
    """A form escapes what base64 needs; that is no level of its own."""
    body = b"data=" + WRAPS["url"](base64.b64encode(gzip.compress(_2019)))
    (caught,) = (one for one in look(body).found if one.kind is K.ICCID)
    assert caught.where == "body > url > base64 > gzip > json"


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("kind", [K.IMEI, K.MAC, K.ANDROID_ID, K.SERIAL])
def test_a_hash_of_an_identifier_is_the_identifier(name: str, kind: K) -> None:
    """There are so few IMEIs that whoever has its hash has it; *where* tells that it was one."""
    digest = hashlib.new(name, VALUES[kind].encode(), usedforsecurity=False)
    for data in (digest.hexdigest(), digest.hexdigest().upper(), base64.b64encode(digest.digest()).decode()):
        (caught,) = look(b'{"x":"%b"}' % data.encode()).found
        assert (caught.kind, caught.certainty) == (kind, Certainty.EXACT)
        assert caught.where.endswith(f"> {name}")


def test_a_stranger_s_hash_needs_its_name() -> None:
    """Of an unknown value a hash says nothing, but in a field called imei it stands for one."""
    digest = hashlib.md5(b"867530021234567", usedforsecurity=False).hexdigest()
    (caught,) = stranger(f"imei_md5={digest}&z=1".encode())
    assert (caught.kind, caught.certainty, caught.key) == (K.IMEI, Certainty.MEDIUM, "imei_md5")
    assert not stranger(f"token={digest}".encode())


@pytest.mark.parametrize(
    ("data", "kind", "certainty"),
    [
        ("imei=867530021234560", K.IMEI, Certainty.HIGH),
        ("imei=86-753002-123456-0", K.IMEI, Certainty.HIGH),
        ("imei=867530021234561", K.IMEI, Certainty.MEDIUM),
        ("imeisv=8675300212345601", K.IMEI, Certainty.MEDIUM),
        ("x=867530021234560", K.IMEI, Certainty.MEDIUM),
        ("deviceId=867530021234560", K.IMEI, Certainty.MEDIUM),
        ("x=89860318760123456789", K.ICCID, Certainty.MEDIUM),
        ("meid=A1000099999999", K.MEID, Certainty.MEDIUM),
        ("esn=80a1b2c3", K.ESN, Certainty.MEDIUM),
        ("imsi=460001234567890", K.IMSI, Certainty.MEDIUM),
        ("iccid=89860318760123456789", K.ICCID, Certainty.HIGH),
        ("sim_serial=89860318760123456789", K.ICCID, Certainty.HIGH),
        ("iccid=98683081671032547698", K.ICCID, Certainty.HIGH),
        ("serialno=ZY22ABCD12", K.SERIAL, Certainty.MEDIUM),
        ("wifi_mac=a4:50:46:12:9f:3c", K.MAC, Certainty.MEDIUM),
        ("mac=a45046129f3c", K.MAC, Certainty.MEDIUM),
        ("android_id=51b6be48bac8c569", K.ANDROID_ID, Certainty.MEDIUM),
        ("msisdn=%2B8613912345678", K.PHONE, Certainty.MEDIUM),
        ("device_id=ab12-cd34-ef56", K.DEVICE_ID, Certainty.MEDIUM),
        ("lac=4301&cid=20986", K.CELL, Certainty.MEDIUM),
        ("cell_id=20986", K.CELL, Certainty.MEDIUM),
        ("lat=39.9042&lng=116.4074", K.POSITION, Certainty.MEDIUM),
        ('{"latitude":-33.8688,"longitude":151.2093}', K.POSITION, Certainty.MEDIUM),
        ("imei=ODY3NTMwMDIxMjM0NTYw", K.IMEI, Certainty.MEDIUM),
        ("imei=383637353330303231323334353630", K.IMEI, Certainty.HIGH),
        ('{"name":"imei","value":"867530021234560"}', K.IMEI, Certainty.HIGH),
    ],
)
def test_without_a_known_value(data: str, kind: K, certainty: Certainty) -> None:
    """Check digit and name are HIGH, either is MEDIUM; kinds without a check digit are MEDIUM at most."""
    (caught,) = stranger(data.encode())
    assert (caught.kind, caught.certainty) == (kind, certainty)


@pytest.mark.parametrize(
    "data",
    [
        "imei=000000000000000",
        "imei=123456789012347",
        "imei=111111111111119",
        "imei=358240051111110",
        "imei=unknown",
        "imei=null&imsi=&meid=0",
        "imsi=310260000000000",
        "iccid=89014103211118510720",
        "mac=02:00:00:00:00:00",
        "mac=ff:ff:ff:ff:ff:ff",
        "mac=00:00:00:00:00:00",
        "mac=01:00:5e:00:00:fb",
        "android_id=9774d56d682e549c",
        "serial=unknown",
        "serial=0123456789ABCDEF",
        "meid=00000000000000",
        "lat=0.000&lng=0.000",
        "lat=39.9042",
        "lat=39.9042&x=" + "y" * 300 + "&lng=116.4074",
        "lac=4301&mcc=460&mnc=0",
        "cid=20986&campaign=1",
        "cell_id=-1&lac=65535",
        "mcc=460&mnc=00",
        "machine=a45046129f3c",
        "serialization=ZY22ABCD12",
        "ts=1690000000000&id=460001234567890",
        "x=a45046129f3c&y=51b6be48bac8c569",
        "x=358673091234562",
        "a=8613912345678",
    ],
)
def test_what_is_no_identifier(data: str) -> None:
    """Placeholders, shapes alone, and names of other things are nothing."""
    assert stranger(data.encode()) == ()


@pytest.mark.parametrize(
    "value", ["0", "a", "", "1234567", "unknown", "00000000", "0123456789abcdef", "http"]
)
@pytest.mark.parametrize("kind", list(K))
def test_a_hostile_unit_s_name_is_not_looked_for(kind: K, value: str) -> None:
    """A unit that calls itself "0" is not found in everything."""
    known = OwnIdentifier(kind=kind, value=value, origin="test")
    assert not exact(look(b'{"a":0,"http":"1234567","x":"unknown 00000000 0123456789abcdef"}', known))


def test_a_serial_number_is_a_word_of_its_own() -> None:
    """Within another word it may be anybody's."""
    known = OwnIdentifier(kind=K.SERIAL, value="ZY22AB", origin="test")
    assert exact(look(b"/v1/ZY22AB/x", known)) == {K.SERIAL}
    assert not exact(look(b"/v1/qZY22ABx/x", known))


def test_many_known_values_are_bounded() -> None:
    """A unit does not get to choose how much is looked for, and its first values still count."""
    known = [OwnIdentifier(kind=K.IMSI, value=str(460001000000001 + i), origin="") for i in range(100_000)]
    assert exact(scan(b"imsi=460001000000001", known, key=b"")) == {K.IMSI}
    assert not exact(scan(b"imsi=460001000099999", known, key=b""))


def test_each_identifier_is_told_once_by_its_surest_sighting() -> None:
    """The same value under several names and in several encodings is one identifier."""
    body = b"x=867530021234560&y=%b&imei=867530021234560" % base64.b64encode(b"imei=867530021234560")
    (caught,) = stranger(body)
    assert (caught.certainty, caught.where, caught.key) == (Certainty.HIGH, "form", "imei")


def test_the_hmac_is_of_kind_and_value() -> None:
    """Anybody with the key can compare; without a key there is none."""
    (caught,) = look(b"358673091234569", key=KEY).found
    assert caught.hmac == hmac.new(KEY, b"imei:358673091234569", hashlib.sha256).hexdigest()
    assert look(b"358673091234569").found[0].hmac == ""


def test_the_whole_value_is_never_shown() -> None:
    """Neither what is shown nor the way to it holds the value."""
    for kind, value in VALUES.items():
        for one in look(value.encode(), key=KEY).found:
            assert value.lower() not in repr(one).lower(), kind


def test_a_flood_of_strangers_hides_no_own_value() -> None:
    """So many are told and no more, but the unit's own always."""
    flood = b"&".join(b"imsi=46000%010d" % number for number in range(1_000_000, 1_003_000))
    own = base64.b64encode(b"imei=358673091234569&mac=a45046129f3c")
    scanned = look(flood + b"&x=" + own)
    assert {K.IMEI, K.MAC} <= exact(scanned)
    assert len(scanned.found) <= MOST_FOUND + len(OWN)


def test_a_scanner_does_what_scan_does() -> None:
    """It is made once for a unit, and forgets what it saw."""
    scanner = Scanner(OWN, key=KEY)
    for data in (_2019, b"", b"nothing", _2019):
        assert scanner.scan(data, where="body") == look(data, key=KEY)
