"""Every recorded unit with properties or packages; figures only, recordings are not part of the project."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.facts import Facts
from audit.model.record import record
from audit.parse.facts import read_facts
from audit.parse.package_details import parse_package_details
from audit.parse.text import decode

_KINDS = {
    "getprop.txt": Kind.GETPROP,
    "getprop_gsm.txt": Kind.GETPROP,
    "packages_f.txt": Kind.PACKAGES,
    "pm_list_packages_f.txt": Kind.PACKAGES,
    "pm_list_packages_fiu.txt": Kind.PACKAGES_KNOWN,
    "pm_list_packages_d.txt": Kind.PACKAGES_DISABLED,
    "pm_list_users.txt": Kind.USERS,
    "pm_users.txt": Kind.USERS,
    "dumpsys_package.txt": Kind.PACKAGE_DETAILS,
    "dumpsys_settings.txt": Kind.SETTINGS_GLOBAL,
    "settings_list_global.txt": Kind.SETTINGS_GLOBAL,
    "cmd_overlay.txt": Kind.OVERLAYS,
    "cat_build_prop.txt": Kind.BUILD_PROP,
}


@record
class _Unit:
    """What a recording is known to hold. failed: topics whose recording is itself a failure."""

    case: str
    properties: int
    packages: int = 0
    settings: int = 0
    name: str | None = None
    system: int = 0
    failed: frozenset[Topic] = frozenset()


_UNITS = (
    _Unit(case="allcall_w2_adups_7", properties=241, packages=74, system=74, name="AllCall W2"),
    _Unit(case="humane_aipin_12", properties=718, packages=172, system=171, name="atoll"),
    _Unit(
        case="live_gt-s7275r_cm11_4.4.4",
        properties=214,
        packages=78,
        system=77,
        name="loganreltexx",
        failed=frozenset((Topic.SETTINGS,)),  # its `settings` has no `list` and explains itself
    ),
    _Unit(
        case="live_pixelc_7.1.2_no_framework",
        properties=184,
        name="ryu",
        failed=frozenset((Topic.PACKAGES, Topic.DETAILS, Topic.SETTINGS, Topic.USERS)),
    ),
    _Unit(case="meizu_mx6_CN_flyme6", properties=705, packages=234, system=171, name="meizu_MX6"),
    _Unit(case="moto_g7play_channel", properties=35, name="channel_retail"),
    _Unit(case="nokia5_ND1_TA-1024_00WW_9", properties=272, packages=234, system=234, name="D1C_00WW_FIH"),
    _Unit(case="nokia7plus_B2N_00CN", properties=286, name="Onyx_00CN"),
    _Unit(case="nokia7plus_B2N_00WW", properties=262, name="Onyx_00WW"),
    _Unit(case="oneplus_nordN10_billie_TMO-US_11", properties=1265, name="OnePlusN10TMO"),
    _Unit(
        case="pixel_sailfish_8.1_US", properties=526, packages=232, system=167, settings=312, name="sailfish"
    ),
    _Unit(case="poco_f6_peridot_IN_customrom15", properties=1067, name="peridot_in"),
    _Unit(case="qcom_reference_8x96_LA.UM.7.5_9", properties=247, packages=128, system=128, name="msm8996"),
    _Unit(case="razer_phone2_aura", properties=41, name="cheryl2"),
    _Unit(case="realme_rmx2191", properties=42),  # its identity lies in partitions that were not recorded
    _Unit(case="redmigo_tiare_IN_8.1go", properties=277, packages=143, system=143, name="tiare_in"),
    _Unit(case="sunmi_t2s_lite_9", properties=693, packages=175, system=171, settings=400, name="T2s_LITE"),
    _Unit(case="xiaomi12x_psyche_CNfw_on_GLOBALhw_GB", properties=1978, name="psyche"),
    _Unit(case="xiaomi_dualsim_CN_gsmprops", properties=32),
)


def _kind(path: Path) -> Kind | None:
    if ".prop" in path.name or path.name == "prop.default":
        return Kind.BUILD_PROP
    return _KINDS.get(path.name)


def _facts(folder: Path) -> Facts:
    artifacts = []
    for path in sorted(folder.rglob("*")):
        kind = _kind(path) if path.is_file() else None
        if kind is not None:
            stderr = path.with_suffix(".stderr.txt")
            artifacts.append(
                Artifact(
                    kind=kind,
                    origin=str(path.relative_to(folder)),
                    data=path.read_bytes(),
                    stderr=stderr.read_bytes() if stderr.is_file() else b"",
                )
            )
    return read_facts(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=SourceKind.FOLDER),
            acquired_at=None,
            tool_version="0",
            artifacts=tuple(artifacts),
        )
    )


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.case)
def test_a_recorded_unit_is_read_to_its_last_line(captures: Path, unit: _Unit) -> None:
    """The figures are right, no line is unread, and only what the recording itself shows to fail is a gap."""
    facts = _facts(captures / unit.case)
    assert facts.unread == ()
    assert len(facts.properties) == unit.properties
    assert len(facts.packages) == unit.packages
    assert len(facts.settings) == unit.settings
    assert sum(package.system is True for package in facts.packages.values()) == unit.system
    assert facts.value("ro.product.name") == unit.name
    assert {gap.topic for gap in facts.gaps if gap.origin} == unit.failed


def test_no_recording_is_forgotten(captures: Path) -> None:
    """Every folder with properties or packages has its row above."""
    known = {unit.case for unit in _UNITS}
    for folder in captures.iterdir():
        if folder.is_dir() and folder.name != "reference" and any(map(_kind, folder.rglob("*"))):
            assert folder.name in known


def test_the_unit_without_a_framework_says_why(captures: Path) -> None:
    """Its programs do not start; every gap quotes that."""
    facts = _facts(captures / "live_pixelc_7.1.2_no_framework")
    reasons = [gap.reason for gap in facts.gaps if gap.topic is Topic.PACKAGES]
    assert len(reasons) == 1
    assert "libskia.so" in reasons[0]


def test_properties_of_several_lines_are_whole(captures: Path) -> None:
    """A boot history is one value over four lines."""
    facts = _facts(captures / "poco_f6_peridot_IN_customrom15")
    assert (facts.value("persist.sys.boot.reason.history") or "").count("\n") == 3


def test_quotes_of_a_property_file_stay(captures: Path) -> None:
    """As `getprop` of that unit shows them."""
    facts = _facts(captures / "nokia7plus_B2N_00WW")
    assert facts.value("ro.product.model") == '"Nokia 7 plus"'


def test_imports_of_files_nobody_recorded_are_counted(captures: Path) -> None:
    """Motorola's carrier values lie in a partition of their own; without it they are not known."""
    facts = _facts(captures / "moto_g7play_channel")
    assert facts.skipped["system/system/build.prop: imports of files that are not here"] == 43
    assert facts.value("ro.carrier") is None


def test_carrier_folders_of_the_redmi_go_do_not_count(captures: Path) -> None:
    """The unit ships settings for carriers it was not built for."""
    facts = _facts(captures / "redmigo_tiare_IN_8.1go")
    left = [path for path in facts.files if path.startswith("/vendor/package/")]
    assert len(left) == 10
    origins = {p.origin for p in facts.properties.values()}
    assert not [origin for origin in origins if "China" in origin]
    assert "tree/vendor/package/default.prop" in origins  # this one /system/build.prop imports


@pytest.mark.parametrize("case", ["sunmi_t2s_lite_9", "meizu_mx6_CN_flyme6", "pixel_sailfish_8.1_US"])
def test_the_largest_dumps_take_a_moment(captures: Path, case: str) -> None:
    """Two to three megabytes in well under half a second of CPU."""
    data = (captures / case / "dumpsys_package.txt").read_bytes()
    began = time.process_time()
    parse_package_details(decode(data))
    assert time.process_time() - began < 0.4
