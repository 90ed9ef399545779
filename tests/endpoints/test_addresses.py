from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.addresses import LONGEST, classify, find
from audit.endpoints.numbers import named_numbers
from audit.model.code import FoundKind
from audit.model.text import clean_line


def told(text: str) -> list[tuple[str, str]]:
    """What is told of one string: kind and value."""
    return [(kind.value, value) for kind, value in classify(text)]


@pytest.mark.parametrize(
    "host",
    [
        "zzhc.vnet.cn",
        "dm.wo.com.cn:6001",
        "dm.monternet.com:7001",
        "a.fxltsbl.com",
        "aps.c2dms.com",
        "cn-aps.c2dms.com",
        "cn.c2dms.com",
        "www.pppefa.com",
        "www.forcis.claro.com.co",
        "oyag.lhzbdvm.com",
        "www.telenor.no",
        "api.example.io",
        "us.battle.net",
        "weibo.cn",
        "hub.example.app:8080",
    ],
)
def test_a_bare_host_is_told(host: str) -> None:
    """Servers that clients of several makers name without a scheme are found, with their port."""
    assert told(host) == [("host", host)]


@pytest.mark.parametrize(
    "text",
    [
        "com.android.phone",
        "org.apache.http",
        "com.qualcomm.qti.autoregistration",
        "android.intent.action.BOOT_COMPLETED",
        "cn.jpush.android.net",
        "de.greenrobot.event",
        "java.net",
        "javax.net",
        "libcore.io",
        "okhttp3.internal.io",
        "foo.txt",
        "a.b.so",
        "libc.so",
        "script.py",
        "user.id",
        "file.name",
        "order.no",
        "build.info",
        "page.to",
        "application/vnd.android.package-archive",
        "image/vnd.ms-photo",
        "somebody@example.com",
        "Hello.World",
        "7.1.2",
        "1.0.0.0",
        "4.0.0.1",
        "1.3.6.1",
        "2.5.29.17",
        "1.3.6.1.4.1.311.2.1.14",
        "255.255.255.0",
        "127.0.0.1",
        "0.0.0.0",
        "239.255.255.250",
        "Chrome/33.0.12.34",
        "version 10.2.30.4",
        "999.10.10.10",
        "http://",
        "https://%s/",
        "http://%1$s:%2$d/x",
        "https://{host}/api",
        "https://${server}",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "http://schemas.android.com/apk/res/android",
        "http://www.w3.org/2001/XMLSchema",
        "http://xml.org/sax/features/namespaces",
        "http://xmlpull.org/v1/doc/features.html#process-namespaces",
        "http://apache.org/xml/features/xinclude",
        "schemas.android.com",
        "12:30:45",
        "00:11:22:33:44:55",
        "::1",
        "fe80::1",
        "std::string",
        "vendor.",
        "debug.",
        "persist",
        "a persist.radio.",
        "init.rc",
        "net.sf.json",
        "sys.log",
        "10650",
        "8906",
        "89860312345678901234",
        "content://sms/inbox",
    ],
)
def test_what_only_looks_like_an_address_is_not_told(text: str) -> None:
    """Packages, files, keys, versions, namespaces and the unit itself are no servers."""
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://zzhc.vnet.cn", ["http://zzhc.vnet.cn"]),
        ("see https://a.example.com/x, ok", ["https://a.example.com/x"]),
        ("(http://b.example.cn).", ["http://b.example.cn"]),
        ("http://124.207.3.53:8083/register", ["http://124.207.3.53:8083/register"]),
        ("https://user:pass@evil.example/", ["https://user:pass@evil.example/"]),
        ("https://%s.adups.com/x", ["https://%s.adups.com/x"]),
        ("http://[2001:db8::1]:80/", ["http://[2001:db8::1]:80/"]),
        ("coap://m.fxltsbl.com:5683", ["coap://m.fxltsbl.com:5683"]),
        ("wss://push.example.com/ws?id=%d", ["wss://push.example.com/ws?id=%d"]),
        ("HTTP://UPPER.EXAMPLE.COM/", ["HTTP://UPPER.EXAMPLE.COM/"]),
        ("http://java.sun.com/downloads", ["http://java.sun.com/downloads"]),
        ("http://myserver/x", ["http://myserver/x"]),
    ],
)
def test_urls_are_told_whole(text: str, expected: list[str]) -> None:
    """A URL is told as it is written, out of what surrounds it; its host is not told a second time."""
    assert told(text) == [("url", url) for url in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("124.207.3.53", ["124.207.3.53"]),
        ("124.207.3.53:8083", ["124.207.3.53:8083"]),
        ("1.2.3.4:80", ["1.2.3.4:80"]),
        ("8.8.8.8", ["8.8.8.8"]),
        ("192.168.43.1", ["192.168.43.1"]),
        ("server=10.0.0.172;port=80", ["10.0.0.172"]),
        ("2001:db8::1", ["2001:db8::1"]),
        ("[2001:4860:4860::8888]:53", ["[2001:4860:4860::8888]:53"]),
    ],
)
def test_ip_addresses_are_told(text: str, expected: list[str]) -> None:
    """Addresses are told with their port, and in the midst of other text."""
    assert told(text) == [("ip", address) for address in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10659401", [("sms", "10659401")]),
        ("10655459:26680", [("sms", "10655459:26680")]),
        ("smsto:41020", [("sms", "41020")]),
        ("sms:+4712345678?body=x", [("sms", "4712345678")]),
        ("898603", [("iccid", "898603")]),
        ("898603,898611,898612", [("iccid", "898603"), ("iccid", "898611"), ("iccid", "898612")]),
        ("8947", []),
        ("894703", [("iccid", "894703")]),
        ("persist.vendor.radio.ps.x", [("property", "persist.vendor.radio.ps.x")]),
        ("ro.boot.skuid", [("property", "ro.boot.skuid")]),
        ("persist.", [("property", "persist.")]),
        ("persist.vendor.radio.", [("property", "persist.vendor.radio.")]),
        ("ro.%s", [("property", "ro.%s")]),
        ("persist.radio.sim%d.on", [("property", "persist.radio.sim%d.on")]),
        ("gsm.sim.state", [("property", "gsm.sim.state")]),
        ("net.dns1", [("property", "net.dns1")]),
        ("ril.sales_code", [("property", "ril.sales_code")]),
        ("persist.radio.carrier_mode", [("property", "persist.radio.carrier_mode")]),
        ("host=zzhc.vnet.cn;port=80", [("host", "zzhc.vnet.cn")]),
        ("a.fxltsbl.com,b.fxltsbl.com", [("host", "a.fxltsbl.com"), ("host", "b.fxltsbl.com")]),
    ],
)
def test_numbers_and_gates_are_told(text: str, expected: list[tuple[str, str]]) -> None:
    """Rendezvous numbers, SIM issuers and property names are told from each other."""
    assert told(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("SMS_NUMBER", "10654040", ["10654040"]),
        ("SMS_NUMBER", "14536007399,14536007400", ["14536007399", "14536007400"]),
        ("SMS_NUMBER_INDIA", "5424233", ["5424233"]),
        ("sms_dest_addr", "41020", ["41020"]),
        ("smsNumber", "41020", ["41020"]),
        ("SMS_NUMBER", "", []),
        ("SMS_NUMBER", "call me", []),
        ("SMS_IGNORE_MINUTES", "10080", []),
        ("REGISTER_PHASE_SMS", "1209600000", []),
        ("sms_port", "16998", []),
        ("PHONE_NUMBER", "123456", []),
    ],
)
def test_plain_digits_count_by_the_name_of_their_value(name: str, text: str, numbers: list[str]) -> None:
    """Only a name that speaks of a message's destination makes a number one."""
    assert list(named_numbers(name, text)) == numbers


