from __future__ import annotations

from pathlib import Path

import pytest

from audit.cli import evidence, watching
from audit.errors import UsageError
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("ports", "dns", "listens", "meant"),
    [
        (None, 53, (80, 443), {}),
        ("53,80,443", 53, (80, 443), {}),
        ("5353", 5353, (80, 443), {}),
        ("53:5353,80:8080", 5353, (8080,), {8080: 80}),
    ],
)
def test_ports_of_a_sink(
    ports: str | None, dns: int, listens: tuple[int, ...], meant: dict[int, int]
) -> None:
    """The first is for names; one behind a redirect is listened on elsewhere and told as what was meant."""
    made = watching.sink_of("192.168.8.1", ports, ["02:00:00:00:00:01", "192.168.8.20"])
    assert made is not None
    assert (made.dns_port, made.ports, dict(made.meant), made.unit) == (dns, listens, meant, "192.168.8.20")


@pytest.mark.parametrize("ports", ["x", "53,", "53;80", "53,:80"])
def test_what_are_no_ports_is_said(ports: str) -> None:
    """With what would be some."""
    with pytest.raises(UsageError, match="no ports"):
        watching.sink_of("192.168.8.1", ports, ())


@pytest.mark.parametrize("given", ["imei", "imei=", "plate=AB1", "=1"])
def test_an_identifier_has_a_kind_and_a_value(given: str) -> None:
    """Anything else would never be found, and nobody would know why."""
    with pytest.raises(UsageError, match="no kind of identifier"):
        evidence.known_identifiers([given])


def test_a_place_is_checked_before_a_unit_is_read() -> None:
    """A name that no snapshot can have is refused at once."""
    with pytest.raises(UsageError, match="kept as JSON"):
        watching.check_place(Path("unit.txt"))


def test_triggers_are_listed_with_what_they_do_and_undo(cli: Cli) -> None:
    """Nobody has to set one off to learn what it does."""
    ran = cli("confirm", "--triggers")
    assert ran.code == 0
    assert "boot-completed" in ran.out
    assert "airplane mode is set as it was found" in ran.out.replace("\n  ", " ")
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("command", ["confirm", "watch"])
def test_several_units_are_watched_one_at_a_time(cli: Cli, command: str) -> None:
    """Which of two is meant is not guessed."""
    ran = cli(command, "--connect", "127.0.0.1:1", "--connect", "127.0.0.1:2", "--market", "NO")
    assert ran.code in {2, 5}
    assert "fix:" in ran.err


def test_a_capture_that_is_not_there_is_said_before_a_unit_is_looked_for(cli: Cli) -> None:
    """A usage error, though no unit is connected either."""
    ran = cli("watch", "--market", "NO", "--capture", "/no/such.pcap")
    assert ran.code == 2
    assert "/no/such.pcap: there is no such file" in ran.err
