"""What is said of a unit that is not like the others, case by case."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from audit.crate.outliers import MINIMUM_UNITS, Census
from audit.crate.outliers.counting import MOST_TRAITS
from audit.model.crate import Group
from audit.model.portrait import Portrait, TraitKind
from audit.model.profiles import Outcome
from audit.model.report import Finding, Severity
from tests.crate.portraits import POLICY, compared, portrait

K = TraitKind
PLAIN = portrait(packages=["a", "b"], properties={"ro.p": "1", "persist.q": "1"})


def crate(count: int, *odd: Portrait, usual: Portrait = PLAIN) -> list[Portrait]:
    """So many usual units, and the odd ones at the end."""
    return [usual] * count + list(odd)


def last(units: list[Portrait], **how: object) -> tuple[Finding, ...]:
    """What is said of the last of *units*; nothing must be said of the first."""
    found, _ = compared(units, **how)  # type: ignore[arg-type]  # passed on as it is
    assert found[0] == ()
    return found[-1]


@pytest.mark.parametrize(
    ("usual", "odd", "message"),
    [
        (
            {K.REGION: {"sales code": "00WW"}},
            {K.REGION: {"sales code": "00CN"}},
            "29 of 30 units of this model are 00WW, this is 00CN (sales code).",
        ),
        (
            {},
            {K.PACKAGE: {"com.x": "installed"}},
            "com.x is on 1 of 30 units of this model, on this one too.",
        ),
        (
            {},
            {K.PACKAGE: {"com.x": "known"}},
            "com.x is on 1 of 30 units of this model, on this one too (known).",
        ),
        (
            {K.PACKAGE: {"com.x": "installed"}},
            {},
            "com.x is on 29 of 30 units of this model, but not on this one.",
        ),
        (
            {K.PACKAGE: {"com.x": "installed"}},
            {K.PACKAGE: {"com.x": "known"}},
            "com.x is installed on 29 of 30 units of this model, and known on this one.",
        ),
        (
            {K.SIGNER: {"com.x": "aa"}},
            {K.SIGNER: {"com.x": "bb"}},
            "com.x is aa on 29 of 30 units of this model, and bb on this one.",
        ),
        (
            {},
            {K.OVERLAY: {"o, user 0": "enabled"}},
            "o, user 0 is enabled on 1 of 30 units of this model, on this one too; 29 of 30 have none.",
        ),
        (
            {},
            {K.USER: {"user 10": "managed profile"}},
            "user 10 is managed profile on 1 of 30 units of this model, on this one too; 29 of 30 have none.",
        ),
        (
            {K.PROPERTY: {"ro.x": "a"}},
            {K.PROPERTY: {"ro.x": ""}},
            "ro.x is a on 29 of 30 units of this model, and empty on this one.",
        ),
        (
            {K.REGION: {"sales code": "00WW"}},
            {},
            "sales code is 00WW on 29 of 30 units of this model, and not there on this one.",
        ),
        (
            {K.PROPERTY: {"ro.x": "a"}},
            {},
            "ro.x is a on 29 of 30 units of this model, and not there on this one.",
        ),
        (
            {K.VERSION: {"com.x": "1"}, K.PACKAGE: {"com.x": "installed"}},
            {K.VERSION: {"com.x": "2"}, K.PACKAGE: {"com.x": "installed"}},
            "com.x is 1 on 29 of 30 units of this model, and 2 on this one.",
        ),
        (
            {K.PATH: {"com.x": "/system/app/X"}, K.PACKAGE: {"com.x": "installed"}},
            {K.PATH: {"com.x": "/vendor/app/X"}, K.PACKAGE: {"com.x": "installed"}},
            "com.x is /system/app/X on 29 of 30 units of this model, and /vendor/app/X on this one.",
        ),
    ],
)
def test_the_odd_one(usual: dict[K, dict[str, str]], odd: dict[K, dict[str, str]], message: str) -> None:
    """One of thirty is named with the counts, for a person to look at, with what to do."""
    (finding,) = last(crate(29, portrait(odd), usual=portrait(usual)))
    assert finding.message == message
    assert finding.outcome is Outcome.REVIEW
    assert "golden unit" in finding.fix
    assert any("29 of 30" in e.value for e in finding.evidence)


@pytest.mark.parametrize(
    ("count", "odd", "blames"),
    [
        (3, 1, False),
        (4, 1, True),
        (4, 2, False),
        (5, 2, True),
        (20, 10, False),
        (21, 10, True),
        (21, 9, True),
    ],
)
def test_a_clear_majority(count: int, odd: int, *, blames: bool) -> None:
    """More than two thirds of at least five units must agree before another is an exception."""
    found, _ = compared(crate(count, *[portrait(packages=["a"])] * odd, usual=portrait()))
    assert [bool(f) for f in found] == [False] * count + [blames] * odd


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.REVIEW, Outcome.FAIL])
def test_the_policy_decides(outcome: Outcome) -> None:
    """What an exception leads to is what the policy says."""
    units = crate(9, portrait(packages=["a", "b", "c"], properties={"ro.p": "1", "persist.q": "1"}))
    (finding,) = last(units, policy=replace(POLICY, outlier=outcome))
    assert finding.outcome is outcome
    assert (finding.severity is Severity.INFO) is (outcome is Outcome.PASS)


def test_many_differences_are_few_findings() -> None:
    """A foreign unit with hundreds of differences gets a finding a kind, each bounded."""
    usual = portrait(
        {K.OVERLAY: {f"o{n}, user 0": "enabled" for n in range(100)}},
        packages=[f"usual{n}" for n in range(300)],
        properties={f"ro.p{n}": "1" for n in range(300)},
    )
    odd = portrait(
        {K.OVERLAY: {f"o{n}, user 0": "disabled" for n in range(100)}},
        packages=[f"odd{n}" for n in range(300)],
        properties={f"ro.p{n}": "2" for n in range(300)},
    )
    findings = last(crate(29, odd, usual=usual))
    assert [f.subject for f in findings] == ["more packages", "missing packages", "overlays", "properties"]
    assert findings[0].message.startswith(
        "300 packages are on this unit but not on most units of this model: "
    )
    assert findings[0].message.endswith("and 295 more.")
    assert [len(f.evidence) for f in findings] == [201, 201, 41, 41]
    for finding in findings:
        assert len(finding.message) < 400
        assert finding.evidence[-1].value.endswith(" more")


def test_the_rarest_is_named_first() -> None:
    """Of several packages too many, the one that the fewest units have stands first."""
    two = portrait(packages=["common", "rare"])
    units = crate(20, portrait(packages=["common"]), two, usual=portrait())
    assert "rare (on 1 of 22), common (on 2 of 22)" in last(units)[0].message


def test_models_are_compared_apart_and_written_as_one() -> None:
    """A model is the same in other letters and with blanks around it; another model is not a peer."""
    other = portrait(packages=["x", "y"], model="Phone 2")
    names = ["Phone 1", " phone 1", "PHONE  1", "Phone 1", "Phone 1", "phone 1"]
    units = [portrait(model=name) for name in names] + [other] * 6 + [portrait(packages=["x"])]
    found, _ = compared(units)
    assert [n for n, findings in enumerate(found) if findings] == [12]
    assert "on 1 of 7" in found[12][0].message


def test_groups_say_who_was_compared() -> None:
    """Every model of the crate, and every build where there are several, with those of former crates."""
    census = Census()
    for _ in range(3):
        census.count(PLAIN, earlier=True)
        census.count(portrait(model="Phone 0"), earlier=True)
    for build in ("B1", "B1", "B2", ""):
        census.count(portrait(build=build))
    census.count(portrait(model="Phone 2"))
    assert census.groups() == (
        Group(model="Phone 1", build="", units=7, compared=True, earlier=3),
        Group(model="Phone 1", build="B1", units=5, compared=True, earlier=3),
        Group(model="Phone 1", build="B2", units=1, compared=False),
        Group(model="Phone 2", build="", units=1, compared=False),
    )


def test_units_of_former_crates_are_peers() -> None:
    """One unit alone is held against those of former crates, and nothing is said of these."""
    odd = portrait(packages=["a", "b", "c"], properties={"ro.p": "1", "persist.q": "1"})
    found, of_crate = compared([odd], earlier=[PLAIN] * 5 + [portrait(model="Phone 9")] * 2)
    assert [f.message for f in found[0]] == ["c is on 1 of 6 units of this model, on this one too."]
    assert ("of former crates", "5") in found[0][0].facts
    assert of_crate == ()


def test_too_few_are_said() -> None:
    """Models and builds with too few units are listed with their counts, and ask nobody."""
    _, of_crate = compared([*crate(6), portrait(build="B2"), portrait(model="Phone 2")])
    (finding,) = of_crate
    assert finding.outcome is Outcome.NOT_APPLICABLE
    assert f"Fewer than {MINIMUM_UNITS} units" in finding.message
    assert "1 of Phone 2" in finding.message
    assert "1 of Phone 1 with build B2" in finding.message


def test_units_that_say_nothing_are_said() -> None:
    """A unit nothing was read of, and one that states no model, are counted and told."""
    census = Census()
    census.count(None)
    census.count(portrait(model=" "))
    census.count(None, earlier=True)
    messages = [f.message for f in census.crate_findings()]
    assert messages == [
        "1 of the units could not be compared: nothing was read of them.",
        "1 of the units could not be compared: what model they are was not read.",
    ]
    assert census.findings_for(portrait(model=" "), POLICY) == ()


def test_what_was_not_read_says_nothing() -> None:
    """Where packages were read in part, missing ones are not missed, and the unit counts in no number."""
    partly = portrait(packages=["a"], unread=[K.PACKAGE])
    found, of_crate = compared(crate(6, partly, usual=portrait(packages=["a", "b", "c"])))
    assert found[-1] == ()
    assert [f.outcome for f in of_crate] == [Outcome.NOT_APPLICABLE]
    assert "Of 7 units of Phone 1" in of_crate[0].message
    assert "packages of 1." in of_crate[0].message


def test_what_was_read_in_part_is_still_seen() -> None:
    """A package that none of the others has is named though the list of this unit is not whole."""
    partly = portrait(packages=["odd"], unread=[K.PACKAGE])
    (finding,) = last(crate(6, partly, usual=portrait(packages=["a", "b", "c"])))
    assert finding.message == "odd is on 0 of 6 other units of this model, on this one too."


def test_a_kind_nobody_was_read_of() -> None:
    """Where too few units told of a kind, nobody is compared by it, and that is said."""
    unread = portrait(packages=["a"], unread=[K.PACKAGE])
    found, of_crate = compared([unread] * 4 + [portrait(packages=["b"])] * 3)
    assert not any(found)
    assert "packages of 4, so that nobody was compared by them" in of_crate[0].message


def test_versions_are_compared_within_a_build() -> None:
    """Another build has other versions; within one build a version is an exception."""
    old = portrait({K.VERSION: {"a": "1"}}, packages=["a"])
    new = portrait({K.VERSION: {"a": "2"}}, packages=["a"], build="B2")
    found, _ = compared(
        [*[old] * 20, *[new] * 5, portrait({K.VERSION: {"a": "3"}}, packages=["a"], build="B2")]
    )
    assert [f.subject for f in found[20]] == ["build"]
    assert [f.subject for f in found[25]] == ["build", "a"]
    assert found[25][1].message == "a is 2 on 5 of 6 units with this build, and 3 on this one."


def test_a_package_usual_on_the_other_build() -> None:
    """A package that half of the model has is an exception on the build where nobody else has it."""
    one, two = portrait(packages=["x"]), portrait(build="B2")
    found, _ = compared([*[one] * 10, *[two] * 9, portrait(packages=["x"], build="B2")])
    assert not any(found[:19])
    assert found[19][0].message == "x is on 1 of 10 units with this build, on this one too."


def test_properties_of_another_build_are_told_once() -> None:
    """Forty properties that all units of the other build share are one sentence with the build."""
    new = portrait(properties={f"ro.p{n}": "2" for n in range(40)}, build="B2")
    old = portrait(properties={f"ro.p{n}": "1" for n in range(40)})
    found, _ = compared([*[old] * 20, new, new])
    (finding,) = found[-1]
    assert finding.subject == "build"
    assert "40 properties differ as well" in finding.message
    assert "all 2 units with this build agree on them" in finding.message
    (alone,) = compared([*[old] * 20, new])[0][-1]
    assert "cannot be told from one unit that has it" in alone.message


def test_a_property_its_build_does_not_explain() -> None:
    """What one unit of the other build has alone is a finding by itself."""
    new = portrait(properties={"ro.p": "2"}, build="B2")
    odd = portrait(properties={"ro.p": "3"}, build="B2")
    found, _ = compared([*[portrait(properties={"ro.p": "1"})] * 20, new, new, odd])
    assert [f.subject for f in found[-1]] == ["build", "ro.p"]
    assert [f.subject for f in found[-2]] == ["build", "ro.p"]


def test_apps_of_users_are_notes() -> None:
    """Apps in user storage ask nobody; those that several units have are named with their counts."""

    def with_apps(*names: str) -> Portrait:
        return portrait({K.PATH: {name: f"/data/app/{name}" for name in names}}, packages=names)

    usual = [portrait(packages=[])] * 10
    found, _ = compared([*usual, with_apps("shared", "own"), with_apps("shared")])
    both, shared = found[10], found[11]
    assert {f.outcome for f in (*both, *shared)} == {Outcome.PASS}
    assert [f.subject for f in both] == ["user-installed apps", "apps"]
    assert "shared (on 2 of 12)" in both[0].message
    assert "own (on 1 of 12), this unit's own" in both[1].message
    assert [f.subject for f in shared] == ["user-installed apps"]


def test_a_missing_app_of_users_is_a_note() -> None:
    """An app that most units have in user storage is not missed."""
    usual = portrait({K.PATH: {"x": "/data/app/x"}}, packages=["x"])
    assert [f.outcome for f in last(crate(9, portrait(), usual=usual))] == [Outcome.PASS]


def test_an_updated_app_of_the_image_is_no_app_of_users() -> None:
    """A package that lies on the image as well is named for a person, however it was updated."""
    odd = portrait({K.PATH: {"x": "/data/app/x + /system/app/X"}}, packages=["x"])
    (finding,) = last(crate(9, odd, usual=portrait()))
    assert (finding.subject, finding.outcome) == ("x", Outcome.REVIEW)


def test_updates_are_notes() -> None:
    """An app or a module that a store brought up to date on one unit asks nobody."""
    old = portrait(
        {K.PATH: {"x": "/system/app/X"}, K.VERSION: {"x": "1"}, K.APEX: {"m": "1"}}, packages=["x"]
    )
    new = portrait(
        {K.PATH: {"x": "/data/app/x + /system/app/X"}, K.VERSION: {"x": "2"}, K.APEX: {"m": "2"}},
        packages=["x"],
    )
    assert {f.outcome for f in last(crate(9, new, usual=old))} == {Outcome.PASS}
    without = portrait({K.PATH: {"x": "/system/app/X"}, K.VERSION: {"x": "1"}}, packages=["x"])
    assert [f.outcome for f in last(crate(9, without, usual=old))] == [Outcome.REVIEW]


def test_another_signer_of_an_app_of_users_counts() -> None:
    """An app with the name of all others' and another signer was not made by the same people."""
    path = {K.PATH: {"x": "/data/app/x"}}
    usual = portrait({**path, K.SIGNER: {"x": "aa"}}, packages=["x"])
    odd = portrait({**path, K.SIGNER: {"x": "bb"}}, packages=["x"])
    assert [f.outcome for f in last(crate(9, odd, usual=usual))] == [Outcome.REVIEW]


