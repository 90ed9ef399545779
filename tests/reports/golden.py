"""The reports kept as files, so that a change of wording or layout is seen in review."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial

from audit import codec
from audit.model.code import Inspection
from audit.model.crate import CrateReport
from audit.model.report import Report
from audit.reports import Options, render
from audit.reports.crate import render_crate
from tests.reports import samples, samples_files, samples_flows, samples_waived
from tests.reports.crate import samples as crate_samples

OPTIONS = Options(key=samples.KEY)
_ALL = tuple(samples.ALL.values())
_FILES = tuple(samples_files.FILES.values())
REPORTS: Mapping[str, tuple[str, tuple[Report, ...]]] = {
    "incident.terminal.txt": ("terminal", (samples.INCIDENT,)),
    "all.terminal.txt": ("terminal", _ALL),
    "noted.terminal.txt": ("terminal", (samples.NOTED,)),
    "half-read.plain.txt": ("plain", (samples.HALF_READ,)),
    "all.plain.txt": ("plain", _ALL),
    "all.csv": ("csv", _ALL),
    "all.junit.xml": ("junit", _ALL),
    "incident.html": ("html", (samples.INCIDENT,)),
    "all.html": ("html", _ALL),
    "image.terminal.txt": ("terminal", (samples_files.IMAGE,)),
    "image.html": ("html", (samples_files.IMAGE,)),
    "bugreport.terminal.txt": ("terminal", (samples_files.BUGREPORT,)),
    "bugreport.plain.txt": ("plain", (samples_files.BUGREPORT,)),
    "bugreport.html": ("html", (samples_files.BUGREPORT,)),
    "bugreport.json": ("json", (samples_files.BUGREPORT,)),
    "indicated.terminal.txt": ("terminal", (samples_files.INDICATED,)),
    "files.csv": ("csv", _FILES),
    "files.junit.xml": ("junit", _FILES),
    "watched.terminal.txt": ("terminal", (samples_flows.WATCHED,)),
    "watched.plain.txt": ("plain", (samples_flows.WATCHED,)),
    "watched.html": ("html", (samples_flows.WATCHED,)),
    "watched.csv": ("csv", (samples_flows.WATCHED,)),
    "watched.junit.xml": ("junit", (samples_flows.WATCHED,)),
    "waived.terminal.txt": ("terminal", (samples_waived.WAIVED,)),
    "waived.plain.txt": ("plain", (samples_waived.WAIVED,)),
    "waived.html": ("html", (samples_waived.WAIVED,)),
    "waived.csv": ("csv", (samples_waived.WAIVED,)),
    "waived.junit.xml": ("junit", (samples_waived.WAIVED,)),
    "dormant.json": ("json", (samples.DORMANT,)),
}
"""File name to format and reports."""


def report(form: str, reports: tuple[Report, ...]) -> str:
    """One such file."""
    return render(form, reports, OPTIONS)


CRATES: Mapping[str, tuple[str, Callable[[], CrateReport]]] = {
    "crate-12.terminal.txt": ("terminal", partial(crate_samples.crate, 12)),
    "crate-100.terminal.txt": ("terminal", partial(crate_samples.crate, 100)),
    "crate-12.plain.txt": ("plain", partial(crate_samples.crate, 12)),
    "crate-12.html": ("html", partial(crate_samples.crate, 12)),
    "crate-12.csv": ("csv", partial(crate_samples.crate, 12)),
    "crate-3.junit.xml": ("junit", partial(crate_samples.crate, 3)),
    "crate-3.json": ("json", partial(crate_samples.crate, 3)),
    "crate-wide.terminal.txt": ("terminal", crate_samples.wide),
    "crate-wide.plain.txt": ("plain", crate_samples.wide),
    "crate-hostile.terminal.txt": ("terminal", crate_samples.hostile),
}
"""File name to format and crate, which is made when it is asked for: it is read from virtual units."""


def crate_report(form: str, made: Callable[[], CrateReport]) -> str:
    """One such file."""
    return render_crate(form, made(), OPTIONS)


def crate_schema() -> str:
    """The published schema of a crate's report."""
    return json.dumps(codec.schema(CrateReport), indent=2, ensure_ascii=False) + "\n"


def report_schema() -> str:
    """The published schema of a report."""
    return json.dumps(codec.schema(Report), indent=2, ensure_ascii=False) + "\n"


def inspection_schema() -> str:
    """The published schema of what ``inspect`` writes."""
    return json.dumps(codec.schema(Inspection), indent=2, ensure_ascii=False) + "\n"
