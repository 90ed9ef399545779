from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.push import push
from audit.adb.sync import SendReader, pack_failure
from audit.errors import BadInput, ProtocolError, TransportError, UnitLost
from audit.lab.load import shipped_unit
from audit.lab.spec import Fault, FaultSpec
from audit.lab.unit import VirtualUnit

PATH = "/data/local/tmp/pushed"
BIG = hashlib.shake_128(b"pushed").digest(5_000_000)


def _push(
    folder: Path, content: bytes, *faults: Fault, full: bool = False, path: str = PATH, drop: bool = False
) -> VirtualUnit:
    """Push to a virtual unit."""
    spec = replace(
        shipped_unit("incident-2019"), full_disk=full, faults=tuple(FaultSpec(kind=one) for one in faults)
    )

    async def main() -> VirtualUnit:
        unit = VirtualUnit(spec)
        await unit.start()
        try:
            device = await open_unit(
                ConnectOptions(
                    transport=Transport.TCP, addresses=(unit.address,), environment={}, home=folder
                )
            )
            if drop:
                asyncio.get_running_loop().call_later(0.2, unit.drop)
            try:
                await push(device, path, content, mode=0o700, mtime=7, timeout_s=1.5 if faults else 20)
            finally:
                await device.close()
                await asyncio.sleep(0.01)  # lets the transport close its socket
        finally:
            await unit.stop()
        return unit

    return asyncio.run(main())


@pytest.mark.parametrize("content", [b"", b"x", BIG], ids=len)
def test_what_is_pushed_arrives(tmp_path: Path, content: bytes) -> None:
    """Whole, with its time; of its mode the owner's part counts for everybody, as adbd does."""
    unit = _push(tmp_path, content)
    file = unit.life.disk.files[PATH]
    assert (file.content == content, file.mode, file.mtime) == (True, 0o777, 7)


@pytest.mark.parametrize(
    ("path", "full", "words"),
    [(PATH, True, "No space left on device"), ("/system/bin/x", False, "Read-only file system")],
)
def test_a_unit_that_refuses_a_file_says_why(tmp_path: Path, path: str, full: bool, words: str) -> None:
    """In the middle or at once: the unit's own words, and what to do."""
    with pytest.raises(BadInput, match=words) as caught:
        _push(tmp_path, BIG, full=full, path=path)
    assert caught.value.where == path
    assert caught.value.fix


def test_a_unit_that_takes_nothing_costs_the_limit(tmp_path: Path) -> None:
    """A unit that never acknowledges holds nobody for ever, and its file is not copied into memory."""
    with pytest.raises(TransportError, match="not done within"):
        _push(tmp_path, BIG * 4, Fault.STALL_OKAY)


def test_a_unit_that_goes_away_is_lost(tmp_path: Path) -> None:
    """Pulled out in the middle."""
    with pytest.raises(UnitLost):
        _push(tmp_path, BIG * 40, drop=True)


@given(st.binary(max_size=60), st.integers(1, 9))
def test_any_answer_is_read_or_refused(data: bytes, step: int) -> None:
    """Whatever comes instead of OKAY or FAIL ends as an error."""
    reader = SendReader()
    try:
        for at in range(0, len(data), step):
            reader.feed(data[at : at + step])
    except ProtocolError:
        assert data[:4] != b"OKAY"


def test_a_refusal_is_made_safe() -> None:
    """The unit's words cannot move the cursor."""
    reader = SendReader()
    for byte in pack_failure("no\x1b[31m space"):
        assert not reader.done
        reader.feed(bytes([byte]))
    assert reader.failure == "no[31m space"
