"""Files of indicators: what is read of them, what is counted as left, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.model.indicators import IndicatorKind, Observable
from audit.rulebook import stix
from audit.rulebook.indicators import load, with_indicators
from tests.checks.house import rulebook

SHA256 = "a" * 63 + "b"


def indicator(pattern: object, number: int = 1, **changes: object) -> dict[str, object]:
    """An indicator object with that pattern."""
    return {
        "type": "indicator",
        "id": f"indicator--{number}",
        "pattern": pattern,
        "pattern_type": "stix",
    } | changes


def bundle(path: Path, *objects: object) -> Path:
    """A STIX bundle of *objects* at *path*."""
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}))
    return path


@pytest.mark.parametrize(
    ("pattern", "kind", "value"),
    [
        ("[domain-name:value='Bad.Example.']", IndicatorKind.DOMAIN, "bad.example"),
        ("[domain-name:value = '*.bad.example']", IndicatorKind.DOMAIN, "bad.example"),
        ("[ipv4-addr:value='198.51.100.7']", IndicatorKind.IP, "198.51.100.7"),
        ("[domain-name:value='bad[.]example']", IndicatorKind.DOMAIN, "bad.example"),
        ("[domain-name:value='b\u00fcd.example']", IndicatorKind.DOMAIN, "xn--bd-xka.example"),
        ("[domain-name:value='bad.co.uk']", IndicatorKind.DOMAIN, "bad.co.uk"),
        ("[domain-name:value='bad.io']", IndicatorKind.DOMAIN, "bad.io"),
        ("[ipv4-addr:value='10.1.2.3/8']", IndicatorKind.IP, "10.0.0.0/8"),
        ("[ipv4-addr:value='198.51.100[.]7']", IndicatorKind.IP, "198.51.100.7"),
        ("[ipv4-addr:value='198.51.100.7/24']", IndicatorKind.IP, "198.51.100.0/24"),
        ("[url:value='hxxps://bad[.]example/a']", IndicatorKind.URL, "https://bad.example/a"),
        ("[ipv6-addr:value='2001:DB8::1']", IndicatorKind.IP, "2001:db8::1"),
        ("[url:value='http://bad.example/a?b=c']", IndicatorKind.URL, "http://bad.example/a?b=c"),
        ("[process:name='bh']", IndicatorKind.PROCESS, "bh"),
        ("[file:name='o\\'hara.apk']", IndicatorKind.FILE_NAME, "o'hara.apk"),
        ("[file:path='/data/local/tmp/x']", IndicatorKind.FILE_PATH, "/data/local/tmp/x"),
        (f"[file:hashes.sha256='{SHA256.upper()}']", IndicatorKind.FILE_HASH, SHA256),
        (f"[file:hashes.'SHA-256' = '{SHA256}']", IndicatorKind.FILE_HASH, SHA256),
        ("[file:hashes.md5='" + "0" * 32 + "']", IndicatorKind.FILE_HASH, "0" * 32),
        ("[app:id='com.bad']", IndicatorKind.PACKAGE, "com.bad"),
        (
            "[app:cert.sha1='" + ":".join(["3C"] * 20) + "']",
            IndicatorKind.CERTIFICATE,
            "3c" * 20,
        ),
        ("[android-property:name='persist.bad']", IndicatorKind.PROPERTY, "persist.bad"),
    ],
)
def test_what_a_pattern_looks_for(pattern: str, kind: IndicatorKind, value: str) -> None:
    """Each object of MVT's dialect, with the spellings found in public files."""
    assert stix.ways(pattern) == ((Observable(kind=kind, value=value),),)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[app:id='a' OR app:id='b']", [["a"], ["b"]]),
        ("[app:id='a'] OR [app:id='b']", [["a"], ["b"]]),
        ("[app:id='a' AND process:name='p']", [["a", "p"]]),
        ("[app:id='a' AND (process:name='p' OR process:name='q')]", [["a", "p"], ["a", "q"]]),
        ("[app:id='a' OR app:id='b' AND app:id='c']", [["a"], ["b", "c"]]),
        ("[app:id IN ('a', 'b')]", [["a"], ["b"]]),
        ("[app:id='a'] and [app:id='b']", [["a", "b"]]),
    ],
)
def test_and_binds_tighter_than_or(pattern: str, expected: list[list[str]]) -> None:
    """What is joined by AND must be seen together, what is joined by OR need not."""
    assert [[term.value for term in way] for way in stix.ways(pattern)] == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "app:id",
        "[app:id='a'",
        "[app:id='a'] FOLLOWEDBY [app:id='b']",
        "[NOT app:id='a']",
        "[app:id != 'a']",
        "[app:id LIKE 'a%']",
        "[app:id='a'] WITHIN 5 SECONDS",
        "[app:id='']",
        "[email-addr:value='a@b.example']",
        "[file:hashes.sha256='abc']",
        "[file:hashes.'SHA-512'='abc']",
        "[ipv4-addr:value='203.0.113.x']",
        "[domain-name:value='http://bad.example/']",
        "[domain-name:value='two words']",
        "[" * 40 + "app:id='a'" + "]" * 40,
        "[" + " AND ".join(["(app:id='a' OR app:id='b')"] * 10) + "]",
        "[app:id='" + "a" * stix.LONGEST + "']",
    ],
)
def test_what_is_not_looked_for_says_why(pattern: str) -> None:
    """A pattern of another meaning must not be taken for one of ours."""
    with pytest.raises(stix.Unusable) as caught:
        stix.ways(pattern)
    assert caught.value.reason


