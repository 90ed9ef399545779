"""One private server of Google's adb for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.adb_server import Adb, adb_program, adb_server


@pytest.fixture(scope="package")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adb]:
    """Google's adb; skipped where the wheel that carries it is not installed."""
    program = adb_program()
    if program is None:
        pytest.skip("no adb program: the adbutils wheel is not installed for this platform")
    with adb_server(program, tmp_path_factory.mktemp("home")) as running:
        yield running
