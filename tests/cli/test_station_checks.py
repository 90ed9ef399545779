"""What `adb-audit station` refuses, before it makes or shows anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.cli import reach
from audit.cli.station_asked import Site, Stationing
from audit.cli.station_checks import check
from audit.cli.station_extra import metrics_token
from audit.errors import UsageError

_SITE = Site(host="127.0.0.1", port=0, names=(), certificate=None, tls_key=None, users=Path("nobody.json"))
_ASKED = Stationing(
    market="NO",
    policy=None,
    profiles=None,
    iocs=(),
    goldens=(),
    waivers=None,
    folder=None,
    transport=None,
    addresses=(),
    wait_s=None,
    full=False,
    inspect=(),
    suspects=True,
    unit_limit_s=300.0,
    at_once=128,
    db=None,
    central=None,
    key=None,
    passphrase_file=None,
    site=_SITE,
    page=True,
    read_only=False,
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"read_only": True, "page": False}, "leave nothing to do"),
        ({"read_only": True, "central": "postgresql://x/y"}, "passes nothing on"),
        ({"read_only": True, "db": "of-nobody.sqlite"}, "no such history"),
        ({"waivers": Path("of-nobody.toml")}, "no such file of waivers"),
        ({"site": replace(_SITE, certificate=Path("c.pem"))}, "its key"),
        ({"site": replace(_SITE, tls_key=Path("k.pem"))}, "its key"),
        ({"site": replace(_SITE, host="0.0.0.0")}, "over TLS only"),
        (
            {"site": replace(_SITE, host="0.0.0.0", certificate=Path("c.pem"), tls_key=Path("k.pem"))},
            "nobody can yet",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_fix(
    change: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no file is made: a page that only reads shows no empty history for a name mistyped."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said) as caught:
        check(replace(_ASKED, **change), None)
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "://", "centre.sqlite", "sqlite:///centre.sqlite", "postgresql://x:y/z"]
)
def test_a_centre_that_can_be_none_is_told_before_the_station_starts(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as an outage, after which it would be tried for ever."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        check(_ASKED, url)
    assert caught.value.where == "--central"
    assert "postgresql://" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", ["", "short\n", "0123456789 abcdef\n", "0123456789abcd\u00e9f\n"])
def test_a_token_that_is_none_is_refused(said: str, tmp_path: Path) -> None:
    """Whoever guesses it reads what is told of the bench; and it has to fit into a header."""
    file = tmp_path / "token"
    file.write_text(said, "utf-8")
    with pytest.raises(UsageError) as caught:
        check(replace(_ASKED, site=replace(_SITE, metrics_token=file)), None)
    assert caught.value.where == str(file)
    assert "token" in caught.value.what


def test_the_token_is_the_first_line(tmp_path: Path) -> None:
    """What follows it is not sent."""
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\nnot this\n", "utf-8")
    asked = replace(_ASKED, site=replace(_SITE, metrics_token=file))
    check(asked, None)
    assert metrics_token(file) == "0123456789abcdef"
    assert metrics_token(None) == ""


def test_a_centre_out_of_reach_is_no_error() -> None:
    """A station needs nobody to go on."""
    check(_ASKED, "postgresql://audit@127.0.0.1:1/audit")


def test_what_is_no_address_is_refused_before_anything_is_connected() -> None:
    """A bench would wait for that unit for ever."""
    with pytest.raises(UsageError, match="HOST:PORT"):
        reach.options("tcp", ("127.0.0.1:5555", "bad:port"))
