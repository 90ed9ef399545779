"""What is left out when units are compared: read, checked, and never a property that tells of a client."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from audit.checks.portrait import portrait_of
from audit.model.facts import Facts, Property
from audit.model.portrait import TraitKind
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import RegionReading
from audit.rulebook import load
from audit.rulebook.lint import lint
from audit.rulebook.readers import read_properties
from tests.rulebook.house import GOOD, problems, read, write

VOLATILE = """
[[volatile]]
id = "acme-boot"
kind = "property"
names = ["ro.acme.boottime.*"]
oems = ["acme"]
why = "ACME keeps there how long it took to start."
sources = ["https://example.org/acme-boot"]
"""
FILE = "volatile/acme.toml"
OF_USE = {
    "gsm.operator.iso-country",
    "gsm.operator.numeric",
    "gsm.sim.operator.iso-country",
    "gsm.sim.operator.numeric",
    "persist.sys.country",
    "persist.sys.locale",
    "persist.sys.timezone",
}
"""What rules read that tells of nothing but the SIM and the language."""


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


def test_an_entry_becomes_a_record(tmp_path: Path) -> None:
    """With its file; and a rulebook without the folder loads as before."""
    (one,) = read(write(tmp_path, {FILE: VOLATILE})).volatile
    assert (one.id, one.kind, one.names, one.oems, one.use, one.path) == (
        "acme-boot",
        TraitKind.PROPERTY,
        ("ro.acme.boottime.*",),
        ("acme",),
        False,
        FILE,
    )
    assert read(write(tmp_path / "without")).volatile == ()


def test_the_hash_of_a_rulebook_covers_it(tmp_path: Path) -> None:
    """A report names the rules it was made with, these among them; the cache does not hide a change."""
    folder = write(tmp_path, {FILE: VOLATILE})
    before = read(folder)
    assert read(folder).sha256 == before.sha256
    (folder / FILE).write_text(VOLATILE.replace("boottime", "uptime"))
    assert read(folder).sha256 != before.sha256
    assert read(folder).volatile[0].names == ("ro.acme.uptime.*",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sources = ["https://example.org/acme-boot"]', "sources = []", "has no source"),
        ('sources = ["https://example.org/acme-boot"]', 'sources = ["acme"]', "is not an address"),
        ('names = ["ro.acme.boottime.*"]', "names = []", "names nothing"),
        ('names = ["ro.acme.boottime.*"]', 'names = ["*"]', "leaves out too much"),
        ('names = ["ro.acme.boottime.*"]', 'names = ["*.boottime"]', "leaves out too much"),
        ('names = ["ro.acme.boottime.*"]', 'names = ["ro.acme.*"]', "leaves out ro.acme.code, which signal"),
        (
            'names = ["ro.acme.boottime.*"]',
            'names = ["persist.*"]',
            "leaves out persist.acme.on, which the gate of com.acme.simactivate reads",
        ),
        ('oems = ["acme"]', 'oems = ["ACME"]', "is not in lower case"),
        ('kind = "property"', 'kind = "propperty"', "unknown trait kind 'propperty'"),
        ('id = "acme-boot"', 'idd = "acme-boot"', "unknown key 'idd'"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With its file and place; a rule that would hide a gate or a region is refused."""
    assert old in VOLATILE
    told = problems(write(tmp_path, {FILE: VOLATILE.replace(old, new)}))
    assert any(said in line and line.startswith(FILE) for line in told), told


def test_use_may_be_left_out_where_it_is_said_to_be_use(tmp_path: Path) -> None:
    """A gate reads which SIM is in; that two units have different ones is no difference."""
    text = VOLATILE.replace("ro.acme.boottime.*", "gsm.sim.*")
    assert problems(write(tmp_path / "a", {FILE: text}))
    assert problems(write(tmp_path / "b", {FILE: text + "use = true\n"})) == ()


def test_two_of_one_name_and_poor_words_are_found(tmp_path: Path) -> None:
    """The second names the file of the first; lint asks for whole sentences and for each name once."""
    (told,) = problems(write(tmp_path / "a", {FILE: VOLATILE, "volatile/again.toml": VOLATILE}))
    assert "id 'acme-boot' was defined before, in volatile/acme.toml" in told
    poor = VOLATILE.replace("how long it took to start.", "it").replace(
        '["ro.acme.boottime.*"]', '["ro.acme.boottime.*", "ro.acme.boottime.*"]'
    )
    told_of = [str(problem) for problem in lint(write(tmp_path / "b", {FILE: poor}))]
    for rule in ("says-too-little", "full-stop", "doubled"):
        assert any(line.startswith(FILE) and rule in line for line in told_of), told_of


def test_every_property_that_rules_read_stays_comparable(rulebook: Rulebook) -> None:
    """Gates of clients and signals of the region tell units apart; all but what tells of use."""
    every = read_properties(rulebook, use=True)
    assert len(every) > 40
    facts = Facts(properties={n: Property(name=n, value="1", origin="getprop") for n in every})
    for maker in ("", *{oem for one in rulebook.volatile for oem in one.oems}):
        stated = {"ro.product.manufacturer": Property(name="ro.product.manufacturer", value=maker, origin="")}
        portrait = portrait_of(
            Facts(properties={**facts.properties, **stated}),
            RegionReading(region=None, markets=frozenset()),
            rulebook.volatile,
        )
        assert portrait.left_out <= OF_USE, sorted(portrait.left_out - OF_USE)
        assert portrait.left_out & OF_USE


@pytest.mark.parametrize(
    "name",
    [
        "persist.vendor.radio.ps.registration.enabled",
        "persist.sys.oem.region",
        "ril.sales_code",
        "ro.carrier",
        "ro.boot.hwc",
        "persist.radio.multisim.config",
        "gsm.version.baseband",
        "ro.product.name",
        "ro.debuggable",
        "ro.boot.verifiedbootstate",
    ],
)
def test_what_matters_is_compared(rulebook: Rulebook, name: str) -> None:
    """Named one by one, whatever a rule reads today."""
    assert not any(fnmatchcase(name, pattern) for one in rulebook.volatile for pattern in one.names)


def test_every_shipped_entry_leaves_something_out(rulebook: Rulebook) -> None:
    """And has an id of its own, a reason and a source."""
    assert len(rulebook.volatile) > 12
    for one in rulebook.volatile:
        assert one.names
        assert one.why
        assert one.sources
        assert one.kind is TraitKind.PROPERTY


def test_policies_say_what_a_difference_leads_to(rulebook: Rulebook, tmp_path: Path) -> None:
    """Review for a phone in hand, fail before shipment; another word is refused."""
    assert rulebook.policies["default"].baseline_difference is Outcome.REVIEW
    assert rulebook.policies["strict"].baseline_difference is Outcome.FAIL
    poor = GOOD["policies/default.toml"].replace(
        'posture = "pass"', 'posture = "pass"\nbaseline_difference = "inconclusive"'
    )
    (told,) = problems(write(tmp_path, {"policies/default.toml": poor}))
    assert "is nothing a policy decides" in told
