from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model.code import Code, CodeFile, Found, FoundKind, Manifest, OverlayTarget, Trouble
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.facts import Facts
from audit.parse.facts import read_facts

PROPS = Artifact(
    kind=Kind.BUILD_PROP,
    origin="/system/build.prop",
    data=b"ro.build.version.sdk=28\nro.boot.sku=600WW\nro.product.model=ACME One\n",
)
FRAMEWORK = CodeFile(
    path="/system/framework/framework-res.apk", size=1, form="apk", package="android",
    manifest=Manifest(package="android", version_code=28),
)  # fmt: skip


def apk(name: str, path: str, **changes: object) -> CodeFile:
    """An APK of an image."""
    made = CodeFile(
        path=path, size=1, form="apk", package=name, code=Code.READ, manifest=Manifest(package=name)
    )
    return replace(made, **changes)  # type: ignore[arg-type] # test shorthand over one record


def nameless(path: str, **changes: object) -> CodeFile:
    """An APK whose manifest could not be read."""
    return replace(apk("x", path, package=None, manifest=None), **changes)  # type: ignore[arg-type] # as above


def overlay(package: str, target: OverlayTarget) -> CodeFile:
    """A resource overlay of an image."""
    manifest = Manifest(package=package, overlay=target)
    return apk(package, f"/vendor/overlay/{package}.apk", manifest=manifest)


def image(*code: CodeFile, kind: SourceKind = SourceKind.FIRMWARE, gaps: tuple[Gap, ...] = ()) -> Facts:
    """What an image with these files says."""
    return read_facts(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=kind),
            acquired_at=None,
            tool_version="0",
            artifacts=(PROPS,),
            gaps=gaps,
            code=(FRAMEWORK, *code),
        )
    )


def test_an_images_packages_come_from_manifests_never_from_paths() -> None:
    """The file is called AutoRegistration.apk in two makers' images and is two different packages."""
    facts = image(apk("com.evenwell.autoregistration", "/system/app/AutoRegistration/AutoRegistration.apk"))
    assert set(facts.packages) == {"android", "com.evenwell.autoregistration"}
    found = facts.packages["com.evenwell.autoregistration"]
    assert (found.system, found.users) == (True, ())
    assert found.paths == ("/system/app/AutoRegistration/AutoRegistration.apk",)


def test_an_image_has_no_users_settings_or_states_and_owes_none() -> None:
    """What only a running unit can tell is no gap of an image."""
    facts = image()
    assert facts.gaps == ()
    assert facts.at_rest


def test_an_image_without_a_readable_apk_is_a_gap() -> None:
    """No package read is never no package."""
    nothing = Snapshot(
        unit=UnitId(), source=Source(kind=SourceKind.FIRMWARE), acquired_at=None, tool_version="0",
        artifacts=(PROPS,),
    )  # fmt: skip
    assert Topic.PACKAGES in {gap.topic for gap in read_facts(nothing).gaps}


def test_what_lies_in_a_variants_folder_is_available_not_there() -> None:
    """A carrier's or SKU's folder does not make a package the unit's."""
    facts = image(apk("com.acme.ct", "/vendor/package/ChinaTelecom/app/A.apk", variant="ChinaTelecom"))
    assert "com.acme.ct" not in facts.packages
    assert [p.name for p in facts.available["ChinaTelecom"]] == ["com.acme.ct"]


def test_a_package_both_active_and_in_a_variant_is_active() -> None:
    """The copy that counts is the one that is scanned."""
    facts = image(
        apk("com.acme.x", "/vendor/package/CT/app/X.apk", variant="CT"),
        apk("com.acme.x", "/system/app/X.apk"),
    )
    assert facts.packages["com.acme.x"].paths == ("/system/app/X.apk",)


@pytest.mark.parametrize(
    ("target", "enabled"),
    [
        (OverlayTarget(package="t", static=True), True),
        (OverlayTarget(package="t"), False),
        (OverlayTarget(package="t", static=True, required=("ro.boot.sku", "600WW")), True),
        (OverlayTarget(package="t", static=True, required=("ro.boot.sku", "600CN")), False),
        (OverlayTarget(package="t", static=True, required=("ro.not.stated", "x")), False),
    ],
)
def test_which_overlays_of_an_image_are_on_from_the_start(target: OverlayTarget, *, enabled: bool) -> None:
    """Static ones, where the property they ask for has their value."""
    [found] = image(overlay("com.acme.overlay", target)).overlays
    assert (found.package, found.target, found.enabled) == ("com.acme.overlay", "t", enabled)


