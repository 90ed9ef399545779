from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model.evidence import Source, SourceKind, UnitId
from audit.model.facts import Unread
from audit.model.flows import Caught, Certainty, IdentifierKind
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Report, Severity
from audit.reports import FORMATS, Options, render
from audit.reports.caught import caught
from audit.reports.redact import redact
from tests.reports import samples, samples_files, samples_flows
from tests.reports.walk import with_texts

SHOWN = Options(key=samples.KEY, reveal=True, verbose=True)

_HEX = "0123456789abcdef"


def _with_check_digit(body: str) -> str:
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def _octets(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.text(_HEX, min_size=2, max_size=2), min_size=count, max_size=count)


_SERIALS = st.from_regex(r"[G-Z]{2}[A-Z0-9]{4,12}[0-9]{2}", fullmatch=True)
_IDENTIFIERS = st.one_of(
    _digits(14).map(_with_check_digit),
    _digits(15),
    _digits(17).map(lambda d: f"89{d}"),
    st.tuples(st.sampled_from(":-,"), _octets(6)).map(lambda p: p[0].join(p[1])),
    _octets(6).map(lambda o: ":".join(o).upper()),
    _octets(5).map(lambda o: f"fe80::{o[0]}{o[1]}:{o[2]}ff:fe{o[3]}:1{o[4]}f"),
    _digits(8).map(lambda d: f"+47 9{d[:2]} {d[2:4]} {d[4:]}"),
)
_AROUND = st.sampled_from(
    ["{}", "read {}, twice {}", "id={}", "imei: {} ", "[x]: [{}]", '"{}"', "({})", "<{}/>"]
)


@st.composite
def _reports(draw: st.DrawFn) -> tuple[Report, list[str]]:
    """A report with identifiers wherever a unit's text can stand, and those identifiers."""
    serial = draw(_SERIALS)
    found = [serial]

    def text() -> str:
        identifier = draw(st.one_of(_IDENTIFIERS, st.just(serial)))
        found.append(identifier)
        return draw(_AROUND).replace("{}", identifier)

    finding = Finding(
        check="c",
        outcome=Outcome.FAIL,
        severity=Severity.HIGH,
        subject=text(),
        message=text(),
        why=text(),
        fix=text(),
        evidence=(Evidence(what=text(), value=text(), origin=text()),),
        facts=(("endpoint", text()), (text(), "x")),
        sources=(f"https://example.org/{serial}",),
    )
    identity = replace(
        samples.INCIDENT.identity, serial=serial, model=text(), fingerprint=text(), build=text()
    )
    report = replace(
        samples.INCIDENT,
        unit=UnitId(serial=serial, model=identity.model),
        identity=identity,
        source=Source(kind=SourceKind.LIVE, detail=text()),
        findings=(finding,),
        verdict=replace(samples.INCIDENT.verdict, because=(text(),)),
        coverage=tuple(
            replace(
                row, gaps=tuple(replace(gap, reason=text(), fix=text(), origin=text()) for gap in row.gaps)
            )
            for row in samples.HALF_READ.coverage
        ),
        unread=(Unread(origin=text(), line=1, text=text()),),
        limits=(text(),),
    )
    return report, found


@settings(max_examples=40, deadline=None)
@given(made=_reports(), form=st.sampled_from(sorted(FORMATS)), verbose=st.booleans())
def test_no_identifier_of_a_report_is_in_any_format(
    made: tuple[Report, list[str]], form: str, *, verbose: bool
) -> None:
    """Whatever is read of a unit and wherever it stands, its identifiers are in no rendered format."""
    report, identifiers = made
    text = render(form, [report, report], Options(key=samples.KEY, verbose=verbose))
    unwrapped = re.sub(r"\s+", "", text)
    for identifier in identifiers:
        assert identifier not in text
        assert re.sub(r"\s+", "", identifier) not in unwrapped


