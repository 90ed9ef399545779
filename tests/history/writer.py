"""A program that records and signs until it is killed, and says what it was promised: a line a promise."""

from __future__ import annotations

import sys

from audit.history import History
from audit.model.signing import Result
from tests.crate.portraits import portrait
from tests.history.made import report_of, signed, snapshot_of


def promise(word: str, text: str) -> None:
    """Say it before going on."""
    sys.stdout.write(f"{word} {text}\n")
    sys.stdout.flush()


def main(url: str, name: str, most: int) -> None:
    """Reports of units NAME-0, NAME-1 …, each with evidence and packages, each signed."""
    with History.open(url) as history:
        for number in range(most):
            serial = f"{name}-{number}"
            evidence = snapshot_of(serial, data=f"[serial]: [{serial}]\n".encode() * 400)
            packages = portrait(packages=[f"com.p{n}" for n in range(number % 7, 40)])
            id_ = history.record(report_of(serial, evidence=evidence), evidence, portrait=packages)
            promise("recorded", id_)
            made = history.append(signed(serial.encode()), id_, Result.PASSED)
            promise("signed", made.sha256)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