def test_properties_that_change_with_use_are_notes() -> None:
    """Only properties that nobody can set while the unit runs ask a person."""
    odd = portrait(packages=["a", "b"], properties={"ro.p": "1", "persist.q": "2"})
    (finding,) = last(crate(9, odd))
    assert (finding.subject, finding.outcome) == ("settings in use", Outcome.PASS)
    assert "persist.q (2; 1 on 9 of 10)" in finding.message


def test_a_region_is_not_told_again_as_a_property() -> None:
    """What a sign of the region is read from is not named a second time."""

    def sold_as(code: str) -> Portrait:
        return portrait({K.REGION: {"property ro.sku": code}}, properties={"ro.sku": code})

    assert [f.subject for f in last(crate(9, sold_as("CN"), usual=sold_as("WW")))] == ["property ro.sku"]
    found, of_crate = compared([*[sold_as("CN")] * 5, *[sold_as("WW")] * 5])
    assert not any(found)
    assert ["the region" in f.message for f in of_crate] == [True]


def test_states_need_to_be_known() -> None:
    """A hidden package is an exception only among units of which it is known whether it is hidden."""
    hidden = {K.STATE: {"x, user 0": "hidden"}}
    odd = portrait(hidden, packages=["x"], detailed=["x"])
    known = portrait(packages=["x"], detailed=["x"])
    assert [f.subject for f in last(crate(9, odd, usual=known))] == ["x, user 0"]
    assert last(crate(9, odd, usual=portrait(packages=["x"]))) == ()
    disabled = portrait({K.STATE: {"x, user 0": "disabled"}}, packages=["x"])
    assert [f.subject for f in last(crate(9, disabled, usual=portrait(packages=["x"])))] == ["x, user 0"]


