"""A unit held against the golden one: what differs is told once, and what was not read is no difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import codec
from audit.checks import Case, read_region
from audit.checks.baseline import Baseline as Check
from audit.checks.differences import compare
from audit.checks.portrait import portrait_of
from audit.lab import shipped_unit
from audit.model.evidence import Gap, Snapshot, Topic
from audit.model.facts import AndroidUser, Apex, Facts, Overlay, Package, Property, UserState
from audit.model.portrait import Baseline, Portrait, Trait, TraitKind
from audit.model.profiles import Outcome, Rulebook, Volatile
from audit.model.report import Decision, Expectation, Finding, Report, Severity
from audit.parse.facts import read_facts
from audit.pipeline import ask, audit_snapshot, examine
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.folder import read_folder
from tests.checks import house
from tests.checks.house import package
from tests.cli.conftest import record_unit

WHEN = "2026-11-22T00:00:00Z"
KEY, OTHER_KEY = "ab12cd34", "99887766"


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


def golden(portrait: Portrait, name: str = "golden 1") -> Baseline:
    """A golden unit of *portrait*."""
    return Baseline(
        name=name,
        made_at=WHEN,
        tool_version="1",
        rulebook_sha256="0" * 64,
        snapshot_sha256="0" * 64,
        portrait=portrait,
    )


def unit(*packages: Package, **changes: object) -> Facts:
    """A unit of the ACME One, of which all was read."""
    first = (
        package("com.acme.a", signers=(KEY,)),
        package("com.acme.b", version_code=11),
        package("com.acme.c", users=(UserState(user=0, installed=True, hidden=False, suspended=False),)),
    )
    values: dict[str, object] = {
        "properties": house.properties(ro__boot__skuid="600WW", persist__acme__gate="0"),
        "packages": {p.name: p for p in (*first, *packages)},
        "overlays": (Overlay(package="com.acme.skin", target="android", enabled=True, user=0),),
        "users": (AndroidUser(number=0, flags="c13"),),
        "apex": (Apex(name="com.android.art", version_code=3),),
    }
    return Facts(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def held(facts: Facts, against: Facts | Baseline, policy: str = "default") -> Case:
    """The case of a unit that is held against another one, or a golden one."""
    rules = house.rulebook()
    baseline = against if isinstance(against, Baseline) else golden(_portrait(against, rules))
    return Case(
        facts=facts,
        region=read_region(facts, rules),
        expectation=Expectation(policy=policy),
        rulebook=rules,
        policy=replace(
            rules.policies[policy],
            baseline_difference=Outcome.FAIL if policy == "strict" else Outcome.REVIEW,
        ),
        today="2026-11-22",
        baseline=baseline,
        portrait=_portrait(facts, rules),
    )


def _portrait(facts: Facts, rules: Rulebook) -> Portrait:
    return portrait_of(facts, read_region(facts, rules), rules.volatile)


def asked(facts: Facts, against: Facts | Baseline, policy: str = "default") -> list[Finding]:
    """What the check says."""
    return list(ask(Check(), held(facts, against, policy)))


def stated(facts: Facts, **values: str) -> Facts:
    """*facts* with other properties; "absent" takes one away."""
    new = {n.replace("__", "."): v for n, v in values.items()}
    given_ = {n: Property(name=n, value=v, origin="getprop") for n, v in new.items() if v != "absent"}
    rest = {n: p for n, p in facts.properties.items() if n not in new}
    return replace(facts, properties={**rest, **given_})


def test_nobody_gave_a_golden_unit() -> None:
    """Then the question does not arise."""
    (said,) = ask(Check(), replace(held(unit(), unit()), baseline=None))
    assert said.outcome is Outcome.NOT_APPLICABLE


def test_a_unit_like_it_passes_and_says_what_was_compared() -> None:
    """Counts of what was held against each other, and how much was left out."""
    (said,) = asked(unit(), unit())
    assert said.outcome is Outcome.PASS
    for words in ("golden 1", "3 packages", "1 signers", "1 overlays", "properties compared"):
        assert words in said.message


def changed(facts: Facts, name: str, **fields: object) -> Facts:
    """*facts* with one package changed."""
    new = replace(facts.packages[name], **fields)  # type: ignore[arg-type] # test shorthand over one record
    return replace(facts, packages={**facts.packages, name: new})


NEW, BASE = package("com.acme.new"), unit()
CASES: tuple[tuple[str, Facts, Facts, Severity, str], ...] = (
    (
        "more on the image",
        unit(NEW),
        BASE,
        Severity.HIGH,
        "1 package on the system image that the golden unit does not have: com.acme.new.",
    ),
    (
        "an app of a user",
        unit(package("com.app", system=False, paths=("/data/app/com.app-1/base.apk",))),
        BASE,
        Severity.MEDIUM,
        "1 package outside the system image, not on the golden unit: com.app.",
    ),
    (
        "missing",
        BASE,
        unit(NEW),
        Severity.MEDIUM,
        "1 package of the golden unit is not on this one: com.acme.new.",
    ),
    (
        "uninstalled",
        changed(BASE, "com.acme.b", users=(UserState(user=0, installed=False),)),
        BASE,
        Severity.MEDIUM,
        "com.acme.b is installed for no user, on the golden unit it is.",
    ),
    (
        "version",
        changed(BASE, "com.acme.b", version_code=12),
        BASE,
        Severity.LOW,
        "com.acme.b is version 12, golden 11.",
    ),
    (
        "signer",
        changed(BASE, "com.acme.a", signers=(OTHER_KEY,)),
        BASE,
        Severity.HIGH,
        f"com.acme.a is signed by another key: {OTHER_KEY}, golden {KEY}.",
    ),
    (
        "path",
        changed(BASE, "com.acme.b", paths=("/system/priv-app/B/B.apk",)),
        BASE,
        Severity.MEDIUM,
        "com.acme.b lies in /system/priv-app/B, golden in /system/app/com.acme.b.apk.",
    ),
    (
        "updated",
        changed(BASE, "com.acme.b", paths=("/data/app/com.acme.b-1/base.apk",)),
        BASE,
        Severity.LOW,
        "1 package is updated on one of the two only: com.acme.b.",
    ),
    (
        "hidden",
        changed(BASE, "com.acme.c", users=(UserState(user=0, installed=True, hidden=True, suspended=False),)),
        BASE,
        Severity.MEDIUM,
        "com.acme.c, user 0 is hidden, golden as usual.",
    ),
    (
        "overlay",
        replace(BASE, overlays=(replace(BASE.overlays[0], enabled=False),)),
        BASE,
        Severity.MEDIUM,
        "The overlay com.acme.skin, user 0 is disabled, golden enabled.",
    ),
    (
        "user",
        replace(BASE, users=(*BASE.users, AndroidUser(number=10, flags="30"))),
        BASE,
        Severity.MEDIUM,
        "user 10 is managed profile, golden does not have it.",
    ),
    (
        "module",
        replace(BASE, apex=(Apex(name="com.android.art", version_code=4),)),
        BASE,
        Severity.LOW,
        "The module com.android.art is version 4, golden 3.",
    ),
    (
        "property",
        stated(BASE, persist__acme__gate="1"),
        BASE,
        Severity.MEDIUM,
        "persist.acme.gate is 1, golden 0.",
    ),
    (
        "property gone",
        stated(BASE, persist__acme__gate="absent"),
        BASE,
        Severity.MEDIUM,
        "persist.acme.gate is not stated, golden 0.",
    ),
    (
        "property more",
        stated(BASE, persist__acme__more=""),
        BASE,
        Severity.MEDIUM,
        "persist.acme.more is empty, golden does not state it.",
    ),
    (
        "region",
        stated(BASE, ro__acme__region="CN"),
        BASE,
        Severity.HIGH,
        "ro.acme.region is CN, golden WW.",
    ),
)


@pytest.mark.parametrize(
    ("facts", "against", "severity", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_one_changed_trait_is_one_named_difference(
    facts: Facts, against: Facts, severity: Severity, message: str
) -> None:
    """Whatever changed, one finding names it with both values, and no other is given."""
    (said,) = asked(facts, against)
    assert (said.outcome, said.severity, said.message) == (Outcome.REVIEW, severity, message)
    (shown,) = said.evidence
    assert said.subject in shown.what
    assert "; golden " in shown.value
    (strict,) = asked(facts, against, "strict")
    assert strict.outcome is Outcome.FAIL


def test_another_build_takes_what_comes_with_it_along() -> None:
    """Versions, and properties that only say which build it is, are counted under it; a gate is not."""
    before = stated(
        unit(),
        ro__build__date="1 May",
        ro__build__type="user",
        ro__x="WW_100",
        ro__build__display__id="WW_100",
    )
    after = stated(before, ro__build__date="2 May", ro__x="WW_200", ro__build__display__id="WW_200")
    after = changed(changed(after, "com.acme.a", version_code=2), "com.acme.b", version_code=12)
    (said,) = asked(after, before)
    assert said.message == (
        "The build differs: the display id is WW_200, golden WW_100, and with it 2 versions and 2 properties."
    )
    assert len(said.evidence) == 5
    also = stated(after, persist__acme__gate="1", ro__build__type="eng")
    first, second = asked(also, before)
    assert first == said
    assert second.message == "persist.acme.gate is 1, golden 0; ro.build.type is eng, golden user."


def test_another_model_is_not_compared() -> None:
    """Nor one that does not state its model: both leave the question open."""
    for other in (
        stated(unit(NEW), ro__product__model="ACME Two"),
        stated(unit(), ro__product__model="absent"),
    ):
        (said,) = asked(unit(), other)
        assert said.outcome is Outcome.INCONCLUSIVE
        (said,) = asked(other, unit())
        assert said.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (Topic.PACKAGES, "packages"),
        (Topic.PROPERTIES, "properties"),
        (Topic.OVERLAYS, "overlays"),
        (Topic.USERS, "users"),
        (Topic.APEX, "APEX modules"),
        (Topic.DISABLED, "states of packages"),
        (Topic.DETAILS, "signers"),
    ],
)
@pytest.mark.parametrize("whose", ["unit", "golden"])
def test_what_could_not_be_read_leaves_the_question_open(topic: Topic, said: str, whose: str) -> None:
    """And what is missing there is no difference: one that lacks everything of a topic has none."""
    gap = Gap(topic=topic, reason="r", fix="f")
    every: dict[Topic, dict[str, object]] = {
        Topic.PACKAGES: {"packages": {}, "overlays": ()},
        Topic.OVERLAYS: {"overlays": ()},
        Topic.USERS: {"users": ()},
        Topic.APEX: {"apex": ()},
    }
    poor = unit(**every.get(topic, {}), gaps=(gap,))
    if topic is Topic.PACKAGES:
        poor, rich = replace(poor, overlays=()), replace(unit(), overlays=())
    else:
        rich = unit()
    (finding,) = asked(poor, rich) if whose == "unit" else asked(rich, poor)
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert said in finding.message
    assert f"the {'golden ' if whose == 'golden' else ''}unit's" in finding.message


def test_of_what_was_partly_read_only_what_is_there_counts() -> None:
    """A package that was not listed may be there all the same; one that was listed is."""
    gap = Gap(topic=Topic.PACKAGES, reason="r", fix="f")
    partly = unit(NEW, gaps=(gap,))
    partly = replace(partly, packages={n: p for n, p in partly.packages.items() if n != "com.acme.b"})
    unsure, sure = asked(partly, unit())
    assert unsure.outcome is Outcome.INCONCLUSIVE
    assert "com.acme.new" in sure.message
    (unsure,) = asked(unit(NEW), replace(unit(), gaps=(gap,)))
    assert unsure.outcome is Outcome.INCONCLUSIVE


def test_a_whole_kind_that_is_not_there_leaves_the_question_open() -> None:
    """A golden unit with modules, a unit of the same Android without any: nobody looked."""
    (said,) = asked(unit(apex=()), unit())
    assert said.outcome is Outcome.INCONCLUSIVE
    older = stated(unit(apex=()), ro__build__version__release="8")
    (said,) = asked(older, unit())
    assert said.message == "The build differs: the Android version is 8, golden 9."


def test_what_is_known_of_neither_is_said() -> None:
    """A golden unit that was saved without its modules is no reason to leave the question open for ever."""
    gap = Gap(topic=Topic.APEX, reason="r", fix="f")
    (said,) = asked(unit(apex=(), gaps=(gap,)), unit(apex=(), gaps=(gap,)))
    assert said.outcome is Outcome.PASS
    assert said.message.endswith("APEX modules known of neither.")
    gap = Gap(topic=Topic.PACKAGES, reason="r", fix="f")
    bare = unit(packages={}, overlays=(), gaps=(gap,))
    (said,) = asked(bare, bare)
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "packages" in said.message


def test_what_one_way_of_reading_does_not_tell_is_no_difference() -> None:
    """Versions on an old Android, signers and hidden where no details were asked, a path behind an update."""
    rich = changed(unit(), "com.acme.b", signers=(KEY,), paths=("/data/app/b-1/base.apk", "/system/app/B"))
    rich = changed(
        rich, "com.acme.b", users=(UserState(user=0, installed=True, hidden=True, suspended=True),)
    )
    poor = changed(unit(), "com.acme.b", version_code=None, paths=("/data/app/b-2/base.apk",))
    poor = changed(poor, "com.acme.a", signers=())
    for one, other in ((rich, poor), (poor, rich)):
        (said,) = asked(one, other)
        assert said.outcome is Outcome.PASS, said
    long = changed(unit(), "com.acme.a", signers=("c" * 64,))
    (said,) = asked(long, unit())
    assert said.outcome is Outcome.PASS


def test_what_follows_from_a_difference_is_not_told_beside_it() -> None:
    """A package more brings its version, path, state and overlay; a user more brings overlays for it."""
    more = unit(package("com.acme.new", signers=(KEY,), users=(UserState(user=0, hidden=True),)))
    overlays = (
        *more.overlays,
        Overlay(package="com.acme.new", target="android", enabled=True, user=0),
        Overlay(package="com.acme.skin", target="android", enabled=True, user=10),
    )
    more = replace(more, overlays=overlays, users=(*more.users, AndroidUser(number=10, flags="30")))
    assert [f.subject for f in asked(more, unit())] == ["com.acme.new", "user 10"]


def test_what_either_of_them_leaves_out_is_not_compared() -> None:
    """A golden unit of other rules, or one whose property held its identifier, makes no false difference."""
    rule = Volatile(id="v", kind=TraitKind.PROPERTY, names=("persist.acme.*",), why="w", sources=())
    rules = house.rulebook()
    before = portrait_of(unit(), read_region(unit(), rules), (rule,))
    after = _portrait(stated(unit(), persist__acme__gate="7"), rules)
    assert compare(before, after, ()).differences == ()
    assert compare(after, before, ()).differences == ()
    assert compare(_portrait(unit(), rules), after, (rule,)).differences == ()
    assert compare(before, after, ()).left_out == 1


KINDS = st.sampled_from(list(TraitKind))
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
PORTRAITS = st.dictionaries(st.tuples(KINDS, NAMES), NAMES, max_size=40).map(
    lambda found: Portrait(
        model="m",
        build="b",
        traits=tuple(
            Trait(kind=kind, name=name, value=value)
            for (kind, name), value in sorted(
                found.items(), key=lambda item: (list(TraitKind).index(item[0][0]), item[0][1])
            )
        ),
        left_out=frozenset({"x"}),
    )
)


@given(PORTRAITS)
def test_no_portrait_differs_from_its_own(portrait: Portrait) -> None:
    """Whatever the unit is, and also once it was written down and read again."""
    assert compare(portrait, portrait, ()).differences == ()
    written = golden(portrait)
    again = codec.from_json(Baseline, codec.to_json(written), where="golden.json")
    assert again == written
    assert codec.sha256(again) == codec.sha256(written)
    assert not compare(again.portrait, portrait, ()).lacking


@given(PORTRAITS, PORTRAITS)
def test_differences_are_those_of_both_ways(one: Portrait, other: Portrait) -> None:
    """What tells a unit from the golden one tells the golden one from it, with values changed over."""
    there, back = compare(one, other, ()), compare(other, one, ())
    lopsided = {TraitKind.PACKAGE, TraitKind.STATE, TraitKind.OVERLAY, TraitKind.REGION}
    assert [(d.kind, d.name, d.golden, d.unit) for d in there.differences if d.kind not in lopsided] == [
        (d.kind, d.name, d.unit, d.golden) for d in back.differences if d.kind not in lopsided
    ]


def test_hostile_names_stay_within_bounds() -> None:
    """Ten thousand packages with control characters in their names: few findings, short, all counted."""
    hostile = [package(f"com.evil{n}\x1b[2J\n\u202e{'x' * 500}") for n in range(10_000)]
    facts = unit(*hostile)
    facts = stated(facts, **{f"persist.\x1b{n}": "\x07" * 9000 for n in range(2_000)})
    said = asked(facts, unit())
    assert len(said) == 2
    for finding in said:
        assert len(finding.message) < 1500
        assert len(finding.evidence) == 25
        text = finding.message + "".join(e.what + e.value for e in finding.evidence)
        assert text.isprintable()
        assert max(len(e.what) + len(e.value) for e in finding.evidence) < 600
    assert "10000 packages" in said[0].message
    assert ("not shown", "9975 more differences of this kind") in said[0].facts


def test_another_unit_of_the_lab_differs_by_what_it_is(tmp_path: Path, rulebook: Rulebook) -> None:
    """The unit of 2019 against a clean one called by its model: the clients and the region are named."""
    clean = read_folder(record_unit("clean-global", tmp_path / "clean"))
    bad = _renamed(read_folder(record_unit("incident-2019", tmp_path / "bad")), clean)
    baseline = golden(_examined(clean, rulebook))
    own = _report(clean, rulebook, baseline)
    assert own.verdict.decision is Decision.PASS, own.verdict
    report = _report(bad, rulebook, baseline)
    said = [f for f in report.findings if f.check == "baseline"]
    packages = next(f for f in said if "on the system image that" in f.message)
    assert packages.severity is Severity.HIGH
    assert any("com.qualcomm.qti.autoregistration" in e.what for e in packages.evidence)
    assert any(f.severity is Severity.HIGH and "region" in f.evidence[0].what for f in said)
    assert shipped_unit("incident-2019").properties["ro.product.model"] != "Nokia X20"


def _renamed(snapshot: Snapshot, like: Snapshot) -> Snapshot:
    """*snapshot* with the model of another unit, since models are not mixed."""
    old, new = (read_facts(s).value("ro.product.model") or "" for s in (snapshot, like))
    return replace(
        snapshot,
        artifacts=tuple(
            replace(a, data=a.data.replace(old.encode(), new.encode())) for a in snapshot.artifacts
        ),
    )


def _examined(snapshot: Snapshot, rulebook: Rulebook) -> Portrait:
    return examine(snapshot, rulebook, lambda _: Expectation(), judged_at=WHEN).portrait


def _report(snapshot: Snapshot, rulebook: Rulebook, baseline: Baseline) -> Report:
    expectation = Expectation(market="NO", baseline=codec.sha256(baseline))
    return audit_snapshot(snapshot, rulebook, expectation, judged_at=WHEN, baseline=baseline)


def test_the_real_pair_of_one_model(captures: Path, rulebook: Rulebook) -> None:
    """Two images of one phone, for the world and for China: region and clients are what tells them apart."""
    ww, cn = (_with_packages(captures / f"nokia7plus_B2N_{region}") for region in ("00WW", "00CN"))
    before, after = (portrait_of(f, read_region(f, rulebook), rulebook.volatile) for f in (ww, cn))
    compared = compare(before, after, rulebook.volatile)
    found = {(d.kind, d.name): (d.golden, d.unit) for d in compared.differences}
    assert found[TraitKind.REGION, "property ro.product.name"] == ("Onyx_00WW", "Onyx_00CN")
    push = next(name for kind, name in found if kind is TraitKind.PACKAGE and "PushAgentCN" in name)
    assert found[TraitKind.PACKAGE, push] == (None, "installed")
    golden_at, unit_at = found[TraitKind.PATH, "AutoRegistration"]
    assert "priv-app" in f"{unit_at}"
    assert "priv-app" not in f"{golden_at}"


def _with_packages(folder: Path) -> Facts:
    """A capture with the packages its list of APKs names, by their folders."""
    facts = read_facts(open_source(folder))
    lines = (folder / "apk_paths_union.tsv").read_text().splitlines()[1:]
    paths: dict[str, list[str]] = {}
    for line in lines:
        path = "/" + line.split("\t")[0].removeprefix("system/")
        paths.setdefault(path.split("/")[-2], []).append(path)
    return replace(facts, packages=_made(paths.items()), gaps=())


def _made(paths: Iterable[tuple[str, list[str]]]) -> dict[str, Package]:
    return {
        name: Package(name=name, paths=tuple(found), system=True, users=(UserState(user=0, installed=True),))
        for name, found in paths
    }
