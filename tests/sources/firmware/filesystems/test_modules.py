from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.evidence import Snapshot, Topic
from audit.parse.facts import read_facts
from audit.sources.firmware import read_firmware
from tests.build import phone_image
from tests.build.apk import make_apk, make_zip
from tests.build.dex import write_dex
from tests.build.ext4_writer import ext4

NAME = "com.android.permission"
PLACE = f"/system/apex/{NAME}.apex"
INSIDE = {
    "/priv-app/Controller@33/Controller.apk": make_apk("com.android.permissioncontroller"),
    "/javalib/library.jar": make_apk("no.package", dex=[write_dex(["http://module.example.com/x"])]),
    "/etc/notes.txt": b"nothing\n",
}


def module(payload: bytes, *, compressed: bool = False) -> bytes:
    """An APEX module that holds the file system *payload*."""
    manifest = {"apex_manifest.pb": b"\x0a" + bytes([len(NAME)]) + NAME.encode() + b"\x10\x21"}
    whole = make_zip(manifest | {"apex_payload.img": payload}, stored=("apex_payload.img",))
    return make_zip(manifest | {"original_apex": whole}) if compressed else whole


def read(folder: Path, place: str, data: bytes) -> Snapshot:
    """The phone with a module."""
    return read_firmware(phone_image.write_tree({**phone_image.phone(), place: data}, folder))


@pytest.mark.parametrize("compressed", [False, True])
def test_what_lies_in_a_module_is_read_where_the_unit_mounts_it(compressed: bool, tmp_path: Path) -> None:
    """A package in an APEX module is on the phone, and code in one is code."""
    place = PLACE.replace(".apex", ".capex") if compressed else PLACE
    snapshot = read(tmp_path, place, module(ext4(INSIDE), compressed=compressed))
    facts = read_facts(snapshot)
    assert snapshot.gaps == ()
    package = facts.packages["com.android.permissioncontroller"]
    assert package.paths == (f"/apex/{NAME}/priv-app/Controller@33/Controller.apk",)
    assert "no.package" not in facts.packages
    assert any(endpoint.value == "http://module.example.com/x" for endpoint in facts.endpoints)
    assert facts.listing is not None
    assert f"/apex/{NAME}/etc/notes.txt" in facts.listing


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", module(b"\0" * 4096), module(b""), make_zip({"apex_manifest.pb": b""})]
)
def test_a_module_that_cannot_be_read_is_a_gap(data: bytes, tmp_path: Path) -> None:
    """A package may hide in a module; one that is damaged or foreign is named, and the rest is read."""
    snapshot = read(tmp_path, PLACE, data)
    assert [gap.topic for gap in snapshot.gaps] == [Topic.PACKAGES]
    assert NAME in snapshot.gaps[0].reason
    assert "com.android.dialer" in read_facts(snapshot).packages