def test_a_state_of_a_package_that_is_not_there() -> None:
    """A missing package is missed once, not again for the state it would be in."""
    usual = portrait({K.STATE: {"x, user 0": "disabled"}}, packages=["x"])
    assert [f.subject for f in last(crate(9, portrait(), usual=usual))] == ["x"]


def test_what_is_its_own_is_not_compared() -> None:
    """A property that was left out as an identifier of the unit is neither there nor missing."""
    own = portrait(left_out=["ro.id"])
    assert compared(crate(9, portrait(properties={"ro.id": "none"}), usual=own))[0][-1] == ()
    assert compared(crate(9, own, usual=portrait(properties={"ro.id": "none"})))[0][-1] == ()


def test_serials_do_no_harm() -> None:
    """What is different on every unit blames nobody, and is counted."""
    units = [portrait(properties={"ro.serial": f"S{n}", "ro.half": str(n % 7)}) for n in range(14)]
    found, of_crate = compared(units)
    assert not any(found)
    assert [f.outcome for f in of_crate] == [Outcome.PASS]
    assert "2 things vary" in of_crate[0].message


def test_many_sides_of_a_region() -> None:
    """A crate of six regions is told with all of them, and nobody is blamed."""
    units = [portrait({K.REGION: {"sales code": f"R{n % 6}"}}) for n in range(30)]
    found, of_crate = compared(units)
    assert not any(found)
    assert "sales code is R0 on 5, R1 on 5, R2 on 5, R3 on 5, R4 on 5, R5 on 5 of 30" in of_crate[0].message


