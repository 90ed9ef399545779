"""A small phone as its image is: properties, a framework, an odexed client, overlays, packs for carriers.

Modelled on images of Android 9: the client's APK is stripped, and the only copy of its server's address lies
in the compiled code beside it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.build.apk import Overlay, make_apk
from tests.build.dex import write_dex
from tests.build.vdex import write_vdex

CLIENT = "com.qualcomm.qti.autoregistration"
SERVER = "http://zzhc.vnet.cn"
GATE = "persist.vendor.radio.ps.registration.enabled"
PARTITIONS = ("vendor", "product")
"""Partitions beside the system, whose image holds the root."""

_BUILD = """\
ro.build.version.sdk=28
ro.build.version.release=9
ro.build.type=user
ro.build.tags=release-keys
ro.product.manufacturer=HMD Global
ro.product.brand=Nokia
ro.product.name=Onyx_00WW
ro.product.device=B2N_sprout
ro.product.model=Nokia 7 plus
ro.build.display.id=00WW_3_22C
ro.build.fingerprint=Nokia/Onyx_00WW/B2N_sprout:9/PPR1.180610.011/00WW_3_22C:user/release-keys
"""
_APP = "/system/app/AutoRegistration"


def phone(*, gated: bool = False, client: bool = True, pack: str = "com.ct.client") -> dict[str, bytes]:
    """The files of the phone by their paths on it.

    client: with the activation client for China Telecom; gated: of the generation that asks a property first
    pack: the package in the pack for China Telecom's customers
    """
    code = [SERVER, "hello"] + ([GATE] if gated else [])
    files = {
        "/default.prop": b"ro.secure=1\nro.adb.secure=1\n",
        "/init.rc": b"import /init.environ.rc\n",
        "/system/build.prop": _BUILD.encode(),
        "/system/framework/framework-res.apk": make_apk("android", sign=(1, 2)),
        "/system/framework/services.jar": make_apk("x", dex=[write_dex(["https://time.android.com/x"])]),
        "/system/priv-app/Dialer/Dialer.apk": make_apk(
            "com.android.dialer", dex=[write_dex(["https://www.example.com/search", "hello"])], sign=(2,)
        ),
        "/system/etc/AutoRegConfig.xml": b"<c><server>https://www.c2dms.com</server></c>\n",
        "/system/etc/hosts": b"127.0.0.1 localhost\n",
        "/system/etc/other.conf": b"nothing=here\n",
        "/system/etc/servers.conf": b"push=http://aps.c2dms.com/push\n",
        "/vendor/build.prop": b"ro.vendor.build.version.sdk=28\nro.product.vendor.model=Nokia 7 plus\n",
        "/vendor/package/ChinaTelecom/system/app/CtClient/CtClient.apk": make_apk(pack),
        "/vendor/package/ChinaTelecom/system/vendor/vendor.prop": b"persist.env.spec=ChinaTelecom\n",
        "/product/build.prop": b"ro.product.build.type=user\n",
        "/product/etc/EvenwellCloud.config": b'{"ProduceLocale":"ww"}\n',
        "/product/overlay/com.evenwell.x.overlay.base.600WW.apk": make_apk(
            "com.evenwell.x.overlay.base.s600ww",
            strings={"server": "https://www.c2dms.com/x"},
            overlay=Overlay(target="com.evenwell.x", static=True),
        ),
        "/product/600CN/overlay/com.evenwell.x.overlay.base.600CN.apk": make_apk(
            "com.evenwell.x.overlay.base.s600cn",
            strings={"server": "https://cn.c2dms.com/x"},
            overlay=Overlay(target="com.evenwell.x", static=True),
        ),
    }
    if client:
        files |= {
            f"{_APP}/AutoRegistration.apk": make_apk(CLIENT, has_code=True, shared_user="android.uid.phone"),
            f"{_APP}/oat/arm64/AutoRegistration.vdex": write_vdex([code], version=19),
        }
    return files


def by_partition(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files of each partition, by their paths in it; the system's holds the root."""
    parts: dict[str, dict[str, bytes]] = {name: {} for name in ("system", *PARTITIONS)}
    for path, data in files.items():
        first = path.split("/")[1]
        name = first if first in PARTITIONS else "system"
        parts[name][path.removeprefix(f"/{name}") if name != "system" else path] = data
    return parts


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """*files* below *folder*."""
    for path, data in files.items():
        place = folder / PurePosixPath(path).relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def write_tree(files: Mapping[str, bytes], folder: Path) -> Path:
    """The phone unpacked: a folder for each partition."""
    for name, inside in by_partition(files).items():
        write(inside, folder / name)
    return folder


def images(files: Mapping[str, bytes], folder: Path, kind: str) -> dict[str, bytes]:
    """The image of each partition: *kind* is ext4 or erofs. Skips where the tool that makes it is not."""
    made = {}
    for name, inside in by_partition(files).items():
        source, image = write(inside, folder / kind / name), folder / kind / f"{name}.img"
        _run(_EXT4 if kind == "ext4" else _EROFS, source, image)
        made[name] = image.read_bytes()
    return made


_EXT4 = ("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", "{source}", "{image}", "8M")
_EROFS = ("mkfs.erofs", "-zlz4", "{image}", "{source}")


def _run(command: tuple[str, ...], source: Path, image: Path) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        pytest.skip(f"{command[0]} is not installed")
    words = [word.format(source=source, image=image) for word in command[1:]]
    subprocess.run([tool, *words], check=True, capture_output=True)
