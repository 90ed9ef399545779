from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.evidence import Snapshot, Source, SourceKind, UnitId
from audit.sources import OPENERS, open_source, saved
from tests.build.apk import make_apk


def examples(folder: Path) -> dict[str, Path]:
    """One path of each kind, by the name of its opener."""
    (folder / "unit").mkdir()
    (folder / "unit" / "getprop.txt").write_text("[a.b]: [c]\n")
    (folder / "build.prop").write_text("ro.a=b\n")
    snapshot = Snapshot(
        unit=UnitId(), source=Source(kind=SourceKind.LIVE), acquired_at=None, tool_version="1", artifacts=()
    )
    saved.save(snapshot, folder / "unit.json.gz")
    app = folder / "unpacked" / "system" / "app" / "Phone"
    app.mkdir(parents=True)
    (app / "Phone.apk").write_bytes(make_apk("com.android.phone"))
    (folder / "unpacked" / "system" / "build.prop").write_text("ro.a=b\n")
    (folder / "acquisition").mkdir()
    (folder / "acquisition" / "acquisition.json").write_text("{}")
    (folder / "acquisition" / "getprop.txt").write_text("[a.b]: [c]\n")
    rule = "=" * 56
    (folder / "report.txt").write_text(f"{rule}\n== dumpstate: 2024-01-01 00:00:00\n{rule}\n\nBuild: x\n")
    return {
        "AndroidQF acquisition": folder / "acquisition",
        "bug report": folder / "report.txt",
        "firmware": folder / "unpacked",
        "folder": folder / "unit",
        "property file": folder / "build.prop",
        "saved snapshot": folder / "unit.json.gz",
    }


@pytest.mark.parametrize("opener", OPENERS, ids=lambda opener: opener.name)
def test_every_opener_takes_its_own_and_no_other(opener: object, tmp_path: Path) -> None:
    """A path is opened in one way only, whatever the order of the registry."""
    paths = examples(tmp_path)
    assert {one.name for one in OPENERS} == set(paths)
    for name, path in paths.items():
        head = b"" if path.is_dir() else path.read_bytes()[:8192]
        takers = [one for one in OPENERS if one.accepts(path, head)]
        assert [one.name for one in takers] == [name]
        assert (opener in takers) == (opener is takers[0])
        assert isinstance(open_source(path), Snapshot)
