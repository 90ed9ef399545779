"""What of an image is for another variant of the phone: there to be chosen, not active by lying there.

An image may serve several markets or carriers; a loader of the maker's copies or mounts one folder, by the
SIM, by a code in the bootloader's partition, by a property. A file alone does not tell which.

Known forms, with where they were seen:

* Qualcomm's carrier packs, ``/vendor/package/<pack>``: Redmi Go (India) holds ``ChinaTelecom``, ``EUCommon``
  and more; the older form is ``/system/vendor/<pack>/system/app``. ``com.qualcomm.qti.loadcarrier`` chooses.
* HMD's SKU folders, ``600CN`` in ``/system/cust/overlay/600CN``, ``6EUEEA`` in ``/product/6EUEEA``: Nokia
  phones, chosen by ``ro.boot.skuid``.
* Samsung's sales codes, ``/system/csc/<code>``, ``/odm/omc/<code>``: ``multi-csc`` in the recovery's scripts
  copies ``csc/common`` and then that of the code.
* Xiaomi's ``/cust/app/customized`` and ``/cust/cust/<variant>``: ``MiuiBusinessPreinstallConfig`` installs
  what the variant's list names. Huawei's ``/cust/<vendor>/<country>``, ``/hw_product/region_comm/<region>``.
* Everything else that holds packages where neither Android nor the maker's package manager looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from audit.model.text import clean_line
from audit.sources.firmware.layout.places import has_packages, inner, is_partition, parts_of

_SKU = re.compile(r"[0-9][0-9A-Z]{1,2}[A-Z]{2,3}")
"""``600WW``, ``00CN``, ``62GMX``, ``6EUEEA``: digits and capitals, a market of two or three at the end."""
_SALES_CODE = re.compile(r"[A-Z0-9]{3}")
_MARKED = frozenset(("csc", "omc"))
_REGIONS = frozenset(("region_comm", "carriers"))

_CLUSTERED = frozenset(
    ("app", "priv-app", "overlay", "vital-app", "del-app", "del-app-pre", "delapp", "3rd-app")
)
"""Folders in which a package is an APK or a folder of APKs: ``PackageManagerService.scanDirLI``."""
_WHOLE = frozenset(("framework", "javalib", "data-app", "preload", "reserve", "plugin", "apex"))
"""Folders all of which is loaded, or installed when the phone is first started.

javalib: of an APEX module; data-app: Xiaomi's ``MiuiPlatformPreinstallConfig``; preload: Samsung's preloaded
data preservation copies all of ``/system/preload`` to ``/data/app``; reserve: Oplus; plugin: MediaTek
"""
_SCANNED = frozenset(("app", "priv-app", "framework"))
"""Folders of a partition that every unit's package manager scans, whatever what lies in them is called."""
_CLUSTER = 2
"""``app/Phone``: deeper the package manager does not look."""
_OPERATOR = ("operator", "app")
"""MediaTek's ``/vendor/operator/app``, which its package manager scans on every unit."""

_CODE = (".apk", ".apk.gz", ".vdex", ".odex", ".oat", ".dex", ".jar", ".apex", ".capex")
_COMPILED = frozenset(("oat", "arm", "arm64", "x86", "x86_64", "riscv64", "mips", "mips64"))


def is_code(path: str) -> bool:
    """Whether a file of this name holds packages or code."""
    return path.lower().endswith(_CODE)


def variant_of(path: str) -> str:
    """The folder for a variant that the file lies in, by its name; "" for a file that is active.

    path: on the unit, `places.settled`
    """
    *above, name = parts_of(path)
    folders = tuple(above)
    if not is_code(name):
        return clean_line(_named(folders, name))
    packaged = _without_compiled(folders)
    if _is_scanned(packaged, _SCANNED):
        return ""
    return clean_line(_named(folders, name) or _reserve(packaged, name))


def is_installed(path: str) -> bool:
    """Whether a package at *path* that is no overlay is installed on every unit, of whatever variant.

    Overlays for a SKU lie in folders of ``/product/overlay`` named after it, and `variant_of` says so of all
    that lies there; an app in such a folder is found like any other.
    """
    return _is_scanned(_without_compiled(parts_of(path)[:-1]), _SCANNED | {"overlay"})


