from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.observe.imports.formats import frames
from audit.observe.imports.frames import Heard
from audit.observe.imports.source import Source
from tests.build import pcap
from tests.observe.imports.reading import exchange

dpkt = pytest.importorskip("dpkt")

WRITTEN = exchange(b"x" * 3000, b"y" * 900)


@given(
    sizes=st.lists(st.tuples(st.binary(min_size=1, max_size=80), st.integers(0, 10**7)), max_size=20),
    newer=st.booleans(),
)
def test_frames_are_those_that_the_librarys_own_reader_gives(
    sizes: list[tuple[bytes, int]], *, newer: bool
) -> None:
    """The same bytes at the same times, from both kinds of file."""
    shots = [pcap.Shot(data, at_ms=at) for data, at in sizes]
    written = pcap.pcapng(shots) if newer else pcap.pcap(shots)
    reader = dpkt.pcapng.Reader if newer else dpkt.pcap.Reader
    theirs = [(round(at * 1e6), data) for at, data in reader(io.BytesIO(written))]
    ours = [(frame.at_ns, frame.data) for frame in frames(Source(io.BytesIO(written)), Heard())]
    assert [(at // 1000, data) for at, data in ours if at is not None] == theirs


def test_without_the_library_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    """The extra is not installed: a message with the line that installs it, logs are read all the same."""
    path, log = tmp_path / "a.pcap", tmp_path / "a.txt"
    path.write_bytes(pcap.pcap(WRITTEN))
    log.write_text("ConnectEvent(1.2.3.4, 80, 1546300800000, a.b)\n", encoding="utf-8")
    code = (
        "import sys; sys.modules['dpkt'] = None\n"
        "from datetime import UTC, datetime; from pathlib import Path\n"
        "from audit.errors import AuditError; from audit.observe.imports import read_capture\n"
        "for path in sys.argv[1:]:\n"
        "    try: read_capture(Path(path), clock=lambda: datetime.now(UTC), key=b''); print('read')\n"
        "    except AuditError as error: print(error.fix)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(log)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["pip install 'adb-audit[capture]'", "read"]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("tcpdump", ["-n", "-r"]),
        ("tshark", ["-n", "-r"]),
        ("capinfos", ["-c", "-r"]),
    ],
)
@pytest.mark.parametrize("newer", [False, True])
def test_others_read_what_the_tests_write(
    tmp_path: Path, program: str, words: list[str], *, newer: bool
) -> None:
    """The captures of these tests are ones: another program finds as many frames in them, and no fault."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    path = tmp_path / "a"
    path.write_bytes(pcap.pcapng(WRITTEN) if newer else pcap.pcap(WRITTEN))
    done = subprocess.run([found, *words, str(path)], capture_output=True, text=True, timeout=60, check=True)
    if program == "capinfos":
        assert str(len(WRITTEN)) in done.stdout
    else:
        assert len(done.stdout.splitlines()) == len(WRITTEN)
