"""A unit against the golden one, on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.model.report import Decision
from audit.station.bench import Unit
from audit.web.services import Services
from tests.reports import samples
from tests.web.benches import MemoryBench, head_of
from tests.web.desks import Desk, desk
from tests.web.markup import harmless
from tests.web.unit_samples import UNIT, GoldenBench, desk_services


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A station whose unit is held against a golden one."""
    with desk_services(tmp_path) as made:
        yield made


@pytest.fixture
def at(services: Services) -> Iterator[Desk]:
    """An inspector's desk."""
    with desk(services) as made:
        yield made


def bench_of(kind: type[MemoryBench]) -> MemoryBench:
    """With the one unit."""
    bench = kind(head=head_of())
    bench.plug("1")
    bench.judge("1", Decision.FAIL)
    return bench


def test_what_differs_is_in_a_table(at: Desk) -> None:
    """Kind, name, both values, and whether it counts; what the rulebook leaves out does not."""
    told = harmless(at.get(f"/unit/{UNIT}/golden")).text
    assert "3 differences from the golden unit golden-7-plus" in told
    for row in (
        "build display id 00WW_4_10A 00WW_4_22C counts",
        "package com.example.simactivate - installed counts",
        "property persist.sys.locale en-GB nb-NO volatile",
    ):
        assert row in told
    assert "ro.boottime.init" in told
    assert "com.example.common" not in told, "alike on both"


class Telling(GoldenBench):
    """The unit's serial number stands in a property."""

    async def unit(self, name: str) -> Unit:
        """With it."""
        there = await super().unit(name)
        portrait = there.entry.portrait
        assert portrait is not None
        traits = tuple(
            replace(one, value=there.report.identity.serial) if one.name == "ro.product.name" else one
            for one in portrait.traits
        )
        entry = replace(there.entry, portrait=replace(portrait, traits=traits))
        return replace(there, entry=entry)


def test_identifiers_in_it_are_masked(services: Services) -> None:
    """As everywhere, unless an inspector asks."""
    bench = Telling(head=head_of())
    bench.plug("1", serial=samples.SERIAL)
    bench.judge("1", Decision.FAIL)
    with desk(replace(services, bench=bench)) as at:
        assert samples.SERIAL not in at.get(f"/unit/{UNIT}/golden")
        assert samples.SERIAL in at.get(f"/unit/{UNIT}/golden?identifiers=1")


class Other(GoldenBench):
    """The unit is of another model."""

    async def unit(self, name: str) -> Unit:
        """Of that one."""
        there = await super().unit(name)
        portrait = there.entry.portrait
        assert portrait is not None
        return replace(there, entry=replace(there.entry, portrait=replace(portrait, model="X20")))


def test_another_model_is_not_compared(services: Services) -> None:
    """The page says which is which, and shows no table."""
    with desk(replace(services, bench=bench_of(Other))) as at:
        page = harmless(at.get(f"/unit/{UNIT}/golden"))
    assert (
        "The golden unit golden-7-plus is a Nokia 7 plus, this unit a X20: they are not compared."
        in page.text
    )
    assert "table" not in page.tags


def test_without_a_golden_unit_there_is_no_page(services: Services) -> None:
    """And no link to one; nor for a unit nobody knows."""
    with desk(replace(services, bench=bench_of(MemoryBench))) as at:
        at.get(f"/unit/{UNIT}/golden", 404)
        at.get("/unit/nobody/golden", 404)
    with desk(replace(services, bench=None)) as reader:
        reader.get(f"/unit/{UNIT}/golden", 404)
