"""One measurement in a process of its own: ``python -m bench.captures.readers WHAT PATH``.

Prints {"cpu_s", "memory_mb", …}; imports of modules are not counted, memory is the most the process held.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import dpkt

from audit.model.flows import Certainty, IdentifierKind, OwnIdentifier
from audit.observe.imports import read_capture
from audit.parse.observations.read import read_observations

KNOWN = (OwnIdentifier(kind=IdentifierKind.IMEI, value="490154203237518", origin="bench"),)


def frames(path: Path) -> dict[str, float]:
    """The library's own reader."""
    with path.open("rb") as file:
        return {"frames": sum(1 for _ in dpkt.pcap.Reader(file))}


def decode(path: Path) -> dict[str, float]:
    """The same, and every packet decoded."""
    with path.open("rb") as file:
        return {"frames": sum(1 for _, data in dpkt.pcap.Reader(file) if dpkt.ethernet.Ethernet(data))}


def recording(path: Path) -> dict[str, float]:
    """A recording."""
    (artifact,) = read_capture(path, clock=lambda: datetime.now(UTC), key=b"k")
    return {"bytes": len(artifact.data)}


def contacts(path: Path) -> dict[str, float]:
    """A recording, and what the judging makes of it."""
    artifacts = read_capture(path, clock=lambda: datetime.now(UTC), key=b"k")
    flows = read_observations(artifacts, {}, KNOWN).flows or ()
    exact = sum(any(one.certainty is Certainty.EXACT for one in flow.identifiers) for flow in flows)
    return {"flows": len(flows), "exact": exact}


def main() -> None:
    """Read, and say how long it took."""
    read = {"dpkt": frames, "decode": decode, "import": recording, "contacts": contacts}[sys.argv[1]]
    start = time.process_time()
    told = read(Path(sys.argv[2]))
    cpu_s = time.process_time() - start
    # getrusage would tell what the process that started this one held before it became this one
    status = Path("/proc/self/status").read_text(encoding="ascii")
    memory_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps(told | {"cpu_s": cpu_s, "memory_mb": memory_mb}))


if __name__ == "__main__":
    main()
