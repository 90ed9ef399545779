from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.code import Code, CodeFile, FoundKind
from audit.model.evidence import Kind, Snapshot, SourceKind, Topic
from audit.parse.facts import read_facts
from audit.sources import saved
from audit.sources.firmware import Progress, accepts, read_firmware
from audit.sources.firmware.layout.packages_of import owner_of
from tests.build import phone_image
from tests.build.apk import Overlay, make_apk
from tests.build.ext4_writer import ext4
from tests.build.images import unpack
from tests.build.phone_image import CLIENT, GATE, SERVER
from tests.build.vdex import write_vdex


def code_of(snapshot: Snapshot) -> dict[str, CodeFile]:
    """The files of code by path."""
    return {file.path: file for file in snapshot.code}


def artifacts(snapshot: Snapshot, kind: Kind) -> dict[str, bytes]:
    """The artifacts of a kind by the path they are of."""
    return {
        artifact.argument or artifact.origin: artifact.data
        for artifact in snapshot.artifacts
        if artifact.kind is kind
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The phone unpacked."""
    return phone_image.write_tree(phone_image.phone(), tmp_path / "dump")


def test_an_unpacked_phone_is_read_as_it_would_be_on_the_phone(tree: Path) -> None:
    """Properties, files and packages have the unit's paths, and nothing tells of the station's folders."""
    snapshot = read_firmware(tree)
    assert snapshot.source.kind is SourceKind.FIRMWARE
    assert snapshot.acquired_at is None
    assert snapshot.unit.model == "Nokia 7 plus"
    assert set(artifacts(snapshot, Kind.BUILD_PROP)) == {
        "/default.prop", "/system/build.prop", "/vendor/build.prop", "/product/build.prop",
    }  # fmt: skip
    assert artifacts(snapshot, Kind.FILE) == {
        "/system/etc/AutoRegConfig.xml": b"<c><server>https://www.c2dms.com</server></c>\n",
        "/product/etc/EvenwellCloud.config": b'{"ProduceLocale":"ww"}\n',
    }
    assert snapshot.gaps == ()
    assert all("dump" not in artifact.origin for artifact in snapshot.artifacts)
    assert all(file.path.startswith("/") and "dump" not in file.path for file in snapshot.code)


def test_packages_have_the_names_of_their_manifests(tree: Path) -> None:
    """The name of a package is its manifest's; a path or a file name never becomes one."""
    facts = read_facts(read_firmware(tree))
    assert set(facts.packages) == {
        "android", "com.android.dialer", CLIENT, "com.evenwell.x.overlay.base.s600ww",
    }  # fmt: skip
    assert facts.packages[CLIENT].paths == ("/system/app/AutoRegistration/AutoRegistration.apk",)


def test_code_beside_a_stripped_package_is_that_packages(tree: Path) -> None:
    """The only copy of the server's address lies in the vdex, which has no manifest of its own."""
    found = code_of(read_firmware(tree))["/system/app/AutoRegistration/oat/arm64/AutoRegistration.vdex"]
    assert found.package == CLIENT
    assert found.code is Code.READ
    assert SERVER in {one.value for one in found.found if one.kind is FoundKind.URL}
    assert GATE not in {one.value for one in found.found}


def test_what_is_for_another_variant_is_available_and_not_active(tree: Path) -> None:
    """A carrier's pack and a SKU's folder are reported as what the image has to offer, never as installed."""
    snapshot = read_firmware(tree)
    facts = read_facts(snapshot)
    assert {name: [p.name for p in packages] for name, packages in facts.available.items()} == {
        "ChinaTelecom": ["com.ct.client"],
        "600CN": ["com.evenwell.x.overlay.base.s600cn"],
    }
    assert "persist.env.spec" not in facts.properties
    assert "1 property file of variants (ChinaTelecom)" in snapshot.source.detail


def test_texts_are_kept_when_there_is_an_address_in_them(tree: Path) -> None:
    """A configuration nobody asked for matters when it names a server."""
    code = code_of(read_firmware(tree))
    assert code["/system/etc/servers.conf"].form == "text"
    assert "/system/etc/other.conf" not in code


def test_a_file_that_is_asked_for_is_kept_under_the_name_it_was_asked_by(tree: Path) -> None:
    """A rule may name a partition's file by its place in the system image."""
    snapshot = read_firmware(tree, files=["/system/product/etc/EvenwellCloud.config", "/system/etc/hosts"])
    kept = artifacts(snapshot, Kind.FILE)
    assert "/system/etc/hosts" in kept
    assert {"/product/etc/EvenwellCloud.config", "/system/product/etc/EvenwellCloud.config"} & set(kept)


def test_every_path_is_listed(tree: Path) -> None:
    """The listing holds all files of the phone by their paths on it, and only those."""
    (tree / "notes.txt").write_text("not of the phone")
    listed = next(iter(artifacts(read_firmware(tree), Kind.LISTING).values())).decode().splitlines()
    assert listed == sorted(phone_image.phone())


def test_progress_is_told_file_by_file(tree: Path) -> None:
    """Who waits sees how many files of how many are read."""
    seen: list[Progress] = []
    read_firmware(tree, on_progress=seen.append)
    assert [one.done for one in seen] == list(range(1, seen[0].total + 1))


def test_two_processes_read_what_one_does(tree: Path) -> None:
    """The number of processes is no part of the evidence."""
    assert read_firmware(tree, workers=2) == read_firmware(tree, workers=1)


@pytest.mark.parametrize(
    "path", ["/system/priv-app/Dialer/Dialer.apk", "/system/framework/framework-res.apk"]
)
def test_a_damaged_file_is_a_trouble_and_the_rest_is_read(path: str, tmp_path: Path) -> None:
    """One bad file is named; it neither ends the reading nor passes for one without content."""
    files = phone_image.phone()
    files[path] = files[path][: len(files[path]) // 2]
    snapshot = read_firmware(phone_image.write_tree(files, tmp_path))
    assert code_of(snapshot)[path].troubles
    assert any(gap.topic is Topic.PACKAGES and path in gap.reason for gap in read_facts(snapshot).gaps)
    assert len(snapshot.code) == len(
        read_firmware(phone_image.write_tree(phone_image.phone(), tmp_path)).code
    )


@pytest.mark.parametrize(
    ("without", "topic", "words"),
    [
        (".prop", Topic.PROPERTIES, "No property file"),
        ("/system/", Topic.PACKAGES, "no system partition"),
    ],
)
def test_what_is_missing_is_a_gap(without: str, topic: Topic, words: str, tmp_path: Path) -> None:
    """A firmware without its properties or its system cannot be told to be clean."""
    files = {path: data for path, data in phone_image.phone().items() if without not in path}
    files["/vendor/app/A/A.apk"] = make_apk("a.b")
    gaps = read_firmware(phone_image.write_tree(files, tmp_path)).gaps
    assert any(gap.topic is topic and words in gap.reason for gap in gaps)


def test_packages_that_cannot_be_read_are_a_gap(tmp_path: Path) -> None:
    """APKs that say nothing are no empty phone."""
    files = {p: b"PK\3\4 broken" if p.endswith(".apk") else d for p, d in phone_image.phone().items()}
    gaps = read_firmware(phone_image.write_tree(files, tmp_path)).gaps
    assert any(gap.topic is Topic.PACKAGES and "says its name" in gap.reason for gap in gaps)


def test_hostile_names_are_shown_harmlessly(tmp_path: Path) -> None:
    """Control characters in a file's name reach neither the listing nor a path."""
    files = phone_image.phone()
    files["/system/app/Bad\x1b[31m\n\u202e/Bad.apk"] = make_apk("bad.name")
    snapshot = read_firmware(phone_image.write_tree(files, tmp_path))
    shown = next(file.path for file in snapshot.code if file.package == "bad.name")
    assert shown.isprintable()
    assert b"\x1b" not in next(iter(artifacts(snapshot, Kind.LISTING).values()))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.img", b""),
        ("system.img", b"\0" * 8192),
        ("system.img", b"hsqs" + b"\0" * 8192),
        ("x.ozip", b"OPPOENCRYPT!" + b"\0" * 99),
        ("x.zip", b"PK\x03\x04" + b"\0" * 99),
        ("payload.bin", b"CrAU" + b"\xff" * 64),
    ],
)
def test_what_is_no_readable_firmware_is_refused_with_the_reason(
    name: str, data: bytes, tmp_path: Path
) -> None:
    """An empty, cut, encrypted or foreign package ends with what it is and what to do."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_firmware(path)
    assert name in caught.value.where
    assert caught.value.fix


def test_a_folder_without_packages_is_left_to_who_reads_evidence(tree: Path, captures: Path) -> None:
    """Property files that somebody picked from a firmware are no firmware."""
    assert accepts(tree, b"")
    for path in sorted(tree.rglob("*.apk")):
        path.unlink()
    assert not accepts(tree, b"")
    assert not any(accepts(path, b"") for path in captures.iterdir() if path.is_dir())


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/a/X/oat/arm64/X.vdex", "/a/X/X"),
        ("/a/X/oat/arm/X.odex", "/a/X/X"),
        ("/a/X/arm/X.odex", "/a/X/X"),
        ("/a/X.odex", "/a/X"),
        ("/a/oat/arm/X.odex", "/a/X"),
        ("/a/X/oat/arm64/X.apk.vdex", "/a/X/X"),
        ("/a/X/X.apk", None),
    ],
)
def test_compiled_code_lies_where_android_looks_for_it(path: str, owner: str | None) -> None:
    """The place of compiled code names the package it is of, in every generation of Android."""
    assert owner_of(path) == owner


def test_a_snapshot_of_a_firmware_can_be_kept(tree: Path, tmp_path: Path) -> None:
    """What was read of a firmware survives being saved and opened again."""
    snapshot = read_firmware(tree)
    saved.save(snapshot, tmp_path / "unit.json")
    assert json.loads((tmp_path / "unit.json").read_text())
    assert saved.load(tmp_path / "unit.json") == snapshot


@pytest.mark.parametrize(
    "data",
    [
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        b"\x7fELF",
        b"PK\5\6" + bytes(18),
    ],
)
def test_an_apk_that_names_no_package_is_no_apk_that_was_read(tmp_path: Path, data: bytes) -> None:
    """A published dump's note in place of a large APK, or anything else called one, may hide any package."""
    files = phone_image.phone(client=False) | {"/system/app/A/A.apk": data}
    snapshot = read_firmware(phone_image.write_tree(files, tmp_path / "dump"))
    assert code_of(snapshot)["/system/app/A/A.apk"].troubles
    assert Topic.PACKAGES in {gap.topic for gap in read_facts(snapshot).gaps}


