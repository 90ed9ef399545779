"""The pin of the data that tests use: exact, checked by hash, and bound to no registry."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data"


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    """The package comes from whichever registry npm is set to, and is these very bytes."""
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    wanted = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = {path.removeprefix("node_modules/"): entry for path, entry in lock["packages"].items() if path}
    assert {name: entry["version"] for name, entry in locked.items()} == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())
    assert "resolved" not in text
    assert "://" not in text
