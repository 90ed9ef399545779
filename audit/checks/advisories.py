"""Is the unit one of those a documented incident names, on a build that was not fixed?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.builds import Standing, standing
from audit.checks.clients import Sighting, serves_market, sight
from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.profiles import Advisory, Confidence, Level, Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.model.text import unquoted


class Advisories:
    """Incidents with affected models and fixed builds."""

    id = "advisory"
    question = "Is this one of the units a documented incident names, on a build that was not fixed?"
    needs = frozenset({Topic.PROPERTIES, Topic.PACKAGES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each incident whose model and package are those of the unit."""
        for advisory in case.rulebook.advisories:
            sightings = _out_of_place(advisory, case)
            if sightings and names_unit(advisory, case):
                yield _finding(advisory, sightings, case)
            elif there := _telling_files(advisory, case):
                yield _file_finding(advisory, there)

    def passed(self, case: Case) -> str:
        """How many incidents were compared, and how many are only noted."""
        known = sum(1 for a in case.rulebook.advisories if a.packages)
        noted = sum(1 for _ in self.ask(case))
        if noted:
            verb = "concerns" if noted == 1 else "concern"
            return (
                f"Of {known} documented incidents, {noted} {verb} a package that is here: see the notes;"
                " none by itself counts against the unit."
            )
        return f"None of {known} documented incidents matches this model, build and package set."


def _telling_files(advisory: Advisory, case: Case) -> list[str]:
    """The incident's own files, where somebody listed the files of the unit."""
    return [path for path in advisory.telling_files if path in (case.facts.listing or ())]


def _file_finding(advisory: Advisory, there: list[str]) -> Finding:
    return Finding(
        check=Advisories.id,
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject=advisory.id,
        message=(
            f"{', '.join(there)}: a documented incident names files of this path: {advisory.title}."
            " A path is not proof; the file itself was not examined."
        ),
        why=f"{advisory.summary} {advisory.why}".strip(),
        fix=advisory.fix,
        evidence=tuple(
            Evidence(what="file", value=path, origin="list of the unit's files") for path in there
        ),
        sources=advisory.sources,
    )


def names_unit(advisory: Advisory, case: Case) -> bool:
    """Whether the incident concerns this model; one that names no model concerns every unit."""
    if not advisory.models and not advisory.devices:
        return True
    facts = case.facts
    models = {_plain(facts.value(n)) for n in ("ro.product.model", "ro.product.vendor.model")}
    devices = {_plain(facts.value(n)) for n in ("ro.product.device", "ro.product.vendor.device")}
    named = {_plain(m) for m in advisory.models}
    return bool(models & named or devices & {_plain(d) for d in advisory.devices})


def _plain(text: str | None) -> str:
    # the Chinese Nokia 7 plus has quotes inside the value
    return unquoted(text or "\0").casefold()


def _out_of_place(advisory: Advisory, case: Case) -> list[Sighting]:
    """The incident's packages on this unit, less those that serve its market."""
    found = []
    for name in advisory.packages:
        profile = case.rulebook.clients.get(name)
        sighting = sight(profile, case.facts) if profile is not None else None
        if profile is None or sighting is None:
            continue
        worldwide = profile.serves == ("*",)
        if worldwide or not serves_market(profile, case.rulebook, case.expectation, case.region):
            found.append(sighting)
    return found


def _finding(advisory: Advisory, sightings: list[Sighting], case: Case) -> Finding:
    build = case.facts.value("ro.build.display.id") or case.facts.value("ro.build.version.incremental") or ""
    beside = standing(build, advisory.fixed_builds)
    outcome = _outcome(advisory, sightings, case, beside)
    seen = (
        Evidence(
            what="package on the image" if s.at_rest else f"package {s.state}",
            value=s.profile.package,
            origin=s.package.origin,
        )
        for s in sightings
    )
    return Finding(
        check=Advisories.id,
        outcome=outcome,
        severity=_SEVERITY[outcome],
        subject=advisory.id,
        message=_message(advisory, sightings, build, beside),
        why=f"{advisory.summary} {advisory.why}".strip(),
        fix=advisory.fix if outcome is not Outcome.PASS else "",
        evidence=(Evidence(what="build", value=build or "not stated", origin=_origin(case)), *seen),
        facts=tuple(
            (label, value)
            for label, value in (
                ("incident", advisory.title),
                ("when", advisory.dates),
                ("fixed builds", ", ".join(advisory.fixed_builds)),
            )
            if value
        ),
        sources=advisory.sources,
    )


_SEVERITY = {
    Outcome.FAIL: Severity.CRITICAL,
    Outcome.REVIEW: Severity.MEDIUM,
    Outcome.PASS: Severity.INFO,
    Outcome.INCONCLUSIVE: Severity.INFO,
    Outcome.NOT_APPLICABLE: Severity.INFO,
}


def _outcome(advisory: Advisory, sightings: list[Sighting], case: Case, beside: Standing) -> Outcome:
    """Only an incident with named fixed builds accuses by itself; others are context for other checks."""
    if not advisory.fixed_builds or beside in {Standing.FIXED, Standing.LATER}:
        return Outcome.PASS
    level = max((s.level for s in sightings), key=list(Level).index)
    if level is Level.DORMANT:
        return case.policy.out_of_market[Level.DORMANT]
    unsure = (
        beside is Standing.UNCLEAR
        or advisory.confidence is not Confidence.HIGH
        or case.expectation.market is None
    )
    return Outcome.REVIEW if unsure else Outcome.FAIL


_STANDING_WORDS = {
    Standing.FIXED: "is one the maker named as fixed",
    Standing.LATER: "is later than those the maker named as fixed",
    Standing.EARLIER: "is earlier than those the maker named as fixed",
    Standing.UNCLEAR: "cannot be placed among those the maker named as fixed",
}


def _message(advisory: Advisory, sightings: list[Sighting], build: str, beside: Standing) -> str:
    found = "; ".join(f"{s.profile.package} {s.whereabouts}" for s in sightings).rstrip(",")
    those = "it" if len(sightings) == 1 else "them"
    head = f"{found}. A documented incident concerns {those}: {advisory.title}."
    if not advisory.fixed_builds:
        return head
    return f"{head} Its build {build or '(not stated)'} {_STANDING_WORDS[beside]}."


def _origin(case: Case) -> str:
    found = case.facts.properties.get("ro.build.display.id")
    return found.origin if found is not None else ""
