from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import codec, plain
from audit.errors import BadInput
from audit.model.crate import Entry
from audit.model.evidence import Snapshot
from audit.model.report import Report
from tests.reports import samples

_ODD: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    2**63,
    10**30,
    "",
    "x",
    "getprop",
    "PASS",
    [],
    [1],
    ["x"],
    {},
    {"text": "x"},
)


def _read_plainly(kind: type, text: str) -> object:
    return plain.reader(kind, codec._NAMES)(plain.parsed(text))


def _by_pydantic(kind: type, text: str) -> object:
    """What the reader says whose word counts; `BadInput` where it refuses."""
    try:
        return codec._by_pydantic(kind, text, "f")
    except BadInput as error:
        return error


@pytest.mark.parametrize("name", samples.ALL)
def test_what_is_written_is_read_plainly(name: str) -> None:
    """A report as this program writes it needs no pydantic, and comes back as it was."""
    assert _read_plainly(Report, codec.to_json(samples.ALL[name])) == samples.ALL[name]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON is any
    yield path
    for key in value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0):
        yield from _places(value[key], (*path, key))


def _put(value: Any, path: tuple[Any, ...], new: object) -> Any:  # noqa: ANN401 - JSON is any
    if not path:
        return new
    made = value.copy()
    made[path[0]] = _put(value[path[0]], path[1:], new)
    return made


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_is_read_otherwise_than_by_pydantic(data: st.DataObject) -> None:
    """Whatever stands in the place of a value is read the same, or not plainly."""
    written = json.loads(codec.to_json(samples.ALL[data.draw(st.sampled_from(sorted(samples.ALL)))]))
    path = data.draw(st.sampled_from(list(_places(written))))
    odd = data.draw(st.sampled_from(_ODD) | st.text(max_size=3) | st.floats())
    text = json.dumps(_put(written, path, odd))
    _same(Report, text)


@pytest.mark.parametrize("key", ["", "schema", "unit", "findings", "policy"])
def test_a_key_that_is_missing_or_too_many_is_told_as_before(key: str) -> None:
    """As pydantic tells it, at any depth."""
    written = json.loads(codec.to_json(samples.INCIDENT))
    _same(Report, json.dumps({name: value for name, value in written.items() if name != key}))
    _same(Report, json.dumps(written | {f"{key}x": 1}))
    _same(Report, json.dumps(written | {"unit": written["unit"] | {key: 1}}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "NaN",
        "[" * 100_000,
        '"\\ud800"',
        '"\ud800"',
        '{"schema": "adb-audit/report/1", "schema": "adb-audit/report/1"}',
        "\ufeff{}",
        "9" * 5000,
    ],
)
def test_odd_json_is_left_to_pydantic(text: str) -> None:
    """What two readers of JSON may see differently, or that ends one of them, is read by the same one."""
    with pytest.raises(plain.Unlike):
        _read_plainly(Report, text)


@pytest.mark.parametrize("key", ["tool_version", "schema", "unit"])
def test_of_two_equal_keys_the_last_counts(key: str) -> None:
    """As pydantic has it."""
    text = codec.to_json(samples.INCIDENT)
    _same(Report, "{" + f'"{key}": 1, ' + text[1:])
    _same(Report, text[:-1] + f', "{key}": "x"' + "}")


def _same(kind: type, text: str) -> None:
    expected = _by_pydantic(kind, text)
    try:
        found = _read_plainly(kind, text)
    except plain.Unlike:
        return
    assert found == expected
    assert codec.to_json(found) == codec.to_json(expected)


@pytest.mark.parametrize("kind", [*codec._NAMES, Entry, Snapshot])
def test_every_kind_has_a_plain_way(kind: type) -> None:
    """A field of a form that is not known here is `Unlike` at once, and would cost pydantic, unseen."""
    plain.reader(kind, codec._NAMES)


def test_reading_what_was_written_imports_no_pydantic() -> None:
    """A report goes out and comes in, and what is wrong still has its words."""
    code = (
        "import sys; from audit import codec; from audit.model.report import Report; "
        "codec.from_json(Report, sys.stdin.read(), where='f'); print('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=codec.to_json(samples.INCIDENT).encode(),
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.decode().strip() == "False"
