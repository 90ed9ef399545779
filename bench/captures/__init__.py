"""Importing a capture of 100 MB: a recording, then contacts with their identifiers, beside dpkt alone."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.measure import environment
from tests.build import pcap

RUNS = 3
SIZE = 100_000_000
CONNECTIONS = 300
_PIECE = 1400


def measured(folder: Path) -> str:
    """The table, and what was wanted."""
    path = folder / "capture.pcap"
    _say("the writing of a capture")
    frames = _write(path)
    size_mb = path.stat().st_size / 1e6
    seen = {}
    for name, words in _READERS.items():
        _say(words)
        seen[name] = _median(name, path)
    rows = [
        [
            words,
            f"{seen[name]['cpu_s']:.2f} s",
            f"{size_mb / seen[name]['cpu_s']:.0f} MB/s",
            f"{seen[name]['memory_mb']:.0f} MB",
        ]
        for name, words in _READERS.items()
    ]
    alone = seen["dpkt"]["cpu_s"]
    wanted = [
        _most("import, against dpkt reading the frames alone", seen["import"]["cpu_s"] / alone, 12, "x"),
        _most(
            "import, against dpkt decoding them too",
            seen["import"]["cpu_s"] / seen["decode"]["cpu_s"],
            3,
            "x",
        ),
        _most("import and contacts: memory", seen["contacts"]["memory_mb"], 600, " MB"),
        [
            "contacts, and those with an identifier",
            f"{seen['contacts']['flows']:.0f}, {seen['contacts']['exact']:.0f}",
            "",
            "",
        ],
    ]
    heads = (f"{size_mb:.0f} MB, {frames:,} frames, {CONNECTIONS} connections", "CPU", "", "memory")
    return "\n".join(
        [
            f"Medians of {RUNS} runs, each in a process of its own; imports of modules are not counted.\n",
            tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True),
            "",
            tabulate(
                wanted, headers=("", "measured", "wanted", ""), tablefmt="github", disable_numparse=True
            ),
        ]
    )


_READERS = {
    "dpkt": "dpkt, frames alone",
    "decode": "dpkt, frames and the packets in them",
    "import": "the capture as a recording (read twice, hashed)",
    "contacts": "the same, then contacts and their identifiers",
}


def _write(path: Path) -> int:
    """A capture of downloads and requests with bodies, a few with the unit's IMEI; how many frames it has."""
    chance = random.Random(20190101)  # noqa: S311 - the same capture each time
    talks = [_talk(chance, port) for port in range(40000, 40000 + CONNECTIONS)]
    written, frames = 0, 0
    with path.open("wb") as file:
        file.write(pcap.pcap([]))
        while talks:
            talk = chance.choice(talks)
            batch = [frame for _, frame in zip(range(20), talk, strict=False)]
            if not batch or written >= SIZE:
                talks.remove(talk)
                continue
            shots = [pcap.Shot(frame, at_ms=(frames + n) * 0.3) for n, frame in enumerate(batch)]
            data = pcap.pcap(shots)[24:]
            file.write(data)
            written, frames = written + len(data), frames + len(batch)
    return frames


def _talk(chance: random.Random, port: int) -> Iterator[bytes]:
    """The frames of one connection: a question for its server's name, requests and answers."""
    ends = pcap.Ends(server=f"203.0.{port % 251}.{port % 241 + 1}", sport=port)
    name = f"s{port}.example"
    query = pcap.ip(ends.unit, "192.168.1.1", pcap.UDP, pcap.udp(port, 53, pcap.question(name)))
    answer = pcap.ip("192.168.1.1", ends.unit, pcap.UDP, pcap.udp(53, port, pcap.answer(name, [ends.server])))
    yield from pcap.framed([(query, True), (answer, False), *ends.hello()])
    sent = received = 0
    while True:
        imei = "490154203237518" if port % 50 == 0 else ""
        body = json.dumps({"n": chance.random(), "imei": imei, "x": "y" * 900})
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
        head = f"POST /v1 HTTP/1.1\r\nHost: {name}\r\n{kind}\r\n\r\n"
        for data in _cut(f"{head}{body}".encode()):
            yield pcap.ethernet(ends.sent(24, data, sent))
            sent += len(data)
        size = chance.choice([500, 20_000, 400_000])
        given = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + chance.randbytes(size)
        for data in _cut(given):
            yield pcap.ethernet(ends.answered(24, data, received), outward=False)
            received += len(data)
            yield pcap.ethernet(ends.sent(pcap.ACK, b"", sent))


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]


def _median(name: str, path: Path) -> dict[str, float]:
    answers = [_once(name, str(path)) for _ in range(RUNS)]
    return {key: statistics.median(one[key] for one in answers) for key in answers[0]}


def _once(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.captures.readers", *words]
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, text=True, timeout=600, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _most(what: str, value: float, most: float, unit: str) -> Sequence[str]:
    return [what, f"{value:.1f}{unit}", f"≤ {most:g}{unit}", "met" if value <= most else "MISSED"]


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)
