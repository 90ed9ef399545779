from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.profiles import Rulebook
from audit.model.report import Decision, Expectation, Report
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source

# Folder to the regions that may be read; None = unknown, "contradiction" = strong signals that disagree.
REGIONS: dict[str, tuple[str | None, ...]] = {
    "allcall_w2_adups_7": (None,),
    "emulator_api36_netstats": (None,),
    "humane_aipin_12": (None,),
    "live_gt-s7275r_cm11_4.4.4": (None,),
    "live_pixelc_7.1.2_no_framework": (None,),
    "meizu_mx6_CN_flyme6": ("CN", None),
    "moto_g7play_channel": (None,),
    "nokia5_ND1_TA-1024_00WW_9": ("WW",),
    "nokia7plus_B2N_00CN": ("CN",),
    "nokia7plus_B2N_00WW": ("WW",),
    "oneplus_nordN10_billie_TMO-US_11": ("US",),
    "pixel_sailfish_8.1_US": (None,),
    "poco_f6_peridot_IN_customrom15": ("IN",),
    "qcom_reference_8x96_LA.UM.7.5_9": (None,),
    "razer_phone2_aura": (None,),
    "realme_rmx2191": (None,),
    "redmigo_tiare_IN_8.1go": ("IN",),
    "sunmi_t2s_lite_9": (None,),
    "xiaomi12x_psyche_CNfw_on_GLOBALhw_GB": ("contradiction",),
    "xiaomi_dualsim_CN_gsmprops": (None,),
}
NOTHING_TO_JUDGE = (
    "adb_protocol_capture",
    "adb_wire_trace_android_4.4",
    "malformed_bugreport_zip_is_adb_stdout",
)
USED_IN = {"xiaomi_dualsim_CN_gsmprops": "CN", "poco_f6_peridot_IN_customrom15": "IN"}
CANNOT_PASS = (
    "emulator_api36_netstats",
    "live_gt-s7275r_cm11_4.4.4",
    "live_pixelc_7.1.2_no_framework",
    "moto_g7play_channel",
    "nokia7plus_B2N_00WW",
    "xiaomi_dualsim_CN_gsmprops",
)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The shipped rulebook."""
    return load()


def judged(folder: Path, rulebook: Rulebook, market: str | None = "DE") -> Report:
    """The report on one capture."""
    return audit_snapshot(
        open_source(folder), rulebook, Expectation(market=market), judged_at="2025-06-01T00:00:00Z"
    )


@pytest.mark.parametrize("name", REGIONS)
def test_the_region_read_agrees_with_what_is_known(captures: Path, rulebook: Rulebook, name: str) -> None:
    """Each real capture goes from files to a report, and states the region its unit is known to have."""
    reading = judged(captures / name, rulebook).region
    said = "contradiction" if reading.contradictions else reading.region
    assert said in REGIONS[name], reading


def test_no_capture_is_left_out(captures: Path) -> None:
    """A capture that is added must be added to these tables too."""
    there = {path.name for path in captures.iterdir() if path.is_dir()} - {"reference"}
    assert there == set(REGIONS) | set(NOTHING_TO_JUDGE)


@pytest.mark.parametrize("name", NOTHING_TO_JUDGE)
def test_captures_without_evidence_are_refused(captures: Path, name: str) -> None:
    """A folder of protocol traces is no unit; the error lists what lies there."""
    with pytest.raises(BadInput, match="nothing in this folder is understood"):
        open_source(captures / name)


def test_what_is_only_called_a_bug_report_is_refused_for_what_it_is(captures: Path) -> None:
    """It holds what adb printed while it took one."""
    with pytest.raises(BadInput, match="what adb printed"):
        open_source(captures / "malformed_bugreport_zip_is_adb_stdout" / "bugreport.zip")


def test_a_folder_of_folders_is_several_units(captures: Path) -> None:
    """Judging the whole collection as one phone would mix them."""
    with pytest.raises(BadInput, match="holds several units"):
        open_source(captures)


@pytest.mark.parametrize("name", USED_IN)
def test_usage_is_told_apart_from_region(captures: Path, rulebook: Rulebook, name: str) -> None:
    """Where a unit is used is shown and is never its region."""
    reading = judged(captures / name, rulebook).region
    assert any(USED_IN[name] in signal.markets for signal in reading.usage)


@pytest.mark.parametrize("name", CANNOT_PASS)
def test_a_capture_that_lacks_evidence_cannot_pass(captures: Path, rulebook: Rulebook, name: str) -> None:
    """Without packages, framework or a supported Android the answer is that it could not be told."""
    assert judged(captures / name, rulebook).verdict.decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize("name", REGIONS)
def test_every_line_is_accounted_for(captures: Path, rulebook: Rulebook, name: str) -> None:
    """No line of a real capture is left unread, except the answer of a `settings get` taken for a table."""
    unread = judged(captures / name, rulebook).unread
    assert [u for u in unread if (u.origin, u.text) != ("settings_global.txt", "null")] == []


def test_carrier_packs_do_not_speak_for_the_unit(captures: Path) -> None:
    """The Indian Redmi Go carries a China Telecom pack, which is not active."""
    snapshot = open_source(captures / "redmigo_tiare_IN_8.1go")
    assert not [a.origin for a in snapshot.artifacts if "vendor/package" in a.origin]
    assert "11 files of inactive carrier packs" in snapshot.source.detail