@settings(max_examples=60, deadline=None)
@given(
    identifiers=st.lists(_IDENTIFIERS, min_size=1, max_size=3),
    serial=_SERIALS,
    own=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str).filter(lambda ip: len(ip) > 4),
    around=_AROUND,
    form=st.sampled_from(sorted(FORMATS)),
    of=st.sampled_from((samples_files.BUGREPORT, samples_flows.WATCHED)),
    verbose=st.booleans(),
)
def test_no_field_of_a_report_lets_an_identifier_through(
    identifiers: list[str], serial: str, own: str, around: str, *, form: str, of: Report, verbose: bool
) -> None:
    """The serial, the unit's own address and whatever has the shape of an identifier, in any field at all."""
    told = " ".join(around.replace("{}", one) for one in (*identifiers, serial, own))
    names = {"serial": serial, "addresses": own, "sources": f"https://example.org/{serial}/{own}"}
    report = with_texts(
        replace(of, unit=UnitId(serial=serial, addresses=(own,))), lambda name: names.get(name, told)
    )
    text = render(form, [report, report], Options(key=samples.KEY, verbose=verbose))
    unwrapped = re.sub(r"\s+", "", text)
    for identifier in (*identifiers, serial, own):
        assert identifier not in text
        assert re.sub(r"\s+", "", identifier) not in unwrapped


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_bug_report_names_neither_its_owner_nor_who_judged_it(form: str) -> None:
    """Own address, network, mail, serial in a path and the name of the station's user are in no format."""
    text = render(form, [samples_files.BUGREPORT], replace(SHOWN, reveal=False))
    for word in (samples_files.OWN_IP, samples.SERIAL, "Kari", "kari", "mail.example"):
        assert word not in text
    assert "http://zzhc.vnet.cn/reg" in text
    assert "203.0.113.5:80" in text or form in {"csv", "junit"}  # of findings alone


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('SSID="Kari\'s home", x', "Kari"),
        ("ssid: Kari_net", "Kari"),
        ("wlan0 BSSID=02:00:5e:10:00:1f", "5e:10"),
        ("local_ip=192.0.2.77", "192.0.2.77"),
        ("dhcp.wlan0.ipaddress: 192.0.2.77", "192.0.2.77"),
        ("mailto kari.n+x@mail.example.org!", "kari"),
        ("read from /home/kari/acq/x.zip", "kari"),
        ("/Users/kari/acq", "kari"),
        ("C:\\Users\\kari\\acq", "kari"),
    ],
)
def test_what_names_the_owner_or_operator_is_masked(text: str, left: str) -> None:
    """Networks, mail addresses, the unit's own addresses by name, the home folder of the station."""
    finding = replace(samples.NOTED.findings[0], message=text)
    assert (
        left not in redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY).findings[0].message
    )


def test_an_own_address_is_masked_where_it_stands_alone() -> None:
    """192.0.2.1 is no part of 192.0.2.10, 1.192.0.2.1 or an IPv6 address; with a port it is itself."""
    finding = replace(
        samples.NOTED.findings[0],
        message="192.0.2.1 192.0.2.1:80 192.0.2.10 1.192.0.2.1 2001:db8::1 2001:db8::12",
    )
    unit = UnitId(addresses=("192.0.2.1", "2001:db8::1"))
    report = redact(replace(samples.NOTED, unit=unit, findings=(finding,)), key=samples.KEY)
    one, two = report.unit.addresses
    assert report.findings[0].message == f"{one} {one}:80 192.0.2.10 1.192.0.2.1 {two} 2001:db8::12"


def test_a_certificate_is_public() -> None:
    """Digits of a digest and mail in a subject are the maker's; the unit's serial is masked even there."""
    value = f"{'123456789012345a' * 4} EMAILADDRESS=android@android.com {samples.SERIAL}"
    finding = replace(
        samples.INCIDENT.findings[0],
        message=f"has the hash {'123456789012345a' * 4}",
        evidence=(Evidence(what="signer (APK signature scheme v2)", value=value, origin="a.apk"),),
    )
    told = redact(replace(samples.INCIDENT, findings=(finding,)), key=samples.KEY).findings[0]
    assert told.message == finding.message
    assert told.evidence[0].value.startswith(value.removesuffix(samples.SERIAL))
    assert samples.SERIAL not in told.evidence[0].value


@settings(max_examples=40, deadline=None)
@given(_reports())
def test_masking_twice_changes_nothing_more(made: tuple[Report, list[str]]) -> None:
    """A report that was masked once may pass through again."""
    once = redact(made[0], key=samples.KEY)
    assert redact(once, key=samples.KEY) == once


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("property ro.serialno", "ABCDEF"),
        ("property ro.boot.serialno", "x7"),
        ("property persist.radio.imei1", "12345678901234"),
        ("property gsm.imei", "35693803564380,35693803564381"),
        ("property ril.cdma.meid", "A0000000000001"),
        ("property ril.iccid.sim1", "89470800123"),
        ("property vendor.ril.data.gsm_imsi0", "46009"),
        ("property persist.radio.wlanmac", "02005e100005"),
        ("property ro.boot.macinfo", "02,00,5E,10,00,01"),
        ("property persist.service.bdroid.bdaddr", "22:22:22:22:22:22"),
        ("setting secure/android_id", "9774d56d682e549c"),
        ("property gsm.line1.number", "91234567"),
    ],
)
def test_a_value_is_masked_for_its_name(what: str, value: str) -> None:
    """A property named after an identifier is masked whatever its value looks like, there and elsewhere."""
    finding = replace(
        samples.NOTED.findings[0],
        evidence=(Evidence(what=what, value=value, origin="getprop"),),
        message=f"it said ({value})",
    )
    report = redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY)
    masked = report.findings[0].evidence[0].value
    assert value not in masked
    assert all(re.fullmatch(r"[a-z]+#[0-9a-f]{6}", part) for part in masked.split(","))
    if len(value) >= 4:
        assert value not in report.findings[0].message