def test_an_app_in_a_folder_named_after_a_sku_is_installed_if_every_unit_scans_it(tmp_path: Path) -> None:
    """Calling the app's own folder 600CN hides no client; an overlay in such a folder is the SKU's."""
    files = phone_image.phone(client=False) | {
        "/system/priv-app/600CN/A.apk": make_apk("com.a"),
        "/product/overlay/600CN/B.apk": make_apk("com.b"),
        "/product/overlay/600ID/C.apk": make_apk("com.c", overlay=Overlay(target="com.a")),
        "/product/600CN/app/D/D.apk": make_apk("com.d"),
    }
    facts = read_facts(read_firmware(phone_image.write_tree(files, tmp_path / "dump")))
    assert {"com.a", "com.b"} < set(facts.packages)
    assert not {"com.c", "com.d"} & set(facts.packages)


def test_a_link_makes_a_carriers_package_one_of_every_unit(tmp_path: Path) -> None:
    """The folder says available, the link in /system/app says installed: installed it is."""
    tree = phone_image.write_tree(phone_image.phone(client=False), tmp_path / "dump")
    (tree / "system/system/app").mkdir(exist_ok=True)
    (tree / "system/system/app/Ct").symlink_to("/vendor/package/ChinaTelecom/system/app/CtClient")
    facts = read_facts(read_firmware(tree))
    assert facts.packages["com.ct.client"].paths == ("/system/app/Ct/CtClient.apk",)
    (tree / "system/system/app/Gone").symlink_to("/data/app/Gone")
    gaps = read_firmware(tree).gaps
    assert any("/system/app/Gone is a link to /data/app/Gone" in gap.reason for gap in gaps)


