from __future__ import annotations

from pathlib import Path

import pytest

from audit.sources.firmware.layout.places import settled
from audit.sources.firmware.layout.variants import is_code, is_installed, variant_of

AVAILABLE = {
    "/vendor/package/ChinaTelecom/system/app/Ct/Ct.apk": "ChinaTelecom",
    "/vendor/package/EUCommon/system/vendor/vendor.prop": "EUCommon",
    "/vendor/ChinaTelecom/system/app/AutoRegistration/oat/arm64/AutoRegistration.vdex": "ChinaTelecom",
    "/system/cust/overlay/600CN/com.evenwell.x.overlay.base.600CN.apk": "600CN",
    "/vendor/cust/overlay/600WW/com.evenwell.x.overlay.base.600WW.apk": "600WW",
    "/product/6EUEEA/overlay/x.apk": "6EUEEA",
    "/product/62GMX/app/X/X.apk": "62GMX",
    "/product/600EEA/etc/EvenwellCloud.config": "600EEA",
    "/product/overlay/600ID/x.apk": "600ID",
    "/system/csc/BTU/system/app/X/X.apk": "BTU",
    "/odm/omc/single/DBT/conf/customer.xml": "DBT",
    "/odm/etc/omc/XEF/etc/x.xml": "XEF",
    "/optics/configs/carriers/VZW/conf/system/cscfeature.xml": "VZW",
    "/cust/app/customized/partner-a/partner-a.apk": "customized",
    "/cust/cust/cn_chinatelecom/x.prop": "cn_chinatelecom",
    "/cust/hw/eu/app/X/X.apk": "hw/eu",
    "/hw_product/region_comm/china/app/X/X.apk": "china",
    "/system/prebuilts/app_region/Shop/Shop.apk": "prebuilts/app_region",
    "/product/opcust/mx_telcel/app/X/X.apk": "opcust/mx_telcel",
    "/system/preset/A/A.apk": "preset",
    "/system/preset/A.apk": "preset",
    "/vendor/etc/hidden/Payload.apk": "etc/hidden",
    "/system/app/deep/er/X.apk": "app/deep/er",
    "/system/Stray.apk": "system",
}

ACTIVE = (
    "/system/app/X/X.apk",
    "/system/app/X.apk",
    "/system/priv-app/600CN/X.apk",
    "/system/framework/600CN/X.apk",
    "/product/app/00CN/oat/arm64/X.vdex",
    "/my_product/app/600CN/X.apk",
    "/vendor/app/system/system.apk",
    "/system/app/X/split_config.apk",
    "/system/app/X/oat/arm64/X.vdex",
    "/system/app/X/arm64/X.odex",
    "/system/app/2GIS/2GIS.apk",
    "/system/priv-app/X/X.apk",
    "/system/framework/framework-res.apk",
    "/system/framework/arm64/boot.vdex",
    "/system/framework/oat/arm/services.odex",
    "/vendor/overlay/X.apk",
    "/vendor/overlay/X/X.apk",
    "/vendor/operator/app/X/X.apk",
    "/vendor/plugin/FwkPlugin/FwkPlugin.apk",
    "/product/overlay/com.evenwell.x.overlay.base.600WW.apk",
    "/product/data-app/X/X.apk",
    "/product/app/Chrome/Chrome.apk.gz",
    "/mi_ext/product/app/X/X.apk",
    "/system/my_product/app/X/X.apk",
    "/my_stock/del-app/X/X.apk",
    "/system/preload/X/com.x-abc==/base.apk",
    "/system/csc/common/system/app/X/X.apk",
    "/system/custom/app/X/X.apk",
    "/system/apex/com.android.art.apex",
    "/apex/com.android.permission/priv-app/Permission@33/Permission.apk",
    "/apex/com.android.art/javalib/core-oj.jar",
    "/data/app/~~a==/com.x-b==/base.apk",
    "/vendor/etc/wifi/WCNSS.cfg",
    "/product/etc/EvenwellCloud.config",
    "/cust/etc/x.xml",
    "/vendor/package/default.prop",
    "/system/etc/S88508AA1.prop",
)


@pytest.mark.parametrize(("path", "variant"), AVAILABLE.items())
def test_what_must_be_chosen_first_is_available(path: str, variant: str) -> None:
    """What a loader of the maker's has to pick, or nothing looks for, is not active by lying there."""
    assert variant_of(path) == variant


@pytest.mark.parametrize("path", ACTIVE)
def test_what_android_looks_for_is_active(path: str) -> None:
    """A package in a place that every unit scans or installs from is never passed off as a variant."""
    assert variant_of(path) == ""


@pytest.mark.parametrize(
    ("path", "installed"),
    [
        ("/product/overlay/600CN/X.apk", True),
        ("/product/600CN/overlay/X.apk", False),
        ("/product/600CN/app/X/X.apk", False),
        ("/cust/app/customized/X.apk", False),
    ],
)
def test_an_app_among_the_overlays_is_installed_whatever_its_folder_is_called(
    path: str, *, installed: bool
) -> None:
    """Only overlays are for the SKU that their folder in a scanned place names."""
    assert is_installed(path) is installed


def test_a_name_cannot_reach_the_terminal_raw() -> None:
    """A variant's name is shown to people; control characters of a hostile image stay out of it."""
    assert variant_of("/vendor/package/Bad\x1b[31m\u202ePack/app/X/X.apk") == "Bad[31mPack"


@pytest.mark.parametrize(
    ("image", "packs", "reserve"),
    [
        (
            "redmigo_tiare_IN_8.1go",
            {"ChinaTelecom", "ChinaMobile", "ChinaUnicom", "CTA", "EUCommon", "VodafoneUK", "VodafoneGroup"}
            | {"TelefonicaGermany", "Default"},
            {"prebuilts/app_region"},
        ),
        ("allcall_w2_adups_7", set(), set()),
        ("nokia5_ND1_TA-1024_00WW_9", set(), {"CDA/items", "600ID"}),
    ],
)
def test_real_images_have_the_variants_that_are_known(
    captures: Path, image: str, packs: set[str], reserve: set[str]
) -> None:
    """On whole listings of real images the rules find the packs there are, and no app of the phone's own."""
    lines = (captures / image / "all_files.txt").read_text().splitlines()
    paths = [line.rpartition("\t")[2] for line in lines]
    inside = "system/" if "system/system/build.prop" in paths else ""
    found = [settled("/" + path.removeprefix(inside)) for path in paths]
    variants = {variant_of(path) for path in found} - {""}
    assert variants == packs | reserve
    active = [path for path in found if is_code(path) and not variant_of(path)]
    assert len(active) > 100
