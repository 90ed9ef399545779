from __future__ import annotations

import gzip
import hashlib
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, BadInput
from audit.sources.firmware.containers.package import open_package
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.sniff import holds_images, is_package
from tests.build import archives, block_ota, payload, sparse, super_image
from tests.build.ext4_writer import ext4
from tests.build.on_disk import read, volumes

BLOCK = 4096


def _part(name: str, blocks: int) -> bytes:
    return b"".join(bytes(BLOCK) if n % 4 == 3 else f"{name}{n:04}".encode()[:8] * 512 for n in range(blocks))


SYSTEM, VENDOR = _part("sys_", 24), _part("vend", 9)
BOTH = {"system": SYSTEM, "vendor": VENDOR}
SUPER = super_image.image(
    {"system_a": SYSTEM, "system_b": b"", "vendor_a": VENDOR, "vendor_b": b""}, pieces=1
)


def _zip(files: dict[str, bytes]) -> bytes:
    return archives.zipped(files)


def _block_ota(pack: Callable[[bytes], bytes] | None = None) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name, raw in BOTH.items():
        listed, data = block_ota.update(raw)
        files[f"{name}.transfer.list"] = listed
        files[f"{name}.new.dat" + (".br" if pack else "")] = pack(data) if pack else data
        files[f"{name}.patch.dat"] = b""
    return files


def _brotli(data: bytes) -> bytes:
    import brotli  # noqa: PLC0415  # one of the packages needs it

    return bytes(brotli.compress(data, quality=1))


def _fastboot() -> dict[str, bytes]:
    return {
        "images/system.img": sparse.of_raw(SYSTEM),
        "images/vendor.img": VENDOR,
        "images/boot.img": b"ANDROID!",
    }


def _pieces() -> dict[str, bytes]:
    """The super image in three files, as Motorola ships it."""
    blocks = len(SUPER) // BLOCK
    third = blocks // 3
    edges = [0, third, 2 * third, blocks]
    files = {}
    for number in range(3):
        start, end = edges[number], edges[number + 1]
        parts: list[bytes | tuple[bytes, int] | int] = [
            start,
            SUPER[start * BLOCK : end * BLOCK],
            blocks - end,
        ]
        files[f"super.img_sparsechunk.{number}"] = sparse.image([part for part in parts if part])
    return files


def _samsung(*, linked: bool = False, told: bool = True) -> dict[str, bytes]:
    packed = archives.lz4ed(sparse.of_raw(SUPER), linked=linked, told=told)
    ap = archives.tarred({"super.img.lz4": packed, "boot.img.lz4": archives.lz4ed(b"ANDROID!")}, md5=True)
    csc = archives.tarred({"prism.img.lz4": archives.lz4ed(sparse.of_raw(b"prism!!!" * 512))}, md5=True)
    return {
        "BL_X.tar.md5": archives.tarred({"sboot.bin.lz4": archives.lz4ed(b"boot")}, md5=True),
        "AP_X.tar.md5": ap,
        "HOME_CSC_X.tar.md5": csc,
        "CSC_X.tar.md5": csc,
    }


SAMSUNG = {**BOTH, "prism": b"prism!!!" * 512}
IMAGES = {"system.img": SYSTEM, "vendor.img": VENDOR}