def _images(folder: Path, **partitions: dict[str, bytes | str]) -> Path:
    """A folder with an image of each partition."""
    folder.mkdir(exist_ok=True)
    for name, files in partitions.items():
        (folder / f"{name}.img").write_bytes(ext4(files))
    return folder


def _files(partition: str) -> dict[str, bytes | str]:
    """The files of a clean phone's partition."""
    return dict(phone_image.by_partition(phone_image.phone(client=False))[partition])


@pytest.mark.parametrize("beside", ["image", "folder"])
def test_a_partition_taken_out_of_its_package_is_missed(tmp_path: Path, beside: str) -> None:
    """A system image that leads to /vendor alone, or a table with /product in it, tells what is absent."""
    system = _files("system") | {"/system/vendor": "/vendor", "/system/product": "/system/other"}
    fstab = b"system /system ext4 ro first_stage_mount\n"
    fstab += b"product /product ext4 ro wait,logical,first_stage_mount\n"
    fstab += b"odm /odm ext4 ro first_stage_mount,nofail\n/dev/m /metadata ext4 ro first_stage_mount\n"
    fstab += b"vendor_dlkm /vendor_dlkm ext4 ro first_stage_mount\n# product /oem ext4 ro first_stage_mount\n"
    vendor = _files("vendor") | {"/etc/fstab.qcom": fstab}

    def given(**partitions: dict[str, bytes | str]) -> list[str]:
        folder = tmp_path / "-".join(partitions)
        if beside == "image":
            _images(folder, **partitions)
        else:
            for name, files in partitions.items():
                unpack(files, folder / name)
        return [gap.reason for gap in read_firmware(folder).gaps if "further partitions" in gap.reason]

    assert [text.rpartition(": ")[2] for text in given(system=system)] == ["vendor."]
    assert [text.rpartition(": ")[2] for text in given(system=system, vendor=vendor)] == ["product."]
    assert given(system=system, vendor=vendor, product=_files("product")) == []


