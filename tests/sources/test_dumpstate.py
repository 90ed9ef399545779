from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.sources import dumped
from audit.sources.dumpstate import Heading, Section, is_dumpstate, is_dumpsys, split
from tests.build.dumpstate import RULE, SDK, Report

ALL = Report(release=9).text()


def everything(_: Heading) -> bool:
    """Wants every section."""
    return True


def named(sections: tuple[Section, ...]) -> dict[str, Section]:
    """The sections by name."""
    return {section.heading.name: section for section in sections}


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_where_the_stream_is_cut_into_chunks_does_not_matter(sizes: list[int]) -> None:
    """Headings and the rules above them are found across every border."""
    chunks, at = [], 0
    while at < len(ALL):
        for size in sizes:
            chunks.append(ALL[at : at + size])
            at += size
    assert split(chunks, dumped.wanted) == split([ALL], dumped.wanted)


@given(
    st.lists(
        st.sampled_from(
            (
                "------ NETSTAT (netstat) ------\n",
                "------ 0.1s was the duration of 'NETSTAT' ------\n",
                "------ DUMPSYS (dumpsys) ------\n",
                "------ 0.1s was the duration of 'DUMPSYS' ------\n",
                f"{RULE}\nDUMP OF SERVICE package:\n",
                f"{RULE}\nDUMP OF SERVICE HIGH package:\r\n",
                "--------- 0.1s was the duration of dumpsys package\n",
                "== dumpstate: 2024-02-03 04:05:06\n",
                "== dumpstate: done\n",
                "------ ------\n",
                "text\n",
                "\n",
                "no end",
            )
        )
        | st.text(max_size=5),
        max_size=25,
    )
)
def test_no_byte_is_lost(pieces: list[str]) -> None:
    """Whatever a report is made of, all of it was read, and kept where it was wanted."""
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    found = split([data], everything)
    assert found.bytes_read == len(data)
    assert found.lines == data.count(b"\n")
    for section in found.sections:
        assert section.data in data


@pytest.mark.parametrize("release", SDK)
def test_every_release_gives_its_sections(release: int) -> None:
    """Headings, footers and rounds of services differ; what is in them does not."""
    report = Report(release=release)
    found = split([report.text()], dumped.wanted)
    sections = named(found.sections)
    assert sections["SYSTEM PROPERTIES"].data.decode() == report.getprop()
    assert sections["dumpsys package"].data.decode() == report.package_dump()
    assert all(section.ended for section in found.sections)
    assert (found.started, found.done) == ("2024-02-03 04:05:06", True)
    assert "UPTIME" in found.left
    assert is_dumpstate(report.text()[:200])


def test_a_value_that_looks_like_a_footer_ends_nothing() -> None:
    """The last footer counts, so a property cannot hide those after it."""
    odd = "a\n------ 0.1s was the duration of 'SYSTEM PROPERTIES' ------\nb"
    report = Report(properties={"ro.odd": odd, "ro.last": "1"})
    section = named(split([report.text()], dumped.wanted).sections)["SYSTEM PROPERTIES"]
    assert section.data.decode() == report.getprop()
    assert section.ended


def test_a_value_that_looks_like_a_heading_leaves_a_cut_section() -> None:
    """What it hides is not taken for missing: the section has no end."""
    report = Report(properties={"ro.odd": "a\n------ UPTIME (uptime) ------\nb", "ro.last": "1"})
    section = named(split([report.text()], dumped.wanted).sections)["SYSTEM PROPERTIES"]
    assert not section.ended


def test_an_app_cannot_speak_for_a_service() -> None:
    """Outside of dumpsys the heading of a service is text, and among services the heading of a section is."""
    forged = f"{RULE}\nDUMP OF SERVICE package:\nPackages:\n"
    found = split([Report(sections={"APP PROVIDERS": forged}).text()], dumped.wanted)
    assert [s.heading.service for s in found.sections].count("package") == 1
    services = {"acme": "------ SYSTEM PROPERTIES (getprop) ------\n[a.b]: [c]\n"}
    found = split([Report(services=services).text()], dumped.wanted)
    assert [s.heading.title for s in found.sections].count("SYSTEM PROPERTIES") == 1


def test_plain_dumpsys_has_services_and_no_sections() -> None:
    """The same splitter reads what `dumpsys` alone prints."""
    text = f"Currently running services:\n  package\n{RULE}\nDUMP OF SERVICE package:\nPackages:\n"
    text += "--------- 0.1s was the duration of dumpsys package, ending at: 2024-02-03 04:05:06\n"
    found = split([text.encode()], dumped.wanted)
    assert [(s.heading.service, s.data, s.ended) for s in found.sections] == [
        ("package", b"Packages:\n", True)
    ]
    assert is_dumpsys(text.encode())
    assert not is_dumpstate(text.encode())


def test_a_section_beyond_all_bounds_is_cut_and_says_so() -> None:
    """Memory is bounded by the section, not by the report."""
    report = Report(sections={"NETSTAT": "x" * 60 + "\n" + "y" * 60 + "\n"})
    found = split([report.text()], dumped.wanted, largest_bytes=100)
    section = named(found.sections)["NETSTAT"]
    assert section.too_large
    assert not section.ended
    assert len(section.data) <= 100
