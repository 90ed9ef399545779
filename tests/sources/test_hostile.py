from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.adb.device import Completed
from audit.errors import BadInput
from audit.model.report import Decision, Expectation
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.live import acquire
from tests.sources.scripted import GETPROP, KNOWN, RICH, Answer, ScriptedDevice, ordinary

RULEBOOK = load()
NAMES = (
    "getprop.txt",
    "build.prop",
    "pm_list_users.txt",
    "pm_list_packages_f.txt",
    "pm_list_packages_u_user10.txt",
    "dumpsys_package.txt",
    "dumpsys_package_one.txt",
    "dumpsys_settings.txt",
    "overlay_list.txt",
    "apex.txt",
    "settings_global.txt",
    "commands.tsv",
    "getprop.stderr.txt",
    "EvenwellCloud.config",
    "odd.bin",
)
PIECES = (
    GETPROP.encode(),
    KNOWN.encode(),
    b"[ro.build.version.sdk]: [",
    b"]\n",
    b"UserInfo{0:Owner:13} running\n",
    b"package:",
    b"=",
    b"Packages:\n  Package [com.acme] (1):\n",
    b"    userId=1000\n",
    b"[x] com.acme.overlay\n",
    b"GLOBAL SETTINGS (user 0)\n",
    b"_id:1 name:a pkg:b value:c\n",
    b"Error: Unknown option: -U\n",
    b"\r\n",
    b"\xff",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"0\tgetprop\n",
    b"DUMP TIMEOUT (10ms) EXPIRED ***\n",
    b"import /oem/x.prop ro.*\n",
)
TEXT = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=8).map(b"".join)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), TEXT, min_size=1, max_size=6))
def test_any_folder_is_judged_or_refused(files: dict[str, bytes]) -> None:
    """Whatever lies in a folder, the answer is a report or a reason, and never PASS on so little."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        try:
            snapshot = open_source(Path(folder))
        except BadInput:
            return
    report = audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at="2025-01-01T00:00:00Z")
    assert report.verdict.decision is not Decision.PASS


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(ordinary())),
        st.builds(
            Completed,
            stdout=TEXT,
            stderr=TEXT,
            exit_code=st.sampled_from([None, 0, 1, 255]),
            truncated=st.booleans(),
            timed_out=st.booleans(),
        ),
        max_size=5,
    )
)
def test_any_unit_is_read_and_judged(odd: dict[str, Answer]) -> None:
    """A unit may answer anything to any command: it costs evidence, never the program."""
    device = ScriptedDevice(ordinary() | odd)
    snapshot = asyncio.run(
        acquire(
            device,
            packages=RULEBOOK.clients,
            users=None,
            full=False,
            clock=lambda: datetime(2025, 1, 1, tzinfo=UTC),
        )
    )
    report = audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at="2025-01-01T00:00:00Z")
    lists = odd.get(RICH)
    if isinstance(lists, Completed) and (lists.timed_out or lists.truncated):
        assert report.verdict.decision is not Decision.PASS
