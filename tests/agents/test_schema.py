from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.parse.observations import lines
from tests.agents import running

HOOKS: Mapping[str, Any] = {"kind": "hooks", "ts": 0.5, "installed": ["connect"], "missing": [["x", "why"]]}
DATA: Mapping[str, Any] = {
    "kind": "data",
    "ts": 1,
    "conn": "7.1",
    "dir": "out",
    "size": 9,
    "bytes": [0, 4],
    "ip": "fe80::1%7",
    "port": 80,
    "transport": "tcp",
    "tid": 1,
    "caller": "libc.so+0x1",
}


def _message(**changed: object) -> dict[str, Any]:
    message = {
        "type": "adb-audit",
        "v": 1,
        "agent": "native",
        "seq": 0,
        "dropped": 0,
        "events": [HOOKS, DATA],
    }
    return {name: value for name, value in (message | changed).items() if value is not None}


def test_the_schema_is_one_and_takes_what_agents_send() -> None:
    """It is a schema of the draft it names, and a plain message passes."""
    Draft202012Validator.check_schema(running.schema())
    assert Draft202012Validator(running.schema()).is_valid(_message())


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 2},
        {"agent": "other"},
        {"seq": -1},
        {"seq": None},
        {"more": 1},
        {"events": []},
        {"events": [HOOKS] * 65},
        {"events": [{**DATA, "kind": "else"}]},
        {"events": [{**DATA, "data": "YWJj"}]},
        {"events": [{**DATA, "t": 1}]},
        {"events": [{**DATA, "ts": "1"}]},
        {"events": [{**DATA, "bytes": [0]}]},
        {"events": [{**DATA, "bytes": [0, -1]}]},
        {"events": [{**DATA, "bytes": [0, 1, 2]}]},
        {"events": [{**DATA, "ip": "a name"}]},
        {"events": [{**DATA, "port": 65536}]},
        {"events": [{**DATA, "caller": "x" * 513}]},
        {"events": [{name: value for name, value in DATA.items() if name != "conn"}]},
        {"events": [{**HOOKS, "missing": [["only a name"]]}]},
    ],
    ids=str,
)
def test_what_is_no_message_is_refused(changed: dict[str, Any]) -> None:
    """Other versions, unknown kinds and fields, fields of a recording, and values out of their range."""
    assert not Draft202012Validator(running.schema()).is_valid(_message(**changed))


def test_every_kind_of_event_is_one_of_a_recording() -> None:
    """But for hello, which becomes the versions of the recording, the kinds are the recording's own."""
    kinds = {
        definition["$ref"].rpartition("/")[2] for definition in running.schema()["$defs"]["event"]["oneOf"]
    }
    assert "hello" in kinds
    for kind in kinds - {"hello"}:
        assert f"\n    {kind} " in (lines.__doc__ or ""), kind