@pytest.mark.parametrize(
    "text",
    [
        "Nokia/Onyx_00WW/B2N_sprout:9/PPR1.180610.011/00WW_3_22C:user/release-keys",
        "url http://zzhc.vnet.cn port 80, cleartext",
        "sms 10659401, port 32767",
        "IMEI, ICCID, IMSI, MAC, cell id",
        "version 5.14 code 1234567890 uid 1001",
        "eng.root.20190101123456",
        "property ro.product.machine = x1234",
        "com.example.gameid: 12345678 was seen",
        "2026-01-02T03:04:05Z",
        "fe80::1",
        "OCLINXM V10.2.5.0.OCLINXM",
        "ro.ril.read_imsi=1",
        "android.hardware.radio@1.0::IRadio and a.b/.Main@4f2a",
        "https://example.org/home/kari/x and /system/home/x",
        "http://user@h.example/p",
        "1.1.1.1:67",
    ],
)
def test_what_identifies_nobody_stays(text: str) -> None:
    """Builds, versions, short numbers of operators and times are evidence and are left alone."""
    finding = replace(samples.NOTED.findings[0], message=text)
    report = redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY)
    assert report.findings[0].message == text


def test_two_mentions_match_and_two_units_do_not() -> None:
    """One serial is one token in every field and report of a key, and another unit's is another."""
    incident, again = (redact(r, key=samples.KEY) for r in (samples.INCIDENT, samples.HOSTILE))
    other = redact(samples.DORMANT, key=samples.KEY)
    assert incident.identity.serial == incident.unit.serial == again.identity.serial
    assert incident.identity.serial in again.source.detail
    assert other.identity.serial != incident.identity.serial
    assert redact(samples.INCIDENT, key=b"another").identity.serial != incident.identity.serial


def test_a_serial_that_is_a_common_word_leaves_other_words_alone() -> None:
    """A serial number without digits is masked where it stands alone, not inside other words."""
    unit = replace(samples.NOTED, identity=replace(samples.NOTED.identity, serial="Noki"))
    report = redact(unit, key=samples.KEY)
    assert report.identity.serial.startswith("serial#")
    assert report.identity.brand == "Nokia"


@pytest.mark.parametrize(
    "serial",
    ["7", "x", "0123456789ABCDEF", "host.example:5555", "adb-XY12-ab._adb-tls-connect._tcp", "\u6ce8\u518c"],
)
def test_every_serial_is_masked_in_its_own_field(serial: str) -> None:
    """However short or strange, a serial number is not shown."""
    unit = replace(
        samples.NOTED, identity=replace(samples.NOTED.identity, serial=serial), unit=UnitId(serial=serial)
    )
    report = redact(unit, key=samples.KEY)
    assert re.fullmatch(r"serial#[0-9a-f]{6}", report.identity.serial)
    assert report.unit.serial == report.identity.serial


@pytest.mark.parametrize(
    "address", ["192.0.2.7:5555", "[2001:db8::7]:5555", "localhost:5555", "emulator-5554"]
)
def test_an_address_of_the_operator_is_no_identifier(address: str) -> None:
    """What a unit is reached at tells the operator which one it is; its own serial number is still masked."""
    evidence = Evidence(what="property ro.serialno", value=samples.SERIAL, origin="getprop")
    unit = replace(
        samples.NOTED,
        identity=replace(samples.NOTED.identity, serial=address),
        unit=UnitId(serial=address),
        findings=(replace(samples.NOTED.findings[0], evidence=(evidence,), message=samples.SERIAL),),
    )
    report = redact(unit, key=samples.KEY)
    assert report.identity.serial == report.unit.serial == address
    assert report.findings[0].message.startswith("serial#")