def test_images_beside_what_was_unpacked_are_read_too(tmp_path: Path) -> None:
    """Somebody unpacked some partitions and left others as images: all of them are one phone."""
    tree = phone_image.write_tree(phone_image.phone(client=False), tmp_path / "dump")
    shutil.rmtree(tree / "product")
    _images(tree, product=_files("product"), cust={"/app/A/A.apk": make_apk("com.a")}, system={"/x": b""})
    snapshot = read_firmware(tree)
    assert "com.a" in read_facts(snapshot).packages
    assert "/product/build.prop" in artifacts(snapshot, Kind.BUILD_PROP)
    assert snapshot.gaps == ()
    (tree / "vgc_super.img").write_bytes(b"x")
    (tree / "super.img").write_bytes(b"damaged")
    assert any("super.img" in gap.reason for gap in read_firmware(tree).gaps)


@pytest.mark.parametrize("packed", [False, True])
def test_a_partition_some_maker_invented_offers_its_packages(tmp_path: Path, *, packed: bool) -> None:
    """Nobody knows when they are installed, so they are available; they are never passed by."""
    files: dict[str, bytes | str] = {"/apps/A/A.apk": make_apk("com.a")}
    if packed:
        path = _images(tmp_path / "fw", system=_files("system"), vgc=files)
    else:
        path = unpack(files, tmp_path / "fw" / "vgc").parent
        unpack(_files("system"), path / "system")
    facts = read_facts(read_firmware(path))
    assert {name: [p.name for p in packages] for name, packages in facts.available.items()} == {
        "vgc/apps": ["com.a"]
    }


def test_a_lone_system_image_is_not_a_whole_phone(tmp_path: Path) -> None:
    """Every Android has its maker's drivers: where nothing is the vendor's, an image is missing."""
    alone = read_firmware(_images(tmp_path / "alone", system=_files("system")))
    assert [gap.reason.rpartition(": ")[2] for gap in alone.gaps] == ["vendor."]
    within = _files("system") | {"/system/vendor/lib/libx.so": b"\x7fELF"}
    assert read_firmware(_images(tmp_path / "within", system=within)).gaps == ()


def test_apks_in_no_partition_are_told(tmp_path: Path) -> None:
    """What cannot be placed on the unit is not judged, and its being there is said."""
    tree = phone_image.write_tree(phone_image.phone(client=False), tmp_path / "dump")
    (tree / "Client.apk").write_bytes(make_apk(CLIENT))
    assert any("1 APKs lie in no partition" in gap.reason for gap in read_firmware(tree).gaps)


def test_compiled_code_in_the_other_slots_system_is_the_packages(tmp_path: Path) -> None:
    """Factory packages of A/B units keep it there; a whole second system is a gap instead."""
    apk, code = make_apk(CLIENT, has_code=True), write_vdex([[SERVER]], version=19)
    system = _files("system") | {"/system/app/C/C.apk": apk}
    other: dict[str, bytes | str] = {"/app/C/oat/arm64/C.vdex": code}
    for name in ("system_other", "system_b"):
        path = _images(tmp_path / name, system=system, vendor=_files("vendor"), **{name: other})
        snapshot = read_firmware(path)
        assert code_of(snapshot)["/system/app/C/oat/arm64/C.vdex"].package == CLIENT
        assert snapshot.gaps == ()
        _images(path, **{name: other | {"/build.prop": b"a=b\n"}})
        assert any("second system" in gap.reason for gap in read_firmware(path).gaps)
    lone = _images(tmp_path / "lone", vendor=_files("vendor"), system_other=other)
    assert any("no system partition" in gap.reason for gap in read_firmware(lone).gaps)


def test_modules_beyond_measure_are_told(tmp_path: Path) -> None:
    """An image with more modules than are opened says how many were not."""
    files = phone_image.phone(client=False)
    files |= {f"/system/apex/m{number}.apex": b"x" for number in range(203)}
    gaps = read_firmware(phone_image.write_tree(files, tmp_path / "dump")).gaps
    assert any("APEX modules; 3 were not opened" in gap.reason for gap in gaps)