def test_splits_are_bounded_and_name_sides() -> None:
    """Two lots in one crate are a finding a kind, not one a package; builds that explain it are said."""
    one = portrait(packages=[f"one{n}" for n in range(60)], properties={"ro.x": "1"})
    two = portrait(packages=[f"two{n}" for n in range(60)], properties={"ro.x": "2"}, build="B2")
    found, of_crate = compared([*[one] * 8, *[two] * 8])
    assert not any(found)
    build, packages, rest = of_crate
    assert build.message.startswith(
        "16 units of Phone 1 are of several minds about the build: display id is B1 on 8, B2 on 8 of 16."
    )
    assert "packages (120 of them)" in packages.message
    assert "They go with the builds" in packages.message
    assert len(packages.evidence) == 81
    assert "1 property differs from build to build" in rest.message


def test_a_crowded_unit_is_named_and_bounded() -> None:
    """A unit with a hundred thousand packages is named for that; it costs no memory and hides nobody else."""
    crowded = portrait(packages=[f"p{n}" for n in range(100_000)], properties={"ro.p": "2"})
    odd = portrait(packages=["a", "b", "c"], properties={"ro.p": "1", "persist.q": "1"})
    units = crate(9, odd, crowded)
    tracemalloc.start()
    census = Census()
    for one in units:
        census.count(one)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
    assert "c is on 1 of 10" in census.findings_for(odd, POLICY)[0].message
    findings = census.findings_for(crowded, POLICY)
    assert [f.subject for f in findings] == ["too many: package", "ro.p", "settings in use"]
    assert f"more than {MOST_TRAITS} things" in findings[0].message
    assert findings[0].outcome is Outcome.REVIEW