def test_a_list_of_addresses_is_masked_to_its_last_byte() -> None:
    """Two MAC addresses beside each other are two, and nothing of the second is left."""
    shown = _masked("seen: aa:bb:cc:dd:ee:01,aa:bb:cc:dd:ee:02 and 0A-0B-0C-0D-0E-0F")
    assert not re.search(r"[0-9a-f]{2}[:\-][0-9a-f]{2}", shown, re.IGNORECASE)
    assert shown.count("mac#") == 3


def test_a_fingerprint_of_a_key_is_no_address() -> None:
    """What a person compares with the dialog on the phone stays as it is."""
    shown = ":".join(f"{number:02X}" for number in range(160, 176))
    assert shown in _masked(f"Tap Allow (key {shown}, adbkey)")


def _masked(text: str) -> str:
    finding = replace(samples.NOTED.findings[0], message=text)
    return redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY).findings[0].message


def test_an_address_made_of_a_mac_is_masked() -> None:
    """An IPv6 address with the unit's MAC in it (EUI-64) names the unit, whoever uses it."""
    address = f"[{samples.EUI64}]:5555"
    unit = replace(samples.NOTED, identity=replace(samples.NOTED.identity, serial=address))
    assert samples.EUI64 not in redact(unit, key=samples.KEY).identity.serial


def test_links_are_kept_whole() -> None:
    """The digits of a cited address are no phone number or IMEI."""
    link = "https://example.org/articles/356938035643809"
    finding = replace(samples.NOTED.findings[0], sources=(link,))
    report = redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY)
    assert report.findings[0].sources == (link,)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_identifiers_are_shown_when_asked_for(form: str) -> None:
    """Revealing leaves the report as it is."""
    text = render(form, [samples.INCIDENT], Options(key=samples.KEY, reveal=True))
    assert samples.SERIAL in text
    assert samples.IMEI in text


@pytest.mark.parametrize(
    "text",
    [
        "imei" * 50_000 + "=1",
        "imei=" * 40_000 + "1 ",
        "imei " * 40_000 + ":1",
        "imei" + " " * 200_000 + "=1",
        ":" * 200_000,
        "aa:" * 66_666,
        "+1" * 100_000,
        "1-" * 100_000,
        "a.-+" * 50_000 + "@",
        "a@" * 100_000,
        "a@" + "b." * 100_000,
        "ssid" * 50_000 + "=",
        'ssid="' * 30_000,
        "/home/" * 30_000,
        "\n".join(f"imei=12345{n}" for n in range(20_000)),
    ],
    ids=lambda text: text[:8].strip(),
)
@pytest.mark.timeout(20)
def test_a_hostile_text_cannot_stall_masking(text: str) -> None:
    """200 kB written to make a search go back and forth are masked in a few seconds at the very most."""
    finding = replace(samples.NOTED.findings[0], message=text)
    begun = time.process_time()
    redact(replace(samples.NOTED, findings=(finding,)), key=samples.KEY)
    assert time.process_time() - begun < 5


def test_what_a_contact_held_is_masked_wherever_else_it_stands() -> None:
    """A report knows the ends of such an identifier: they are enough to find it whole, in any spelling."""
    caught = (
        Caught(kind=IdentifierKind.MAC, certainty=Certainty.EXACT, shown="0200…1f (12)"),
        Caught(kind=IdentifierKind.ANDROID_ID, certainty=Certainty.EXACT, shown="9774…9c (16)"),
        Caught(kind=IdentifierKind.IMEI, certainty=Certainty.EXACT, shown="3569…09 (15)"),
    )
    flow = replace(samples_flows.POST, identifiers=caught, caller="a(02005E10001F) b(9774d56d682e549c)")
    report = replace(
        samples_flows.WATCHED, flows=(flow,), limits=("x02005e10001f, 3569 3803-5643.809 and 356912",)
    )
    told = redact(report, key=samples.KEY)
    [masked] = told.flows or ()
    assert re.fullmatch(r"a\(mac#[0-9a-f]{6}\) b\(id#[0-9a-f]{6}\)", masked.caller)
    assert re.fullmatch(r"xmac#[0-9a-f]{6}, imei#[0-9a-f]{6} and 356912", told.limits[0])
    assert masked.identifiers == caught


@pytest.mark.parametrize(
    "shown", ["", "…(3)", "1… (5)", "35…9 (9)", "3569…09 (6)", "a" * 4000, "3569…09 (999)"]
)
def test_ends_that_say_too_little_mask_nothing(shown: str) -> None:
    """A pattern of two known characters would mask every other word."""
    one = Caught(kind=IdentifierKind.DEVICE_ID, certainty=Certainty.HIGH, shown=shown)
    assert caught([replace(samples_flows.POST, identifiers=(one,))]) == {}
