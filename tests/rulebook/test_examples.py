"""Examples become facts, and explanations gather what is known of a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.checks.clients import sight
from audit.checks.conditions import is_installed
from audit.errors import UsageError
from audit.model.facts import Facts
from audit.model.profiles import Example, Level
from audit.rulebook import ExampleCase, facts_of, run_examples
from audit.rulebook.explain import explain
from tests.rulebook.house import read, write

UNIT = Example(
    name="a unit in every state",
    properties={"ro.product.name": "one_cn"},
    packages=("com.a",),
    disabled=("com.b",),
    uninstalled=("com.c",),
    overlays=("com.a.overlay",),
    version_names={"com.a": "5.1"},
    files={"/system/etc/a": "text"},
    expect="note",
)


def test_an_example_becomes_the_facts_of_such_a_unit() -> None:
    """Every field of an example is found again in the facts."""
    facts = facts_of(UNIT)
    assert facts.value("ro.product.name") == "one_cn"
    assert facts.packages["com.a"].version_name == "5.1"
    assert [name for name, package in facts.packages.items() if is_installed(package)] == ["com.a", "com.b"]
    assert [overlay.package for overlay in facts.overlays if overlay.enabled] == ["com.a.overlay"]
    assert facts.files["/system/etc/a"].text == "text"
    assert facts.gaps == ()


def test_disabled_and_uninstalled_packages_are_dormant(tmp_path: Path) -> None:
    """The checks see an example's package in the state the example gives it."""
    client = read(write(tmp_path)).clients["com.acme.simactivate"]
    disabled = sight(client, facts_of(Example(name="one", disabled=(client.package,))))
    uninstalled = sight(client, facts_of(Example(name="other", uninstalled=(client.package,))))
    assert disabled is not None
    assert uninstalled is not None
    assert (disabled.state, disabled.level) == ("disabled", Level.DORMANT)
    assert (uninstalled.state, uninstalled.level) == ("uninstalled", Level.DORMANT)


def test_every_example_is_judged_once(tmp_path: Path) -> None:
    """The judge is asked about each example of each kind, and its word is compared with the promise."""
    asked: list[tuple[str, str, int]] = []

    def judge(case: ExampleCase, facts: Facts) -> str:
        asked.append((case.kind, case.subject, len(facts.properties)))
        return "review"

    results = run_examples(read(write(tmp_path)), judge)
    assert asked == [
        ("region", "acme", 2),
        ("client", "com.acme.simactivate", 0),
        ("advisory", "acme-2020", 2),
    ]
    assert [result.holds for result in results] == [False, True, True]
    assert [result.case.path for result in results][1] == "clients/acme.toml"


def test_a_known_package_is_explained(tmp_path: Path) -> None:
    """Its profile, its markets by name, and the incidents that name it."""
    told = explain(read(write(tmp_path)), "com.acme.simactivate")
    assert told.client is not None
    assert told.markets == ("China",)
    assert [advisory.id for advisory in told.advisories] == ["acme-2020"]
    assert told.signals == ()


def test_a_package_that_is_only_a_signal_is_explained(tmp_path: Path) -> None:
    """A marker that is no client is found by the signal its presence gives."""
    text = """
oem = "markers"
title = "Markers"
why = "Made for one market only."
sources = ["https://example.org/markers"]
[[signal]]
id = "china"
package = "*"
pattern = '^com\\.acme\\.china$'
strength = "weak"
map = { "com.acme.china" = "CN" }
meaning = "It was made for mainland China."
"""
    told = explain(read(write(tmp_path, {"regions/markers.toml": text})), "com.acme.china")
    assert told.client is None
    assert [(region.oem, rule.id) for region, rule in told.signals] == [("markers", "china")]


def test_an_unknown_package_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    """A typing mistake is answered with the name that was meant."""
    with pytest.raises(UsageError) as caught:
        explain(read(write(tmp_path)), "com.acme.simactivat")
    assert caught.value.fix == "did you mean com.acme.simactivate?"