PACKAGES: dict[str, tuple[str, Callable[[], bytes], dict[str, bytes], str]] = {
    "full OTA": (
        "ota.zip",
        lambda: archives.zipped({"payload.bin": payload.full(BOTH)}, stored=True),
        BOTH,
        "payload",
    ),
    "full OTA, deflated": ("ota.zip", lambda: _zip({"payload.bin": payload.full(BOTH)}), BOTH, "payload"),
    "payload alone": ("payload.bin", lambda: payload.full(BOTH), BOTH, "payload"),
    "block OTA": ("rom.zip", lambda: _zip(_block_ota()), BOTH, "block-based"),
    "block OTA, stored": ("rom.zip", lambda: archives.zipped(_block_ota(), stored=True), BOTH, "block-based"),
    "block OTA, brotli": ("rom.zip", lambda: _zip(_block_ota(_brotli)), BOTH, "block-based"),
    "fastboot images": ("stock.zip", lambda: _zip(_fastboot()), BOTH, "partition image"),
    "factory image": (
        "onyx-factory.zip",
        lambda: archives.zipped(
            {"onyx/image-onyx.zip": _zip({"system.img": sparse.of_raw(SYSTEM), "vendor.img": VENDOR})}
        ),
        BOTH,
        "ZIP",
    ),
    "factory image in stored zip": (
        "onyx-factory.zip",
        lambda: archives.zipped({"image-onyx.zip": archives.zipped(IMAGES, stored=True)}, stored=True),
        BOTH,
        "ZIP",
    ),
    "super": ("super.img", lambda: SUPER, BOTH, "super"),
    "super, sparse": ("super.img", lambda: sparse.of_raw(SUPER), BOTH, "super"),
    "super in pieces": ("moto.zip", lambda: _zip(_pieces()), BOTH, "super"),
    "Samsung": ("SM-X.zip", lambda: archives.zipped(_samsung(), stored=True), SAMSUNG, "tar"),
    "Samsung, deflated": ("SM-X.zip", lambda: _zip(_samsung()), SAMSUNG, "tar"),
    "Samsung, linked blocks": (
        "SM-X.zip",
        lambda: archives.zipped(_samsung(linked=True), stored=True),
        SAMSUNG,
        "tar",
    ),
    "Samsung, size not told": (
        "SM-X.zip",
        lambda: archives.zipped(_samsung(told=False), stored=True),
        SAMSUNG,
        "tar",
    ),
    "Samsung's AP alone": ("AP_X.tar.md5", lambda: _samsung()["AP_X.tar.md5"], BOTH, "tar"),
    "Xiaomi": (
        "tiare_images.tgz",
        lambda: archives.tarred(
            {"tiare/images/super.img": SUPER, "tiare/flash_all.sh": b"#!/bin/sh"}, gz=True
        ),
        BOTH,
        "gzip'd tar",
    ),
    "HMD": (
        "B2N-213.nb0",
        lambda: archives.nb0(
            {"B2N-0-213-00WW-system.img": sparse.of_raw(SYSTEM), "B2N-0-213-vendor.img": VENDOR}
        ),
        BOTH,
        "FIH's nb0",
    ),
    "HMD in a zip": ("B2N.zip", lambda: _zip({"B2N-213.nb0": archives.nb0(IMAGES)}), BOTH, "FIH's nb0"),
    "Huawei": (
        "UPDATE.APP",
        lambda: archives.update_app({"SYSTEM": SYSTEM, "VENDOR": VENDOR, "CURVER": b"1"}),
        BOTH,
        "Huawei",
    ),
    "an image": (
        "D1C-0-515-system.img",
        lambda: sparse.of_raw(SYSTEM),
        {"system": SYSTEM},
        "partition image",
    ),
    "an image of a slot": ("vendor_a.img", lambda: VENDOR, {"vendor": VENDOR}, "partition image"),
    "an image in LZ4": (
        "system.img.lz4",
        lambda: archives.lz4ed(SYSTEM),
        {"system": SYSTEM},
        "partition image",
    ),
    "a tar in a zip in a zip": (
        "all.zip",
        lambda: _zip({"image-inner.zip": _zip({"AP.tar.md5": archives.tarred(IMAGES, md5=True)})}),
        BOTH,
        "tar",
    ),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_every_kind_of_package_comes_down_to_the_same_images(tmp_path: Path, name: str) -> None:
    """However partitions are packed, they come out byte for byte, and the package says what it was."""
    file, make, wanted, kind = PACKAGES[name]
    path = tmp_path / file
    path.write_bytes(make())
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == wanted
        assert kind in package.kind
        assert package.gaps == ()
        assert all(volume.origin.startswith(file) for volume in package.volumes)
    assert is_package(path, path.read_bytes()[:8192])


@pytest.mark.parametrize(
    "files", [_fastboot(), _block_ota(), _samsung(), _pieces(), {"payload.bin": payload.full(BOTH)}]
)
def test_a_folder_is_opened_like_an_archive(tmp_path: Path, files: dict[str, bytes]) -> None:
    """What somebody unpacked, beside files that say nothing."""
    for name, data in {**files, "readme.txt": b"flash it"}.items():
        path = tmp_path / "fw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with Spool(tmp_path) as spool:
        found = volumes(tmp_path / "fw", spool)
    assert {name: found[name] for name in BOTH} == BOTH
    assert holds_images(tmp_path / "fw")


def test_nothing_is_copied_that_can_be_read_where_it_lies(tmp_path: Path) -> None:
    """Stored payloads, sparse super images and Samsung's independent LZ4 blocks take no temporary space."""
    for name in ("full OTA", "super, sparse", "Samsung", "Samsung's AP alone", "block OTA, stored", "HMD"):
        file, make, wanted, _ = PACKAGES[name]
        (tmp_path / file).write_bytes(make())
        with Spool(tmp_path) as spool:
            assert volumes(tmp_path / file, spool) == wanted
            assert (name, spool.used_bytes) == (name, 0)


def test_only_what_is_wanted_is_unpacked(tmp_path: Path) -> None:
    """A packed tar is read once, and of its members only the wanted ones are kept."""
    files = {
        "images/userdata.img": b"u" * (1 << 20),
        "images/system.img": SYSTEM,
        "images/modem.bin": b"m" * (1 << 20),
    }
    path = tmp_path / "fw.tgz"
    path.write_bytes(archives.tarred(files, gz=True))
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {"system": SYSTEM}
        assert spool.used_bytes < 2 * len(SYSTEM)
    assert package.left == ("images/modem.bin", "images/userdata.img")


def test_what_is_left_is_named(tmp_path: Path) -> None:
    """Partitions nobody asks about, empty slots and second copies are told apart and told."""
    path = tmp_path / "fw.zip"
    path.write_bytes(_zip({**_fastboot(), "super.img": SUPER, "system_b.img": SYSTEM}))
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
    assert sorted(volume.name for volume in package.volumes) == ["system", "vendor"]
    assert "images/boot.img" in package.left
    assert "system_b (empty)" in package.left
    assert any(left.startswith("fw.zip > system_b.img (system was taken from") for left in package.left)


def test_of_two_slots_the_second_is_taken_as_the_other_slots(tmp_path: Path) -> None:
    """Factory packages keep compiled code for the system there; it is read too, and nothing is lost."""
    path = tmp_path / "super.img"
    path.write_bytes(super_image.image({"system_b": VENDOR, "system_a": SYSTEM}))
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {"system": SYSTEM, "system_other": VENDOR}
    assert (package.left, package.gaps) == ((), ())


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a/vendor.img": VENDOR, "b/vendor.img": SYSTEM}, id="two folders"),
        pytest.param({"vendor.img": VENDOR, "vendor.raw": SYSTEM}, id="two endings"),
        pytest.param({"vendor_a.img": VENDOR, "vendor_b.img": SYSTEM}, id="two slots"),
        pytest.param({"vendor.img": VENDOR, "payload.bin": payload.full({"vendor": SYSTEM})}, id="two kinds"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_second_image_that_differs_is_a_gap(
    tmp_path: Path, files: dict[str, bytes], *, packed: bool
) -> None:
    """Only one of them is judged, so that what the other holds must not pass unseen."""
    path = tmp_path / "fw"
    if packed:
        path.write_bytes(_zip(files))
    for name, data in ({} if packed else files).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert set(read(package)) == {"vendor"}
    assert {gap.topic.value for gap in package.gaps} == {"packages", "properties"}
    assert all("differs from" in gap.reason for gap in package.gaps)


def test_one_name_twice_in_an_archive_is_two_files(tmp_path: Path) -> None:
    """Which of them a tool unpacks differs from tool to tool."""
    path = tmp_path / "fw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("system.img", SYSTEM)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("system.img", VENDOR)
    with Spool(tmp_path) as spool:
        assert open_package(path, spool=spool).gaps


INVENTED = ext4({"/app/A/A.apk": b"x"})


@pytest.mark.parametrize(
    ("file", "make"),
    [
        ("fw.zip", lambda: archives.zipped({**IMAGES, "vgc.img": INVENTED}, stored=True)),
        ("fw.zip", lambda: _zip({**IMAGES, "x/vgc_a.img": sparse.of_raw(INVENTED)})),
        ("fw.zip", lambda: _zip({**IMAGES, "vgc.img.gz": gzip.compress(INVENTED)})),
        ("fw.zip", lambda: _zip({**IMAGES, "vgc.img.lz4": archives.lz4ed(sparse.of_raw(INVENTED))})),
        ("fw.tgz", lambda: archives.tarred({**IMAGES, "vgc.img": sparse.of_raw(INVENTED)}, gz=True)),
        ("payload.bin", lambda: payload.full({**BOTH, "vgc": INVENTED, "abl": b"code" * 4096})),
        ("super.img", lambda: super_image.image({**BOTH, "vgc_a": INVENTED, "cow": b"code" * 4096})),
    ],
)
def test_a_partition_nobody_knows_is_opened_if_there_are_files_in_it(
    tmp_path: Path, file: str, make: Callable[[], bytes]
) -> None:
    """Makers invent partitions; what is in an image tells, not its name. What holds no files is left."""
    path = tmp_path / file
    path.write_bytes(make())
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {**BOTH, "vgc": INVENTED}
    assert package.gaps == ()
    assert set(package.left) <= {"abl", "cow"}


def test_what_is_the_units_own_is_left(tmp_path: Path) -> None:
    """Calibration and the radio's files are in file systems too, and hold nothing to judge."""
    path = tmp_path / "fw.zip"
    path.write_bytes(_zip({**IMAGES, "persist.img": INVENTED, "modem.img": INVENTED, "abl.img": b"x" * 4096}))
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
    assert {volume.name for volume in package.volumes} == set(BOTH)
    assert package.left == ("abl.img", "modem.img", "persist.img")


def test_a_users_data_is_read_where_somebody_put_files_in_it(tmp_path: Path) -> None:
    """Some makers put apps there; an F2FS that is as empty as it was made is left."""
    f2fs = bytes(1024) + b"\x10\x20\xf5\xf2" + bytes(8192)
    for data, volume in ((INVENTED, {"data"}), (f2fs, set[str]())):
        path = tmp_path / "fw.zip"
        path.write_bytes(_zip({**IMAGES, "userdata.img": data}))
        with Spool(tmp_path) as spool:
            package = open_package(path, spool=spool)
        assert {one.name for one in package.volumes} == {*BOTH, *volume}
        assert package.gaps == ()


@pytest.mark.parametrize("name", ["system/app/A/A.apk", "x/CUST/app/A.apk", "data/app/A.apk"])
def test_packages_beside_the_images_are_not_passed_by(tmp_path: Path, name: str) -> None:
    """Older updates copy files to the unit; an archive of nothing else says what to do with it."""
    path = tmp_path / "ota.zip"
    path.write_bytes(_zip({**IMAGES, name: b"x", "tools/adb.apk": b"x"}))
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == BOTH
    assert all("holds 1 APKs that are in no image" in gap.reason for gap in package.gaps)
    assert package.gaps
    path.write_bytes(_zip({"boot.img": b"ANDROID!", name: b"x"}))
    assert is_package(path, path.read_bytes()[:8192])
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match="in no image") as caught:
        open_package(path, spool=spool)
    assert "unpack the archive" in caught.value.fix


def test_a_link_to_an_image_is_not_followed_and_not_passed_by(tmp_path: Path) -> None:
    """Who gave the folder meant the image; what a stranger's link leads to is nobody's to read."""
    (tmp_path / "fw").mkdir()
    (tmp_path / "fw" / "system.img").write_bytes(SYSTEM)
    (tmp_path / "v.img").write_bytes(VENDOR)
    (tmp_path / "fw" / "vendor.img").symlink_to(tmp_path / "v.img")
    with Spool(tmp_path) as spool:
        package = open_package(tmp_path / "fw", spool=spool)
    assert [volume.name for volume in package.volumes] == ["system"]
    assert all("vendor.img: is a link" in gap.reason for gap in package.gaps)
    assert package.gaps


@pytest.mark.parametrize(
    ("size", "why"),
    [
        pytest.param(len(SYSTEM) + 1, "unpacks to 32768 bytes, not the 32769", id="more than it has"),
        pytest.param(len(SYSTEM) + 65536, "32768 bytes before the 163840", id="a block more than it has"),
        pytest.param(65536, "more blocks than the 65536 bytes", id="a block less than it has"),
        pytest.param(len(SYSTEM) - 1, "does not unpack as lz4", id="less than it has"),
    ],
)
def test_an_lz4_frame_that_lies_about_its_size_is_refused(tmp_path: Path, size: int, why: str) -> None:
    """The size it tells is what blocks are placed by, so it is not taken on trust."""
    data = bytearray(archives.lz4ed(SYSTEM))
    data[6:14] = size.to_bytes(8, "little")
    path = tmp_path / "system.img.lz4"
    path.write_bytes(data)
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match=why):
        read(open_package(path, spool=spool))


