from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from audit.model.facts import Parsed
from audit.parse.apex import parse_apex
from audit.parse.build_prop import parse_build_prop
from audit.parse.getprop import parse_getprop
from audit.parse.overlays import parse_overlays
from audit.parse.package_details import parse_package_details
from audit.parse.packages import parse_packages
from audit.parse.prop_files import PropFile, merge
from audit.parse.settings import parse_settings
from audit.parse.text import decode
from audit.parse.users import parse_users

Parser = Callable[[str], Parsed[Any]]

_PARSERS: tuple[Parser, ...] = (
    parse_apex,
    parse_build_prop,
    parse_getprop,
    parse_overlays,
    parse_package_details,
    parse_packages,
    parse_settings,
    parse_users,
)
_PACKAGE = "Packages:\n  Package [a.b] (1):\n"
_STARTS = (
    "",
    "package:",
    "package:/a",
    "[",
    "[a]: [",
    "import ",
    "a=",
    "_id:1 name:",
    "_id:1 name:a value:",
    "UserInfo{0:",
    "0: id=0, name=",
    "[x] ",
    "A",
    f"{_PACKAGE}    User 0: ",
    f"{_PACKAGE}    sharedUser=",
    f"{_PACKAGE}    signatures=",
    f"{_PACKAGE}    versionCode=",
    f"{_PACKAGE}    flags=",
)
_REPEATED = (
    *(
        "a",
        "1",
        " ",
        ":",
        "=",
        "{",
        "[",
        "]",
        "a=b ",
        " uid:1",
        " tag:x",
        "=a ",
        ":1",
        "[a ",
        "DUMP TIMEOUT ",
    ),
    *(" default:", " pkg:", ", type=", "*** ", "/system/system", "at java.", "\\"),
)


@pytest.mark.parametrize("parse", _PARSERS, ids=lambda parse: parse.__name__)
def test_a_line_without_end_does_not_take_long(parse: Parser) -> None:
    """Time grows with the length of a line, not with its square: no unit can hold up an audit."""
    for start in _STARTS:
        for repeated in _REPEATED:
            text = start + repeated * (100_000 // len(repeated))
            began = time.process_time()
            parse(text)
            assert time.process_time() - began < 1, (start, repeated)


def test_decoding_does_not_take_long() -> None:
    """Neither do bytes that are no text."""
    began = time.process_time()
    decode(b"\r" * 1_000_000 + b"\xff" * 1_000_000 + b"\x1b" * 1_000_000 + b"a\x00" * 1_000_000)
    assert time.process_time() - began < 5


def test_a_path_without_end_does_not_take_long() -> None:
    """An import may name any path."""
    statements = parse_build_prop("import " + "/system" * 100_000).value
    began = time.process_time()
    merge((PropFile(origin="build.prop", path="/system/build.prop", statements=statements),), None)
    assert time.process_time() - began < 1
