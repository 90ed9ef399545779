"""Paths of the unit: one name for each file, whichever partition or link it was reached by.

Sources: AOSP ``PackagePartitions.SYSTEM_PARTITIONS`` (where packages are looked for), system/core/rootdir
(``/product -> /system/product`` where there is no product partition); the makers' partitions are those which
public images and fstabs of Samsung, Xiaomi, Oplus, Huawei and MediaTek units name.
"""

from __future__ import annotations

import re

AOSP = frozenset(("system", "vendor", "product", "system_ext", "odm", "oem", "product_services"))
_MAKERS = frozenset(
    (
        "prism",  # Samsung
        "optics",
        "omr",
        "hidden",
        "cache",
        "cust",  # Xiaomi, Huawei
        "mi_ext",
        "custom",  # MediaTek, vivo
        "hw_product",  # Huawei, Honor
        "product_h",
        "preload",
        "preas",
        "preavs",
        "version",
        "oppo_product",
        "oplus_product",
        "elable",  # HMD
        "tr_carrier",  # Transsion
        "tr_company",
        "tr_mi",
        "tr_preload",
        "tr_product",
        "tr_region",
        "tr_theme",
        "data",
    )
)
_NEVER = frozenset(
    (
        *("boot", "init_boot", "vendor_boot", "recovery", "metadata", "misc", "logdump"),
        *("modem", "radio", "dsp", "bluetooth", "firmware", "efs", "sec_efs", "nvdata", "nvcfg", "mdm"),
        *("protect1", "protect2", "protect_f", "protect_s", "persist", "persistbak", "persdata", "keyrefuge"),
        *("bootsys", "vm-bootsys", "vm-persist"),
    )
)
"""Partitions that begin the unit, are its radio's or keep what is its own: calibration, keys, logs."""
_NESTABLE = AOSP | {"custom"}
"""Partitions that may lie as a folder in another: mi_ext holds ``product``, vivo's system ``custom``."""
_OPLUS = re.compile(r"my_[a-z]+")
_DLKM = re.compile(r"(?:system|vendor|odm)_dlkm")

# /system/vendor is /vendor on units without that partition, and a link to it on those with one.
_NESTED = re.compile(r"/system/(system_ext|product_services|product|vendor|odm|oem)(?=/)|/vendor/(odm)(?=/)")


def is_partition(name: str) -> bool:
    """Whether a folder of this name at a unit's root is a partition that holds what an audit asks about."""
    return (
        name in AOSP
        or name in _MAKERS
        or _OPLUS.fullmatch(name) is not None
        or _DLKM.fullmatch(name) is not None
    )


def never_has_packages(name: str) -> bool:
    """Whether a partition of this name, though it may be a file system, holds nothing an audit asks about."""
    return name in _NEVER


def has_packages(name: str) -> bool:
    """Whether the package manager of every unit with the partition *name* looks for packages in it.

    Oplus adds its own to ``PackagePartitions``.
    """
    return name in AOSP or _OPLUS.fullmatch(name) is not None


def settled(path: str) -> str:
    """*path* by the shortest of its names: ``/system/vendor/app/A.apk`` is ``/vendor/app/A.apk``.

    path: absolute, on the unit
    """
    while nested := _NESTED.match(path):
        path = f"/{nested[1] or nested[2]}{path[nested.end() :]}"
    return path


def parts_of(path: str) -> tuple[str, ...]:
    """The folders and the name of an absolute path."""
    return tuple(path.strip("/").split("/"))


def inner(folders: tuple[str, ...]) -> tuple[str, ...]:
    """*folders* without the partition, and without one within it: ``/mi_ext/product/app`` is ``app``."""
    within = folders[1:] if folders and is_partition(folders[0]) else folders
    nested = bool(within) and (within[0] in _NESTABLE or _OPLUS.fullmatch(within[0]) is not None)
    return within[1:] if nested else within