def test_a_damaged_partition_is_a_gap_beside_the_others(tmp_path: Path) -> None:
    """What cannot be opened may have spoken of packages and properties: both have a gap."""
    path = tmp_path / "fw.zip"
    path.write_bytes(
        archives.zipped({"system.img": SYSTEM, "vendor.img": sparse.of_raw(VENDOR)[:-100]}, stored=True)
    )
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {"system": SYSTEM}
    assert {gap.topic.value for gap in package.gaps} == {"packages", "properties"}
    assert all(gap.origin.startswith("fw.zip > vendor.img") for gap in package.gaps)


def test_what_lies_before_a_cut_is_read(tmp_path: Path) -> None:
    """The last image of an archive is cut off: it is a gap, and the one before it is whole."""
    path = tmp_path / "UPDATE.APP"
    path.write_bytes(archives.update_app({"SYSTEM": SYSTEM, "VENDOR": VENDOR})[:-100])
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {"system": SYSTEM}
    assert {gap.origin for gap in package.gaps} == {"UPDATE.APP > VENDOR.img"}


def test_a_damaged_header_within_a_zip_harms_its_file_alone(tmp_path: Path) -> None:
    """The directory still names the other files, and where they lie."""
    data = bytearray(archives.zipped(IMAGES, stored=True))
    data[data.rindex(b"PK\x03\x04")] ^= 1
    path = tmp_path / "fw.zip"
    path.write_bytes(data)
    with Spool(tmp_path) as spool:
        package = open_package(path, spool=spool)
        assert read(package) == {"system": SYSTEM}
    assert {gap.origin for gap in package.gaps} == {"fw.zip > vendor.img"}