def test_each_value_is_told_once_at_its_first_place() -> None:
    """A value that many strings hold is told once; the offset is that of the first."""
    found = list(find([(7, "http://a.example.com/"), (9, "see http://a.example.com/"), (11, "x")], where="w"))
    assert [(one.value, one.where, one.offset) for one in found] == [("http://a.example.com/", "w", 7)]


def test_a_long_address_is_cut() -> None:
    """Nothing of unbounded length gets into an answer."""
    (one,) = find([(0, "http://example.com/" + "x" * 100_000)], where="")
    assert len(one.value) == LONGEST


MARKS = "./:@%{}[]()<>\"'\\ \t\n\0-_09afzAZ"
PIECES = st.sampled_from((*MARKS, "http://", "smsto:", "106", "89", "persist.", ".com", "\u202e"))


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=80))
def test_nothing_told_can_harm_a_terminal(text: str) -> None:
    """Whatever a string holds, classifying ends; values are clean, not empty, not longer than allowed."""
    for one in find([(0, text)], where=""):
        assert one.value == clean_line(one.value)
        assert 0 < len(one.value) <= LONGEST
        assert isinstance(one.kind, FoundKind)


@pytest.mark.parametrize(
    "text",
    [
        "http://" * 50_000,
        "a." * 200_000,
        "1." * 200_000,
        "%" * 200_000,
        "http://" + "%1" * 200_000,
        "http://" + "${" * 100_000,
        "http://" + "[a" * 100_000,
        ":" * 300_000,
        "[" * 200_000,
        "sms:" * 100_000,
        "89" * 200_000,
        "898603," * 50_000,
        "106" * 150_000,
    ],
)
def test_no_string_takes_longer_than_its_length(text: str) -> None:
    """Strings made to send a pattern backtracking are read in one pass (the suite's timeout is the proof)."""
    assert len(list(find([(0, text)], where=""))) <= len(text)
