"""The rulebook that ships: its markets, tables, sources and examples."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import iso3166
import pytest

from audit.checks import read_region
from audit.model.facts import Facts, Property
from audit.model.profiles import Rulebook, Strength
from audit.model.report import RegionReading
from audit.parse.facts import read_facts
from audit.rulebook import ExampleResult, judge_by, load, run_examples, shipped_folder
from audit.rulebook.cache import Cache
from audit.rulebook.lint import lint
from audit.sources.folder import read_folder

EVERYDAY = frozenset(
    {"BO", "CD", "FK", "FM", "GB", "IR", "KP", "KR", "LA", "MD"}
    | {"NR", "RU", "SH", "SY", "TZ", "US", "VE", "VG", "VI", "VN"}
)
"""Countries called by their everyday name because ISO's is a title, or changed lately (Nauru)."""
OUTSIDE_THE_EU = {"IS", "LI", "NO"}
"""Members of the European Economic Area that are not in the European Union."""


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


def test_it_loads_and_says_how_long_that_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading is timed for whoever reads along; no machine is promised to be quick."""
    times = {}
    for what in ("from TOML", "from the cache"):
        before = time.process_time()
        load(cache=Cache(folder=tmp_path))
        times[what] = (time.process_time() - before) * 1000
    with capsys.disabled():
        print("  rulebook:", ", ".join(f"{what} {ms:.0f} ms" for what, ms in times.items()))  # noqa: T201 - the figure is the point
    assert all(ms > 0 for ms in times.values())


def test_nothing_in_it_could_be_better() -> None:
    """The shipped rulebook passes its own lint."""
    assert lint() == ()


def test_countries_are_those_of_iso_3166(rulebook: Rulebook) -> None:
    """All 249 codes and no other; Kosovo's XK is no ISO code."""
    known = {country.alpha2 for country in iso3166.countries} - {"XK"}
    assert rulebook.markets.countries.keys() == known
    assert len(known) == 249


def test_countries_have_their_iso_name_or_an_everyday_one(rulebook: Rulebook) -> None:
    """Names are ISO's but for those listed as called otherwise."""
    for country in iso3166.countries:
        name = rulebook.markets.countries.get(country.alpha2)
        if name is not None and country.alpha2 not in EVERYDAY:
            assert name in (country.name, country.apolitical_name)


def test_market_sets_hold_what_their_name_says(rulebook: Rulebook) -> None:
    """Worldwide lacks mainland China only; the EEA of builds holds that of the treaty and more."""
    sets, every = rulebook.markets.sets, set(rulebook.markets.countries)
    assert sets["WW"].markets == sets["GLOBAL"].markets == every - {"CN"}
    assert sets["WW"].worldwide
    assert sets["GLOBAL"].worldwide
    assert not any(s.worldwide for code, s in sets.items() if code not in ("WW", "GLOBAL"))
    assert len(sets["EU"].markets) == 27
    assert not sets["EU"].markets & OUTSIDE_THE_EU
    assert sets["EEA"].markets > sets["EU"].markets | OUTSIDE_THE_EU | {"GB", "CH"}
    assert sets["GCC"].markets == {"AE", "BH", "KW", "OM", "QA", "SA"}
    assert sets["NORTHAM"].markets >= {"US", "CA"}
    assert {"MX", "BR", "CO"} <= sets["LATAM"].markets
    assert not sets["LATAM"].markets & {"US", "CA"}


def test_sales_codes_differ_from_their_original_only_as_the_file_says(
    rulebook: Rulebook, captures: Path
) -> None:
    """Every row of the original stands in the table; UK is GB, no XK, Britain in the continent's codes."""
    original = captures / "reference" / "samsung_csc.csv"
    table = rulebook.tables["samsung-csc"]
    with original.open(newline="") as file:
        rows = {row["csc"]: row["countries"].split(";") for row in csv.DictReader(file)}
    written = {code: tuple("GB" if c == "UK" else c for c in cs if c != "XK") for code, cs in rows.items()}
    for continental in ("EUX", "EUY"):
        written[continental] = (*written[continental], "GB")
    assert dict(table) == written
    assert table["BTB"] == ("GB",)
    assert "XK" not in table["SEE"]