def test_an_incremental_update_is_refused_whole(tmp_path: Path) -> None:
    """The reason is the first thing said, not that nothing was found."""
    one = payload.operation(payload.SOURCE_COPY, [(0, 1)])
    path = tmp_path / "ota.zip"
    path.write_bytes(
        archives.zipped({"payload.bin": payload.payload([payload.update("system", [one])])}, stored=True)
    )
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match="an incremental update") as caught:
        open_package(path, spool=spool)
    assert caught.value.where == "ota.zip > payload.bin"


def _with_password() -> bytes:
    data = bytearray(archives.zipped({"system.img": SYSTEM}, stored=True))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _long_tgz() -> bytes:
    noise = b"".join(hashlib.sha256(number.to_bytes(4, "little")).digest() for number in range(1 << 17))
    return archives.tarred({"system.img": noise}, gz=True)


def _opx(page: int) -> bytes:
    return bytes(2 * page) + (bytes(16) + b"\xef\x7c\0\0").ljust(page, b"\0")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        pytest.param("a.ozip", b"OPPOENCRYPT!" + bytes(99), "encrypted OPPO package", id="ozip"),
        pytest.param(
            "a.bin", b"OPPOENCRYPT!" + bytes(99), "encrypted OPPO package", id="ozip by another name"
        ),
        pytest.param("a.ofp", _opx(0x200), "encrypted OPPO package", id="ofp"),
        pytest.param("firmware.bin", _opx(0x1000), "encrypted OPPO package", id="ofp by another name"),
        pytest.param("a.ops", bytes(99), "encrypted OnePlus package", id="ops"),
        pytest.param("a.pac", bytes(99), "PAC package", id="pac"),
        pytest.param("a.kdz", bytes(99), "KDZ package", id="kdz"),
        pytest.param("a.rar", b"Rar!\x1a\x07\x00", "RAR archive", id="rar"),
        pytest.param("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(9), "7z archive", id="7z"),
        pytest.param("a.zip", _with_password(), "encrypted with a password", id="zip with a password"),
        pytest.param("a.zip", _zip({"readme": b""}), "no image of a partition", id="zip of other things"),
        pytest.param("a.zip", _zip({"system.img": SYSTEM})[:-40], "no whole ZIP archive", id="zip cut"),
        pytest.param("a.img", b"", "is empty", id="empty"),
        pytest.param("super.img", bytes(1 << 14), "no table of partitions", id="no super"),
        pytest.param("system.new.dat", SYSTEM, "one of several files", id="data without its list"),
        pytest.param("super.img_sparsechunk.3", sparse.of_raw(SUPER), "one of several files", id="one piece"),
        pytest.param("rom.zip", _zip({"system.new.dat": SYSTEM}), "without its transfer.list", id="no list"),
        pytest.param("rom.zip", _zip({"system.transfer.list": b"4"}), "without its new.dat", id="no data"),
        pytest.param(
            "a.tgz", archives.tarred(IMAGES, gz=True)[:300], "does not unpack as gzip", id="tgz cut"
        ),
        pytest.param("a.tgz", _long_tgz()[: 1 << 21], "no whole tar archive", id="tgz cut far in"),
        pytest.param(
            "AP.tar.md5", archives.tarred(IMAGES)[: 30 * BLOCK], "unexpected end of data", id="tar cut"
        ),
        pytest.param("a.img.gz", b"\x1f\x8b\x08" + bytes(50), "does not unpack as gzip", id="gzip cut"),
        pytest.param("a.img.lz4", archives.lz4ed(SYSTEM)[:-50], "are wanted at offset", id="lz4 cut"),
        pytest.param(
            "a.img.lz4",
            archives.lz4ed(SYSTEM, linked=True)[:-50],
            "middle of its LZ4 frame",
            id="linked lz4 cut",
        ),
    ],
)
def test_what_cannot_be_opened_says_why(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    """Encrypted, foreign, cut and empty files each have their reason, their place and a cure."""
    path = tmp_path / name
    path.write_bytes(data)
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match=why) as caught:
        read(open_package(path, spool=spool))
    assert name in caught.value.where
    assert caught.value.fix