def _is_scanned(folders: tuple[str, ...], scanned: frozenset[str]) -> bool:
    """Source: ``PackageManagerService.scanDirLI``: each APK and each folder in there is a package."""
    if not folders or not has_packages(folders[0]):
        return False
    within = inner(folders)
    return bool(within) and within[0] in scanned and len(within) <= _CLUSTER


def place_of_packages(folder: str) -> bool:
    """Whether *folder*, a path on the unit, is one in which every file and folder is a package."""
    folders = parts_of(folder)
    return _is_scanned(folders, _SCANNED | {"overlay"}) and len(inner(folders)) == 1


def _named(folders: tuple[str, ...], name: str) -> str:
    """The variant by a form that is known."""
    return _carrier_pack(folders) or _sku(folders, name) or _sales_code(folders) or _customised(folders) or ""


def _carrier_pack(folders: tuple[str, ...]) -> str | None:
    if folders[:2] == ("vendor", "package") and len(folders) > 2:
        return folders[2]
    # /vendor/ChinaTelecom/system/app
    if folders[:1] == ("vendor",) and len(folders) > 2 and folders[2] == "system" and folders[1] != "etc":
        return folders[1]
    return None


def _sku(folders: tuple[str, ...], name: str) -> str | None:
    """A folder named like a SKU, unless it is that of one app: ``/product/app/2GIS/2GIS.apk``."""
    stem = name.partition(".")[0]
    return next(
        (f for f in folders[1:] if f != stem and _SKU.fullmatch(f) and any(c.isdigit() for c in f)), None
    )


def _sales_code(folders: tuple[str, ...]) -> str | None:
    for code in _after(folders, _MARKED):
        if _SALES_CODE.fullmatch(code):
            return code
    return None


def _customised(folders: tuple[str, ...]) -> str | None:
    if (region := next(_after(folders, _REGIONS), None)) is not None:
        return region
    if folders[:1] != ("cust",):
        return None
    within = folders[1:]
    if within[:2] == ("app", "customized"):
        return "customized"
    if within[:1] == ("cust",) and len(within) > 1:
        return within[1]
    # Huawei: /cust/<vendor>/<country>/...; the partition's own folders are not vendors
    if len(within) > 1 and within[0] not in _CLUSTERED | _WHOLE | {"etc", "media", "data"}:
        return "/".join(within[:2])
    return None


def _after(folders: tuple[str, ...], markers: frozenset[str]) -> Iterator[str]:
    """The folders directly in one of *markers*; Samsung puts ``single`` between where one code is meant."""
    plain = tuple(folder for folder in folders if folder != "single")
    return (folder for marker, folder in pairwise(plain) if marker in markers)


def _without_compiled(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Where the package lies whose compiled code this is: without ``oat/arm64`` at the end."""
    while len(folders) > 1 and folders[-1] in _COMPILED:
        folders = folders[:-1]
    return folders


def _reserve(folders: tuple[str, ...], name: str) -> str:
    """The folder of a package that lies where nobody looks; "" for a package in one of the usual places."""
    # below /apex/<name> lies what lies below a partition
    within = folders[2:] if folders[:1] == ("apex",) else inner(folders)
    if folders[:2] == ("data", "app") or within[:1] == ("csc",):
        return ""
    if within and (within[0] in _WHOLE or (within[0] in _CLUSTERED and len(within) < 3)):
        return ""
    if within[:2] == _OPERATOR and len(within) < 4:
        return ""
    if not within:
        return "/".join(folders) if name.lower().endswith((".apk", ".apk.gz")) else ""
    return "/".join(_place(within, name))


def _place(within: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The folders above the app's: ``preset`` for ``preset/A/A.apk``, ``opcust/x`` for ``opcust/x/app/A``."""
    usual = next((i for i, folder in enumerate(within) if i and folder in _CLUSTERED | _WHOLE), None)
    if usual is not None:
        return within[:usual]
    if len(within) > 1 and within[-1] == name.partition(".")[0]:
        return within[:-1]
    return within


__all__ = ["is_code", "is_partition", "variant_of"]
