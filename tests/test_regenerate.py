from __future__ import annotations

import pytest

from tests.regenerate import ROOT, Write, written


@pytest.mark.parametrize(("path", "write"), [pytest.param(p, w, id=p) for p, w in written()])
def test_is_as_written(path: str, write: Write) -> None:
    """A file that code writes is as it would write it now; if it should be, `python -m tests.regenerate`."""
    assert (ROOT / path).read_bytes().decode() == write()