@given(st.text(alphabet="[]()='\\ANDORIN,ap:id.x ", max_size=80))
def test_any_pattern_ends_as_ways_or_unusable(pattern: str) -> None:
    """Nothing a file says brings anything else."""
    try:
        found = stix.ways(pattern)
    except stix.Unusable:
        return
    assert all(way for way in found)


def test_names_come_from_relations_and_reports(tmp_path: Path) -> None:
    """An indicator is called after the malware it indicates, or after the report that lists it."""
    path = bundle(
        tmp_path / "a.stix2",
        {"type": "malware", "id": "malware--1", "name": "BadWare"},
        {"type": "report", "id": "report--1", "name": "A report", "object_refs": ["indicator--2"]},
        indicator("[app:id='com.one']", 1),
        indicator("[app:id='com.two']", 2),
        indicator("[app:id='com.three']", 3),
        {
            "type": "relationship",
            "id": "relationship--1",
            "relationship_type": "indicates",
            "source_ref": "indicator--1",
            "target_ref": "malware--1",
        },
    )
    found = load(path)
    assert [(i.value, i.name, i.file, i.id) for i in found.indicators] == [
        ("com.one", "BadWare", "a.stix2", "indicator--1"),
        ("com.two", "A report", "a.stix2", "indicator--2"),
        ("com.three", "", "a.stix2", "indicator--3"),
    ]


def test_what_is_left_is_counted_with_its_reason(tmp_path: Path) -> None:
    """A file of two hundred patterns of which ten are understood must not look like one of ten."""
    path = bundle(
        tmp_path / "a.stix2",
        indicator("[app:id='com.one']"),
        indicator("[app:id LIKE 'com.%']", 2),
        indicator("[email-addr:value='a@b.example']", 3),
        indicator("rule x { condition: true }", 4, pattern_type="yara"),
        indicator("[app:id='com.old']", 5, revoked=True),
        indicator(None, 6),
        "no object",
    )
    file = load(path).file
    assert file.used == 1
    assert sum(file.left.values()) == 5
    assert file.left["not understood"] == 1
    assert file.first_left == "[app:id LIKE 'com.%']"


def test_the_rulebook_says_which_files_it_holds(tmp_path: Path) -> None:
    """Another file, another number; the order in which files are named does not count."""
    one = bundle(tmp_path / "1.stix2", indicator("[app:id='com.one']"))
    two = bundle(tmp_path / "2.stix2", indicator("[app:id='com.two']"))
    book = rulebook()
    assert with_indicators(book, []) is book
    hashes = {with_indicators(book, paths).sha256 for paths in ([one], [two], [one, two])}
    assert len(hashes | {book.sha256}) == 4
    assert with_indicators(book, [two, one]).sha256 == with_indicators(book, [one, two]).sha256
    assert len(with_indicators(book, [one, one]).indicators) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON at line 1, column 1"),
        (b'{"objects": [\n{"type": }]}', "not JSON at line 2, column 10"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"[]", "no STIX 2 bundle"),
        (b'{"objects": {}}', "no STIX 2 bundle"),
        (b'{"objects": []}', "holds nothing to look for"),
        (b"[" * 100_000, "nested deeper"),
        (
            b'{"objects": [{"type": "indicator", "pattern": ' + b"9" * 5000 + b"}]}",
            "not JSON that can be read",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(tmp_path: Path, content: bytes, words: str) -> None:
    """Judging without the indicators that were asked for would pass what they name."""
    path = tmp_path / "bad.stix2"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load(path)
    assert words in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.fix


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A wrong path is no empty list of indicators."""
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path / "none.stix2")


@pytest.mark.parametrize("host", ["com", "COM.", "*.com", "*", "co.uk", "com.cn", "localhost"])
def test_a_host_everybodys_lie_under_is_not_looked_for(host: str) -> None:
    """A slip in a list must not make every server of the world an indicator."""
    with pytest.raises(stix.Unusable) as caught:
        stix.ways(f"[domain-name:value='{host}']")
    assert caught.value.reason == "a host that everybody's hosts lie under"


@pytest.mark.parametrize(
    "host", ["a..b", ".", "bad.example:80", "http://bad.example/", "b\u00fc" * 99 + ".de"]
)
def test_what_is_no_host_is_not_looked_for(host: str) -> None:
    """Nothing that is seen could ever be equal to it."""
    with pytest.raises(stix.Unusable, match="a host that is none"):
        stix.ways(f"[domain-name:value='{host}']")


@pytest.mark.parametrize("value", ["0.0.0.0/0", "128.0.0.0/1", "8.0.0.0/7", "::/0", "2000::/3"])
def test_a_network_of_everybody_is_not_looked_for(value: str) -> None:
    """Each contact there is would match."""
    path = "ipv6-addr" if ":" in value else "ipv4-addr"
    with pytest.raises(stix.Unusable, match="wider than any one party has"):
        stix.ways(f"[{path}:value='{value}']")


@pytest.mark.parametrize(
    "pattern", [" " * 60_000 + "x", "[domain-name:value='" + "\\\\" * 30_000, "[a:" + "b.'c'." * 9000]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """A thousand patterns as long as may be, made to be tried again and again, take no second."""
    for _ in range(1000):
        with pytest.raises(stix.Unusable):
            stix.ways(pattern)
