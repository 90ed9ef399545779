from __future__ import annotations

import json
import math
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import audit
from audit import codec
from audit.errors import BadInput
from audit.model.profiles import Outcome
from audit.model.report import Decision, Report
from audit.signoff.canonical import canonical, report_bytes, report_sha256, sha256
from audit.signoff.tool import tool_sha256
from tests.signoff.made import finding, report

texts = st.text(max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
reports = st.builds(
    lambda decision, messages, sha: report(
        decision,
        findings=tuple(finding(f"check-{n}", Outcome.PASS, message=text) for n, text in enumerate(messages)),
        rulebook_sha256=sha,
    ),
    st.sampled_from(Decision),
    st.lists(st.text(st.characters(exclude_categories=()), max_size=20), max_size=4),
    st.text("0123456789abcdef", min_size=64, max_size=64),
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # RFC 8785, 3.2.2 and appendix B
        ({"b": 1, "a": [None, True, False]}, b'{"a":[null,true,false],"b":1}'),
        ([333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], b"[333333333.3333333,1e+30,4.5,0.002,1e-27]"),
        ([0.0, -0.0, 1.0, 1e21, 5e-324], b"[0,0,1,1e+21,5e-324]"),
        ('\u20ac$\x0f\nA\'B"\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"'.encode()),
        # 3.2.3: by UTF-16 code units, so U+1F600 stands before U+FB33
        ({"\ufb33": 1, "\U0001f600": 2, "1": 3}, '{"1":3,"\U0001f600":2,"\ufb33":1}'.encode()),
        # what JSON of double precision cannot hold
        ([2**53 - 1, 2**53, 2**53 + 1], b'[9007199254740991,9007199254740992,"9007199254740993"]'),
        ([10**21, -(10**400)], f'["1{"0" * 21}","-1{"0" * 400}"]'.encode()),
        ([math.inf, -math.inf], b'["inf","-inf"]'),
        ("\udc80", b'"\\\\udc80"'),
        ({"\udc80": 1}, b'{"\\\\udc80":1}'),
    ],
)
def test_what_is_written(value: object, written: bytes) -> None:
    """As RFC 8785 has it, and text for what it has no form for."""
    assert canonical(value) == written


@given(value=values)
def test_one_content_has_one_form(value: object) -> None:
    """Read back and written again it is the same, in whatever order its keys came."""
    made = canonical(value)
    assert canonical(json.loads(made)) == made
    if isinstance(value, dict):
        assert canonical(dict(reversed(value.items()))) == made


def test_nesting_without_end_is_refused() -> None:
    """As an error, not as a crash."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(BadInput):
        canonical(value)


@given(of=reports)
def test_any_report_keeps_its_hash(of: Report) -> None:
    """Written to a file and read back it has the same, whatever a unit said."""
    again = codec.from_json(Report, codec.to_json(of, indent=2), where="test")
    assert report_sha256(again) == report_sha256(of)


def test_another_report_has_another_hash() -> None:
    """Down to one character of one finding."""
    one = report(findings=(finding("a", Outcome.PASS, message="x"),))
    other = replace(one, findings=(finding("a", Outcome.PASS, message="y"),))
    assert report_sha256(one) != report_sha256(other)
    assert report_sha256(one) == sha256(report_bytes(one))


def test_the_programs_number_is_what_standard_tools_say() -> None:
    """As the page on proofs shows."""
    line = "find audit -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    home = Path(audit.__file__).parents[1]
    try:
        done = subprocess.run(["sh", "-c", line], cwd=home, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no sha256sum here: {error}")
    assert tool_sha256(report(tool_version=audit.__version__)) == done.stdout.split()[0]
    assert tool_sha256(report(tool_version="0.0.0")) == ""
