from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.config_text import is_text, read_text
from audit.endpoints.part import Limits, Part
from audit.model.code import Code

REGISTRATION = """<?xml version='1.0' encoding='utf-8' standalone='yes' ?>
<data>
    <CT>
        <ID>1</ID>
        <SMS_NUMBER>10659401</SMS_NUMBER>
        <SOURCE_PORT>16998</SOURCE_PORT>
        <DESTINATION_PORT>32767</DESTINATION_PORT>
        <SUPPORT>7</SUPPORT>
    </CT>
    <APT><SMS_NUMBER>41020</SMS_NUMBER></APT>
    <CU><SERVER_ADDRESS>http://124.207.3.53:8083/register?a=1&amp;b=2</SERVER_ADDRESS></CU>
    <SERVERS main="https://cn.c2dms.com" other='aps.c2dms.com'/>
    <!-- <OLD>http://old.example.com</OLD> -->
    <SMS_IGNORE_MINUTES>10080</SMS_IGNORE_MINUTES>
</data>
"""
EXPECTED = {
    ("sms", "10659401:32767"),
    ("sms", "41020"),
    ("url", "http://124.207.3.53:8083/register?a=1&b=2"),
    ("url", "https://cn.c2dms.com"),
    ("host", "aps.c2dms.com"),
}


def told(text: str | bytes, limits: Limits | None = None) -> Part:
    """What is read of a text."""
    data = text.encode() if isinstance(text, str) else text
    return read_text(data, where="etc/a.xml", limits=limits or Limits())


def values(part: Part) -> set[tuple[str, str]]:
    """Kind and value of what was found."""
    return {(one.kind.value, one.value) for one in part.found}


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_a_registration_file_names_everything(encoding: str, mark: bytes) -> None:
    """Servers, numbers with their port, in every encoding; what is commented out is not told."""
    data = mark + REGISTRATION.replace("ID>1", "ID>é😀").encode(encoding)
    part = told(data)
    assert values(part) == EXPECTED
    assert (part.form, part.code, part.troubles) == ("XML", Code.NONE, ())
    for one in part.found:
        assert one.offset is not None
        place = data[one.offset : one.offset + 200].decode(encoding, "replace")
        assert one.value.partition(":")[0] in place


def test_the_captured_files(captures: Path) -> None:
    """The file a maker ships on its worldwide phones: its servers and numbers, with their ports."""
    (path,) = captures.glob("nokia5*/tree/**/AutoRegConfig.xml")
    part = read_text(path.read_bytes(), where="", limits=Limits())
    assert values(part) == {
        ("sms", "10654040:16998"),
        ("sms", "1065840409:16998"),
        ("sms", "10659401:32767"),
        ("sms", "41020:32767"),
        ("sms", "14536007399"),
        ("sms", "14536007400"),
        ("sms", "14536007408"),
        ("sms", "5424233"),
        ("url", "http://124.207.3.53:8083/register"),
        ("url", "https://cn.c2dms.com"),
        ("url", "https://www.c2dms.com"),
    }
    assert part.troubles == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"server": "zzhc.vnet.cn", "sms_number": "41020", "sms_port": 26680}',
            {("host", "zzhc.vnet.cn"), ("sms", "41020:26680")},
        ),
        ('{"a": {"smsNumber": "41020"}, "b": {"port": 1}}', {("sms", "41020")}),
        ("sms.number=10655459\nsms.port=26680\n", {("sms", "10655459:26680")}),
        (
            "# http://example.com/doc\nro.url=http://a.example.com\n",
            {("url", "http://example.com/doc"), ("url", "http://a.example.com")},
        ),
        ("persist.radio.x=1\nro.build.id=A.B\n", set()),
        ('{"ProduceLocale":"ww"}', set()),
        (
            "<map><string name='sms_number'>41020</string><int name='sms_port' value='7'/></map>",
            {("sms", "41020:7")},
        ),
        ("<a><item key='sms_number' value='41020'/></a>", {("sms", "41020")}),
        ("<a><![CDATA[http://a.example.com]]></a>", {("url", "http://a.example.com")}),
        ('{"sms_number": "41020", "source_port": 1, "port": 2}', {("sms", "41020:2")}),
        ("<a name='persist.radio.x'/>", set()),
        ("", set()),
    ],
)
def test_other_ways_to_write_a_configuration(text: str, expected: set[tuple[str, str]]) -> None:
    """JSON, properties, preferences: names and groups are read there as well."""
    part = told(text)
    assert values(part) == expected
    assert part.troubles == ()


def test_no_entity_is_expanded() -> None:
    """A document that would grow to gigabytes, or read other files, stays what it is."""
    bomb = '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    part = told(f"{bomb}<a>&b;&c; http://a.example.com/&b;</a>")
    assert values(part) == {("url", "http://a.example.com/&b")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a><b>http://a.example.com</b>", "ends within <a>"),
        ("<a>http://a.example.com<b x='1", "a tag is not closed"),
        ("<a>http://a.example.com<!-- ", "<!-- is not closed"),
        ("<a>" * 70 + "http://a.example.com" + "</a>" * 70, "more than 64 deep"),
        ("http://a.example.com \0\0\0\0\0", "NUL"),
    ],
)
def test_faults_are_told_and_the_rest_is_read(text: str, reason: str) -> None:
    """A file that is cut or broken is read as far as it goes, and says so."""
    part = told(text)
    assert ("url", "http://a.example.com") in values(part)
    assert reason in part.troubles[0].reason
    assert part.troubles[0].where == "etc/a.xml"


def test_limits_are_kept_and_told() -> None:
    """A text longer than allowed is cut, and that is said."""
    text = "\n".join(f"http://{number}.example.com/" for number in range(100))
    part = told(text, replace(Limits(), part_bytes=100))
    assert "first 100 are read" in part.troubles[0].reason
    part = told(text, replace(Limits(), found=10))
    assert len(part.found) == 10
    assert "more than 10" in part.troubles[0].reason


PIECES = st.sampled_from(
    ["<", ">", "<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "'", '"', "=", "&", " "]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join) | st.binary(max_size=200))
def test_nothing_raises(text: str | bytes) -> None:
    """Any text, and any bytes, are read to an answer."""
    part = told(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    assert part.code is Code.NONE


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a", "<a '", "<a'", "</a>", "<a>", "{", "a=", "a='", "<![CDATA[", "&#1;"]
)
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    """Texts made to send a pattern backtracking are read in one pass (the suite's timeout is the proof)."""
    assert told("<x>" + piece * 200_000).code is Code.NONE
    assert told("x" + piece * 200_000).code is Code.NONE


def test_what_text_is() -> None:
    """Control characters tell binary files from text."""
    assert is_text(b"a=b\r\n\t")
    assert is_text("é".encode("latin-1"))
    assert is_text(codecs.BOM_UTF16_LE + b"a\0")
    assert not is_text(b"\x89PNG\r\n\x1a\n\0\0")