def test_a_thousand_units_stay_small() -> None:
    """Equal units cost nothing, however many they are; what each has alone costs little."""
    packages = [f"com.example.package{n}" for n in range(300)]
    tracemalloc.start()
    census = Census()
    for n in range(300):
        census.count(portrait(packages=packages, properties={f"ro.own{k}": f"{n}-{k}" for k in range(10)}))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_500_000


def test_too_much_to_compare_is_said() -> None:
    """Units that all state thousands of things of their own end the comparison, and that is inconclusive."""
    census = Census(most_kept=20_000)
    units = (
        portrait(
            {kind: {f"{kind}{u}-{n}": "1" for n in range(400)} for kind in (K.PACKAGE, K.OVERLAY, K.REGION)}
        )
        for u in range(45)
    )
    for one in units:
        census.count(one)
    assert census.groups() == ()
    assert census.findings_for(PLAIN, POLICY) == ()
    assert [f.outcome for f in census.crate_findings()] == [Outcome.INCONCLUSIVE]


def test_long_and_hostile_texts() -> None:
    """Names and values are shown on one line and shortened; two long ones are still told apart."""
    usual = portrait(properties={"ro.x": "a" * 5000 + "1"})
    odd = portrait(properties={"ro.x": "a" * 5000 + "2", "ro.y\nforged: line": "b\nc"})
    (finding,) = last(crate(9, odd, usual=usual))
    texts = [finding.message, *(e.what + e.value for e in finding.evidence)]
    assert all("\n" not in text and len(text) < 800 for text in texts)
    assert "ro.x" in finding.message