def test_the_notice_names_the_table_where_it_lies() -> None:
    """The licence's attribution points to the file that was made from the licensed table."""
    notice = (Path(__file__).parents[2] / "NOTICE").read_text()
    path = "profiles/regions/tables/samsung-csc.toml"
    assert path in notice
    assert (shipped_folder().parent / path).is_file()
    assert "Zachary Wander" in (shipped_folder().parent / path).read_text()


@pytest.fixture(scope="module")
def results(rulebook: Rulebook) -> tuple[ExampleResult, ...]:
    """Every example of the rulebook, judged as units are."""
    return run_examples(rulebook, judge_by(rulebook, today="2026-01-01"))


@pytest.mark.parametrize("kind", ["region", "client", "advisory"])
def test_every_example_comes_true(results: tuple[ExampleResult, ...], kind: str) -> None:
    """What a profile promises of a unit is what the checks say of it."""
    of_kind = [r for r in results if r.case.kind == kind]
    broken = [
        (r.case.path, r.case.example.name, r.case.example.expect, r.got) for r in of_kind if not r.holds
    ]
    assert broken == []
    assert of_kind


def test_every_signal_that_can_decide_is_in_an_example(rulebook: Rulebook) -> None:
    """Each maker that states a region has an example with a region, and each silent one an unknown."""
    for region in rulebook.regions:
        expected = {example.expect for example in region.examples}
        decides = any(s.strength in (Strength.STRONG, Strength.MEDIUM) for s in region.signals)
        assert "unknown" in expected if region.silent else expected
        assert not decides or expected - {"unknown", "contradiction"}, region.oem


READINGS = {
    "allcall_w2_adups_7": (None, ""),
    "humane_aipin_12": (None, ""),
    "live_gt-s7275r_cm11_4.4.4": (None, ""),
    "live_pixelc_7.1.2_no_framework": (None, "silent"),
    "meizu_mx6_CN_flyme6": ("CN", ""),
    "moto_g7play_channel": (None, ""),
    "nokia5_ND1_TA-1024_00WW_9": ("WW", ""),
    "nokia7plus_B2N_00CN": ("CN", ""),
    "nokia7plus_B2N_00WW": ("WW", ""),
    "oneplus_nordN10_billie_TMO-US_11": ("US", ""),
    "pixel_sailfish_8.1_US": (None, "silent"),
    "poco_f6_peridot_IN_customrom15": ("IN", ""),
    "qcom_reference_8x96_LA.UM.7.5_9": (None, ""),
    "razer_phone2_aura": (None, ""),
    "realme_rmx2191": (None, ""),
    "redmigo_tiare_IN_8.1go": ("IN", ""),
    "sunmi_t2s_lite_9": (None, ""),
    "xiaomi12x_psyche_CNfw_on_GLOBALhw_GB": ("CN", "contradiction"),
}


def _reading(rulebook: Rulebook, folder: Path) -> RegionReading:
    return read_region(read_facts(read_folder(folder)), rulebook)


@pytest.mark.parametrize(
    ("unit", "region", "remark"), [(u, *r) for u, r in READINGS.items()], ids=list(READINGS)
)
def test_real_units_state_the_region_they_are_known_for(
    rulebook: Rulebook, captures: Path, unit: str, region: str | None, remark: str
) -> None:
    """Each capture reads as its description says; unknown where nothing in it names a market."""
    reading = _reading(rulebook, captures / unit)
    assert reading.region == region
    assert ("contradiction" if reading.contradictions else "silent" if reading.silent else "") == remark


def test_usage_is_never_a_region(rulebook: Rulebook, captures: Path) -> None:
    """The Chinese Nokia says en-US and a US radio: both are usage, the region stays China."""
    reading = _reading(rulebook, captures / "nokia7plus_B2N_00CN")
    assert {signal.says for signal in reading.usage} == {"US"}
    assert reading.markets == {"CN"}


@pytest.mark.parametrize(("code", "name"), [("ATT", "US"), ("NEE", "NORDIC"), ("EUX", "EUX"), ("ZZZ", None)])
def test_a_sales_code_is_called_by_what_a_person_knows(
    rulebook: Rulebook, code: str, name: str | None
) -> None:
    """One country, a set with a name, or the maker's own code; never thirty countries joined."""
    stated = {"ro.product.manufacturer": "samsung", "ro.csc.sales_code": code}
    properties = {n: Property(name=n, value=v, origin="getprop") for n, v in stated.items()}
    assert read_region(Facts(properties=properties), rulebook).region == name