def test_a_missing_piece_is_told(tmp_path: Path) -> None:
    """Two of three pieces make no image; the number of the third is said."""
    files = _pieces()
    del files["super.img_sparsechunk.1"]
    path = tmp_path / "moto.zip"
    path.write_bytes(_zip(files))
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match="piece 1 of the image is missing"):
        open_package(path, spool=spool)


def test_a_damaged_header_within_a_tar_is_told(tmp_path: Path) -> None:
    """The archive did not end there, though its reader would have it so."""
    data = bytearray(archives.tarred(IMAGES))
    data[data.index(b"vendor.img")] ^= 1
    for name, written in (("AP.tar.md5", bytes(data)), ("fw.tgz", gzip.compress(bytes(data)))):
        path = tmp_path / name
        path.write_bytes(written)
        with Spool(tmp_path) as spool, pytest.raises(BadInput, match="bad checksum"):
            open_package(path, spool=spool)


def test_archives_in_archives_have_an_end(tmp_path: Path) -> None:
    """A zip in a zip in a zip ... is followed so far and no further."""
    data = _zip({"system.img": SYSTEM})
    for _ in range(12):
        data = _zip({"a.zip": data})
    path = tmp_path / "quine.zip"
    path.write_bytes(data)
    with Spool(tmp_path) as spool, pytest.raises(BadInput, match="lies in 4 archives"):
        open_package(path, spool=spool)


