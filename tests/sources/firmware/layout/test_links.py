from __future__ import annotations

import pytest

from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.links import follow

PACK = "/vendor/package/ChinaTelecom/system/app/C/C.apk"
CODE = "/vendor/package/ChinaTelecom/system/app/C/oat/arm64/C.vdex"


def files(*paths: str) -> dict[str, Entry]:
    """Entries by path, each with a place that tells where it is read."""
    return {path: Entry(path=path, root=0, place=f"at {path}", size=1) for path in paths}


@pytest.mark.parametrize(
    ("links", "installed"),
    [
        ({"/system/app/C": "/vendor/package/ChinaTelecom/system/app/C"}, "/system/app/C"),
        ({"/system/app/D": "../vendor/package/ChinaTelecom/system/app/C"}, "/system/app/D"),
        ({"/system/priv-app": "/vendor/package/ChinaTelecom/system/app"}, "/system/priv-app/C"),
        (
            {"/product/app/C": "/x/C", "/x": "/y", "/y": "/vendor/package/ChinaTelecom/system/app"},
            "/product/app/C",
        ),
    ],
)
def test_what_a_link_in_a_place_of_packages_leads_to_is_installed(
    links: dict[str, str], installed: str
) -> None:
    """A folder for carriers that a link makes a package of every unit is no variant's any more."""
    led = follow(links, files(PACK, CODE))
    assert [(one.path, one.place) for one in led.files] == [
        (f"{installed}/C.apk", f"at {PACK}"),
        (f"{installed}/oat/arm64/C.vdex", f"at {CODE}"),
    ]
    assert led.nowhere == ()


def test_a_file_that_is_a_link_is_followed() -> None:
    """An APK alone may be the link."""
    led = follow({"/system/app/C/C.apk": f"../../..{PACK}"}, files(PACK))
    assert [one.path for one in led.files] == ["/system/app/C/C.apk"]


@pytest.mark.parametrize(
    "links",
    [
        {"/system/vendor": "/vendor"},
        {"/system/etc/x.xml": PACK},
        {"/vendor/package/Other": "/vendor/package/ChinaTelecom"},
        {"/system/app/X/lib/arm/libx.so": "/system/lib/libx.so"},
        {"/system/app/A": "/product/app/A"},
    ],
)
def test_links_that_install_nothing_new_are_passed_by(links: dict[str, str]) -> None:
    """What is installed anyway, and what stays a variant's, is counted once."""
    led = follow(links, files(PACK, "/product/app/A/A.apk"))
    assert led.files == ()
    assert led.nowhere == ()


@pytest.mark.parametrize(
    "links",
    [
        {"/system/app/C": "/data/x"},
        {"/system/app/C.apk": "../../../../etc/passwd"},
        {"/system/app/C/C.apk": "/data/C.apk"},
        {"/system/app/C": "/system/app/D", "/system/app/D": "/system/app/C"},
        {"/system/app/C": ""},
    ],
)
def test_a_package_that_is_not_on_the_image_is_told(links: dict[str, str]) -> None:
    """A link that leads nowhere, out of the image or in a circle hides what is installed."""
    assert [path for path, _ in follow(links, files("/system/app/A/A.apk")).nowhere] == sorted(links)


def test_many_links_to_one_large_folder_end() -> None:
    """Looking below links is bounded, and that it was cut short is said."""
    large = files(*(f"/vendor/x/{n}" for n in range(2000)))
    led = follow({f"/system/app/{n}": "/vendor/x" for n in range(300)}, large)
    assert led.cut
    assert not follow({"/system/app/1": "/vendor/x"}, large).cut