def test_a_split_is_not_a_package_of_its_own() -> None:
    """config.arm64 belongs to its base."""
    split = apk("com.acme.x", "/product/app/X/split.apk", manifest=Manifest(package="com.acme.x", split="c"))
    facts = image(split, apk("com.acme.x", "/product/app/X/X.apk"))
    assert facts.packages["com.acme.x"].paths == ("/product/app/X/X.apk",)


def test_an_apex_is_an_apex() -> None:
    """Modules are not packages."""
    manifest = Manifest(package="com.android.adbd", version_code=3)
    module = apk("com.android.adbd", "/system/apex/a.apex", form="apex", manifest=manifest)
    facts = image(module)
    assert [(a.name, a.version_code) for a in facts.apex] == [("com.android.adbd", 3)]
    assert "com.android.adbd" not in facts.packages


def test_an_apk_whose_name_could_not_be_read_may_hide_any_package() -> None:
    """So nothing that needs the packages can pass."""
    broken = nameless("/system/app/B/B.apk", code=Code.UNREADABLE,
                 troubles=(Trouble(reason="the central directory is cut", offset=77),))  # fmt: skip
    [gap] = image(broken).gaps
    assert gap.topic is Topic.PACKAGES
    assert "/system/app/B/B.apk at byte 77: the central directory is cut" in gap.reason


def test_code_that_could_not_be_read_is_a_gap_in_addresses_only() -> None:
    """The package is known, whom it calls is not."""
    half = apk("com.acme.x", "/system/app/X.apk", code=Code.UNREADABLE,
               troubles=(Trouble(reason="cut", where="classes2.dex"), Trouble(reason="cut")))  # fmt: skip
    [gap] = image(half).gaps
    assert gap.topic is Topic.ENDPOINTS
    assert "in classes2.dex" in gap.reason
    assert "1 more in this file" in gap.reason


def test_hundreds_of_broken_files_make_a_short_report_and_none_is_forgotten() -> None:
    """Twenty are named, the others counted; one that may hide a package keeps the verdict open."""
    trouble = (Trouble(reason="cut"),)
    known = [apk(f"com.acme.a{n:03}", f"/system/app/{n:03}.apk", troubles=trouble) for n in range(40)]
    unknown = nameless("/system/app/zzz.apk", troubles=trouble)
    gaps = image(*known, unknown).gaps
    assert len(gaps) == 21
    assert gaps[-1].reason.startswith("21 more files")
    assert gaps[-1].topic is Topic.PACKAGES


def test_addresses_carry_file_part_and_byte() -> None:
    """Gate names and issuer digits are no addresses."""
    found = (
        Found(kind=FoundKind.URL, value="http://zzhc.vnet.cn", where="dex 0", offset=5),
        Found(kind=FoundKind.SMS, value="10659401:32767"),
        Found(kind=FoundKind.PROPERTY, value="persist.x.y"),
        Found(kind=FoundKind.ICCID, value="898603"),
    )
    facts = image(apk("com.acme.x", "/system/app/X/oat/arm/X.vdex", manifest=None, found=found))
    assert [(e.value, e.origin, e.offset) for e in facts.endpoints] == [
        ("http://zzhc.vnet.cn", "/system/app/X/oat/arm/X.vdex > dex 0", 5),
        ("10659401:32767", "/system/app/X/oat/arm/X.vdex", None),
    ]


def test_on_a_unit_the_lists_say_what_is_installed_and_files_only_what_is_in_them() -> None:
    """A pulled APK does not install itself."""
    facts = image(apk("com.acme.x", "/data/app/x.apk"), kind=SourceKind.LIVE)
    assert facts.packages == {}
    assert len(facts.code) == 2
    assert Topic.USERS in {gap.topic for gap in facts.gaps}
