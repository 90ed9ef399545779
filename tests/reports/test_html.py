from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.reports import Options, render
from tests.reports import samples
from tests.reports.page import read_page

OPTIONS = Options(key=samples.KEY)
SHOWN = replace(OPTIONS, reveal=True, verbose=True)


_ELEMENTS = (
    "html head meta title style body main div header section article footer h1 h2 h3 p span small strong br a"
    " ul ol li dl dt dd code table caption thead tbody tr th td details summary h4"
    " figure figcaption svg desc g line circle path text"
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<script>", "</style>", "<img src=x onerror=a()>", '"', "'", "{{7*7}}", "javascript:a()", "a"]
        ),
        min_size=1,
    ).map("".join)
)
def test_nothing_a_unit_says_becomes_an_element(text: str) -> None:
    """Markup, quotes and template syntax stay text: no element, handler or link of a unit's making."""
    finding = Finding(
        check=text,
        outcome=Outcome.FAIL,
        severity=Severity.HIGH,
        subject=text,
        message=text,
        why=text,
        fix=text,
        evidence=(Evidence(what=text, value=text, origin=text),),
        facts=((text, text),),
        sources=(text, f"https://example.org/{text}"),
    )
    identity = replace(samples.INCIDENT.identity, model=text, build=text)
    page = read_page(
        render("html", [replace(samples.INCIDENT, identity=identity, findings=(finding,))], SHOWN)
    )
    assert set(page.tags) <= set(_ELEMENTS.split())
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style"}
        if name == "href":
            assert value.startswith(("https://", "http://", "#"))
    assert text in page.text


def test_only_addresses_of_the_web_become_links() -> None:
    """A source that would run something is shown as text; an address stays one, whatever it holds."""
    page = read_page(render("html", [samples.HOSTILE], SHOWN))
    links = [value for name, value in page.attributes if name == "href"]
    assert links == ['https://example.org/"><script>alert(4)</script>']
    assert "javascript:alert(3)" in page.text


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    """No script, image, font or sheet from outside; the policy forbids what nobody put there."""
    text = render("html", [samples.INCIDENT], OPTIONS)
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|img|link|iframe|object)|@import|url\(", text)
