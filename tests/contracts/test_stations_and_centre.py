"""Two stations and a centre as a company has them: programs of their own, which may end at any moment."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditError
from audit.history import History
from audit.model.history import Query
from audit.model.signing import Result
from tests.contracts.crates import PROGRAM, bench, connects, surroundings, unit
from tests.history.conftest import emptied, postgresql, server
from tests.station import centre

__all__ = ["postgresql", "server"]

pytestmark = pytest.mark.peer

_LIMIT_S = 60
_EACH = 4


class Station:
    """`adb-audit station` without a page, which can be killed and started again."""

    def __init__(self, home: Path, central: str, addresses: Sequence[str]) -> None:
        self.home = home
        self._words = ["station", "--no-page", "--market", "NO", "--transport", "tcp", "--central", central]
        self._words += connects(addresses)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In a session of its own, so that whatever it starts can be ended with it."""
        environment = surroundings(self.home)
        with (self.home / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [PROGRAM, *self._words],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def end(self, how: signal.Signals) -> int:
        """Its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            return self._process.wait(_LIMIT_S)
        finally:
            self._process.kill()

    def history(self) -> History:
        """Its own, to be closed."""
        return History.open(str(self.home / "data" / "adb-audit" / "history.sqlite"))

    def wait_for_results(self) -> None:
        """Until every unit plugged in there is in its own history."""
        with self.history() as history:
            until(lambda: history.count(Query()) >= _EACH, lambda: self.said)

    @property
    def said(self) -> list[str]:
        """Every line of standard error so far."""
        return (self.home / "said").read_text("utf-8").splitlines()


def run(home: Path, *words: str) -> str:
    """Standard output of a command that must end with 0."""
    ran = subprocess.run(
        [PROGRAM, *words],
        env=surroundings(home),
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def until(there: Callable[[], bool], why: Callable[[], object]) -> None:
    """Wait for it; a centre that does not answer is not there yet."""
    end = time.monotonic() + _LIMIT_S
    while time.monotonic() < end:
        try:
            if there():
                return
        except AuditError:
            pass  # looked for again
        time.sleep(0.2)
    pytest.fail(f"not within {_LIMIT_S} s: {why()}")


def count(url: str, **asked: Any) -> int:  # noqa: ANN401 - Query's own
    """How many reports a history has."""
    with History.open(url) as history:
        return history.count(Query(**asked))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 10))])
def test_the_centre_is_the_union_whoever_was_killed(
    tmp_path: Path,
    server: Any,  # noqa: ANN401 - it declares no types
    postgresql: str,
    number: int,
) -> None:
    """A station, the centre and the network end at random moments; one unit visits both; both sign off."""
    rng = random.Random(number)  # noqa: S311 - to be repeated
    url = emptied(postgresql)
    # the last unit of the first is the first of the second: the same phone, carried over
    specs = [unit("incident-2019", n) for n in (*range(_EACH), *range(_EACH - 1, 2 * _EACH - 1))]
    with bench(specs) as rig, centre.Network(url) as network:
        both = [
            Station(tmp_path / name, network.url, addresses)
            for name, addresses in (("a", rig.addresses[:_EACH]), ("b", rig.addresses[_EACH:]))
        ]
        try:
            _a_day(both, server, network, rng)
            _agree(both, url)
        finally:
            for one in both:
                one.end(signal.SIGKILL)


def _a_day(both: Sequence[Station], server: Any, network: centre.Network, rng: random.Random) -> None:  # noqa: ANN401 - it declares no types
    """Every unit is audited and two are signed off, whatever ends meanwhile."""
    for one in both:
        one.start()

    def a_station() -> None:
        one = rng.choice(both)
        one.end(signal.SIGKILL)
        one.start()

    def the_centre() -> None:
        centre.kill(server)
        time.sleep(rng.uniform(0.0, 1.0))
        centre.restart(server)

    def the_network() -> None:
        network.stalls, network.allowed = False, rng.randrange(20_000)
        time.sleep(rng.uniform(0.0, 1.0))
        network.allowed = None

    troubles = [a_station, the_centre, the_network]
    rng.shuffle(troubles)
    for trouble in troubles:
        time.sleep(rng.uniform(0.3, 1.5))
        trouble()
    # the inspector has the key along
    run(both[0].home, "keys", "new", "--no-passphrase")
    shutil.copytree(both[0].home / "config", both[1].home / "config")
    for one in both:
        one.wait_for_results()
        with one.history() as history:
            report = next(history.search(Query())).id
        run(one.home, "signoff", report, "--inspector", "Kari Nordmann")


def _agree(both: Sequence[Station], url: str) -> None:
    """Nothing lost, nothing double, and whoever asks the centre is told what the stations tell."""
    until(lambda: count(url) >= 2 * _EACH, lambda: [one.said for one in both])
    until(lambda: count(url, signed=Result.FAILED) == 2, lambda: [one.said for one in both])
    for one in both:
        assert one.end(signal.SIGTERM) == 0
        assert "Traceback" not in "\n".join(one.said)
    with both[0].history() as a, both[1].history() as b, History.open(url) as central:
        kept = [*a.search(Query()), *b.search(Query())]
        found = {row.id: row for row in central.search(Query())}
        assert len(found) == central.count(Query()) == len(kept) == 2 * _EACH
        visits = Counter(row.serial for row in kept)
        assert sorted(visits.values()) == [*([1] * (2 * _EACH - 2)), 2]
        assert central.count(Query(newest=True)) == len(visits)
        for history in (a, b):
            for row in history.search(Query()):
                assert (found[row.id].serial, found[row.id].signed) == (row.serial, row.signed)
                assert central.report(row.id) == history.report(row.id)
                assert central.snapshot(row.snapshot_sha256, row.id) is not None
    home = both[0].home
    told = json.loads(run(home, "history", "search", "-f", "json", "--show-identifiers", "--db", url))
    assert sorted(row["id"] for row in told) == sorted(found)
    assert run(home, "verify", "--log", "--db", url).count(": genuine: 1 record") == 2
