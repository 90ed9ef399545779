"""What somebody recorded, by its content, as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.errors import BadInput
from audit.model.evidence import Artifact
from audit.observe.imports import capture, network_log, pcap, pcapdroid_list, pcapng
from audit.observe.imports.recording import Clock, OnProgress
from audit.observe.imports.source import opened

_HEAD = 64 << 10
_SUPPORTED = (
    "give a capture (pcap or pcapng, also packed with gzip), PCAPdroid's list of connections (CSV), or"
    " network logs of a device owner (DnsEvent and ConnectEvent as Android writes them, or JSON lines with"
    " package, host, ip, port, timestamp)"
)


def read_capture(
    path: Path,
    *,
    clock: Clock,
    key: bytes,
    addresses: Sequence[str] = (),
    on_progress: OnProgress | None = None,
) -> tuple[Artifact, ...]:
    """What *path* recorded of a unit, one artifact for each recording in it.

    key: for HMACs of identifiers, kept with the recording
    addresses: of the unit in that network, IP or MAC; without them it is found out, and said how
    on_progress: told bytes done and bytes in all

    Raises BadInput for a file that is none of these, or where several machines in it may be the unit;
    UsageError for an address that is none; AuditError where the library that reads captures is absent.
    """
    with opened(path) as source:
        head = source.read(_HEAD)
    if head[:4] in pcap.MAGICS or head[:4] == pcapng.SECTION:
        return (capture.read(path, clock=clock, key=key, addresses=addresses, on_progress=on_progress),)
    if pcapdroid_list.is_list(head):
        return (pcapdroid_list.read(path, clock=clock, key=key, on_progress=on_progress),)
    if network_log.is_log(head):
        return (network_log.read(path, clock=clock, key=key, on_progress=on_progress),)
    what = "is empty" if not head else "is nothing that records a unit's connections"
    raise BadInput(what, where=str(path), fix=_SUPPORTED)