@pytest.mark.parametrize("name", ["full OTA", "fastboot images", "Samsung"])
def test_a_volume_is_read_in_another_process(tmp_path: Path, name: str) -> None:
    """A worker that was not forked from us opens the volume it was sent, spooled ones too."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc shows open files here")
    file, make, _, _ = PACKAGES[name]
    path = tmp_path / file
    path.write_bytes(make())
    script = (
        "import pickle, sys; volume = pickle.load(sys.stdin.buffer);"
        "sys.stdout.buffer.write(volume.open().read())"
    )
    with Spool(tmp_path) as spool:
        system = next(v for v in open_package(path, spool=spool).volumes if v.name == "system")
        done = subprocess.run(
            [sys.executable, "-c", script], input=pickle.dumps(system), capture_output=True, check=False
        )
    assert done.stdout == SYSTEM, done.stderr.decode()


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"main_entry.txt": b"", "bugreport-x.txt": b"", "FS/data/anr/x": b""}, id="bug report"),
        pytest.param(
            {"acquisition.json": b"{}", "packages.json": b"[]", "bugreport.zip": b""}, id="AndroidQF"
        ),
        pytest.param({"AndroidManifest.xml": b"", "classes.dex": b"", "resources.arsc": b""}, id="APK"),
    ],
)
def test_other_archives_are_no_packages(tmp_path: Path, files: dict[str, bytes]) -> None:
    """What other sources read is left to them."""
    path = tmp_path / "x.zip"
    path.write_bytes(_zip(files))
    assert not is_package(path, path.read_bytes()[:8192])


def test_a_library_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """Without the extra, the error is the line that installs it."""
    from audit.sources.firmware.containers.unpack import library  # noqa: PLC0415  # the one function

    with pytest.raises(AuditError, match="needs the library nosuchlibrary") as caught:
        library("nosuchlibrary.part", where=str(tmp_path))
    assert "pip install 'adb-audit[firmware]'" in caught.value.fix


SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


@SHARED
@given(
    name=st.sampled_from(sorted(PACKAGES)),
    harm=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
    header=st.booleans(),
)
def test_damage_anywhere_is_told_or_harmless(
    tmp_path: Path, name: str, harm: list[tuple[float, int]], keep: float, header: bool
) -> None:
    """Bytes changed and ends cut off at random, often in headers: an error of ours, or images in bounds."""
    file, make, _, _ = PACKAGES[name]
    data = bytearray(make())
    for place, value in harm:
        data[int(place * min(len(data), 300 if header else len(data)))] = value
    path = tmp_path / file
    path.write_bytes(data[: int(len(data) * keep)])
    is_package(path, bytes(data[:8192]))
    with Spool(tmp_path, limit_bytes=64 << 20) as spool, suppress(AuditError):
        for volume in open_package(path, spool=spool).volumes:
            with suppress(AuditError), volume.open() as opened:
                assert len(opened.read(1 << 20)) <= 1 << 20


@pytest.mark.peer
@pytest.mark.parametrize("flags", [["-B6", "--content-size"], ["-B4"], ["-BD"], ["-9", "--no-frame-crc"]])
def test_frames_of_the_lz4_program_are_read(tmp_path: Path, flags: list[str]) -> None:
    """Independent and linked blocks, with and without their size, as the reference program writes them."""
    if shutil.which("lz4") is None:
        pytest.skip("lz4 is not installed")
    raw = SYSTEM * 30
    (tmp_path / "system.img").write_bytes(raw)
    subprocess.run(["lz4", "-q", "-f", *flags, "system.img", "system.img.lz4"], cwd=tmp_path, check=True)
    with Spool(tmp_path) as spool:
        assert volumes(tmp_path / "system.img.lz4", spool) == {"system": raw}
