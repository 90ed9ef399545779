from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.facts import Facts, UserState
from audit.parse.facts import read_facts
from audit.parse.gaps import TOPICS

_GETPROP = b"[ro.build.version.sdk]: [34]\n[ro.product.model]: [X]\n"


def _artifact(
    kind: Kind,
    data: bytes,
    *,
    stderr: bytes = b"",
    exit_code: int | None = 0,
    truncated: bool = False,
    user: int | None = None,
    argument: str | None = None,
    origin: str = "",
) -> Artifact:
    return Artifact(
        kind=kind,
        origin=origin or kind.value,
        data=data,
        stderr=stderr,
        exit_code=exit_code,
        truncated=truncated,
        user=user,
        argument=argument,
    )


def _read(*artifacts: Artifact, gaps: tuple[Gap, ...] = ()) -> Facts:
    return read_facts(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=SourceKind.LIVE),
            acquired_at=None,
            tool_version="0",
            artifacts=artifacts,
            gaps=gaps,
        )
    )


def _gaps(facts: Facts, topic: Topic) -> list[Gap]:
    return [gap for gap in facts.gaps if gap.topic is topic]


def _whole() -> tuple[Artifact, ...]:
    """A unit that answers everything."""
    return (
        _artifact(Kind.GETPROP, _GETPROP),
        _artifact(Kind.USERS, b"Users:\n\tUserInfo{0:Owner:c13} running\n"),
        _artifact(Kind.PACKAGES, b"package:com.acme.a uid:10001\n", user=0),
        _artifact(Kind.PACKAGES_KNOWN, b"package:com.acme.a\npackage:com.acme.ghost\n", user=0),
        _artifact(Kind.PACKAGES_DISABLED, b"", user=0),
        _artifact(Kind.PACKAGE_DETAILS, b"Packages:\n  Package [com.acme.a] (1):\n    versionName=1\n"),
        _artifact(Kind.APEX, b"package:com.android.adbd versionCode:1\n"),
        _artifact(Kind.OVERLAYS, b"android\n[x] com.acme.o\n", user=0),
        _artifact(Kind.SETTINGS_GLOBAL, b"adb_enabled=1\n"),
        _artifact(Kind.SETTINGS_SECURE, b"android_id=1\n", user=0),
        _artifact(Kind.FILE, b"<x/>", argument="/system/etc/a.xml"),
    )


def test_a_unit_that_answers_everything_has_no_gap() -> None:
    """Every kind ends in its facts, and nothing is missing."""
    facts = _read(*_whole())
    assert facts.gaps == ()
    assert facts.unread == ()
    assert facts.value("ro.product.model") == "X"
    assert facts.packages["com.acme.a"].version_name == "1"
    assert facts.packages["com.acme.ghost"].users == (UserState(user=0, installed=False),)
    assert [overlay.package for overlay in facts.overlays] == ["com.acme.o"]
    assert [(s.namespace, s.user) for s in facts.settings] == [("global", None), ("secure", 0)]
    assert [user.name for user in facts.users] == ["Owner"]
    assert [module.name for module in facts.apex] == ["com.android.adbd"]
    assert facts.files["/system/etc/a.xml"].text == "<x/>"
    assert facts.skipped == {"users: headings": 1}


def test_a_unit_without_a_named_package_owes_no_details() -> None:
    """Details are asked of packages the rulebook names; where there is none, nothing is missing."""
    assert _read(*(a for a in _whole() if a.kind is not Kind.PACKAGE_DETAILS)).gaps == ()


def test_every_kind_has_a_topic() -> None:
    """A kind without one could fail unseen."""
    assert set(TOPICS) == set(Kind)


def test_an_empty_snapshot_is_all_gaps() -> None:
    """Nothing given is everything missing, each with what to do."""
    facts = _read()
    only_where_there_is_cause = {
        Topic.FILES,
        Topic.ENDPOINTS,
        Topic.FLOWS,
        Topic.ACTIVITY,
        Topic.DETAILS,
        Topic.IDENTIFIERS,
    }
    assert {gap.topic for gap in facts.gaps} == set(Topic) - only_where_there_is_cause
    assert all(gap.reason and gap.fix for gap in facts.gaps)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.FILE])
def test_a_truncated_answer_is_a_gap(kind: Kind) -> None:
    """A stream that ended before its end is never a whole answer."""
    whole = next((a.data for a in _whole() if a.kind is kind), b"")
    facts = _read(_artifact(kind, whole, truncated=True, user=0))
    assert "The answer stopped before its end." in " ".join(g.reason for g in _gaps(facts, TOPICS[kind]))


@pytest.mark.parametrize(
    "kind",
    sorted(set(Kind) - {Kind.PACKAGES_DISABLED, Kind.OVERLAYS, Kind.BUILD_PROP, Kind.FILE}),
)
def test_an_empty_answer_is_a_gap(kind: Kind) -> None:
    """No working unit has none of these."""
    (gap,) = _gaps(_read(_artifact(kind, b"\n")), TOPICS[kind])
    assert gap.reason.startswith("The answer is empty")
    assert gap.origin == kind.value


@pytest.mark.parametrize("kind", [Kind.PACKAGES_DISABLED, Kind.OVERLAYS, Kind.BUILD_PROP])
def test_some_answers_may_be_empty(kind: Kind) -> None:
    """Nothing disabled is an answer."""
    assert (
        _gaps(_read(_artifact(kind, b"# nothing\n" if kind is Kind.BUILD_PROP else b"")), TOPICS[kind]) == []
    )


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (_artifact(Kind.PACKAGES, b"", stderr=b"Killed\n", exit_code=137), "killed. The unit said: Killed"),
        (_artifact(Kind.PACKAGES, b"Error: Unknown option: -U\r\n", exit_code=255), "its option"),
        (_artifact(Kind.PACKAGES, b"package:a.b\n", exit_code=1), "exit code 1"),
        (
            _artifact(Kind.PACKAGES, b"", stderr=b"odd words\n", exit_code=3),
            "exit code 3. The unit said: odd",
        ),
        (
            _artifact(Kind.PACKAGES, b"", stderr=b"odd words\n"),
            "is empty, which is true of no working unit. The",
        ),
        (_artifact(Kind.PACKAGES, b"package:a.b\nwhat?\n"), "1 line was not understood, the first is line 2"),
        (_artifact(Kind.PACKAGES, b"package:a.b\n\x1b[31mKilled\n"), "line 2: [31mKilled"),
        (
            _artifact(
                Kind.PACKAGES,
                b"package:a.b\n",
                stderr=b"java.lang.SecurityException: Shell does not have permission to access user 10",
                user=10,
            ),
            "User 10: The user is not visible to the shell.",
        ),
    ],
)
def test_a_failed_list_is_one_gap(artifact: Artifact, reason: str) -> None:
    """Whatever way it fails, exit code or not, with the unit's own words."""
    (gap,) = _gaps(_read(artifact), Topic.PACKAGES)
    assert reason in gap.reason
    assert gap.fix
    assert (gap.origin, gap.user) == (artifact.origin, artifact.user)


def test_two_kinds_of_trouble_are_two_gaps() -> None:
    """Each has its own fix."""
    stderr = b"Permission Denial: no\nPermission Denial: again\nCan't find service: package\n"
    reasons = [g.reason for g in _gaps(_read(_artifact(Kind.PACKAGES, b"", stderr=stderr)), Topic.PACKAGES)]
    assert [reason.split(".")[0] for reason in reasons] == ["The unit refused", "The service is not running"]
    assert reasons[0].endswith("Permission Denial: no")


def test_a_stack_trace_is_no_trouble_of_its_own() -> None:
    """Its frames may name any exception."""
    stderr = b"Killed\n\tat com.android.SecurityException.fail(X.java:1)\n"
    (gap,) = _gaps(_read(_artifact(Kind.PACKAGES, b"", stderr=stderr)), Topic.PACKAGES)
    assert gap.reason.endswith("Killed")


def test_half_a_list_makes_no_ghosts() -> None:
    """A failed list must not turn the packages it lacks into uninstalled ones."""
    facts = _read(
        _artifact(Kind.PACKAGES, b"package:a.a\n", truncated=True, user=0),
        _artifact(Kind.PACKAGES_KNOWN, b"package:a.a\npackage:a.b\n", user=0),
    )
    assert facts.packages["a.b"].users == ()


def test_unknown_words_on_standard_error_are_unread() -> None:
    """They are kept with where they were, and are no gap of their own."""
    facts = _read(_artifact(Kind.PACKAGES, b"package:a.b\n", stderr=b"\nnote: slow\n"))
    assert _gaps(facts, Topic.PACKAGES) == []
    assert [(u.origin, u.line, u.text) for u in facts.unread] == [
        ("packages (standard error)", 2, "note: slow")
    ]


@pytest.mark.parametrize(("sdk", "missing"), [(25, 0), (26, 1), (28, 1), (29, 2), (34, 2)])
def test_what_an_android_does_not_have_is_not_missing(sdk: int, missing: int) -> None:
    """Overlays come with Android 8, modules with 10."""
    facts = _read(_artifact(Kind.GETPROP, f"[ro.build.version.sdk]: [{sdk}]\n".encode()))
    assert len(_gaps(facts, Topic.OVERLAYS) + _gaps(facts, Topic.APEX)) == missing


def test_asking_an_old_android_for_overlays_is_no_failure() -> None:
    """Its refusal is what such a unit says."""
    old = _artifact(Kind.GETPROP, b"[ro.build.version.sdk]: [25]\n")
    asked = _artifact(Kind.OVERLAYS, b"", stderr=b"Can't find service: overlay\n", exit_code=20)
    assert _gaps(_read(old, asked), Topic.OVERLAYS) == []
    assert len(_gaps(_read(asked), Topic.OVERLAYS)) == 1


def test_gaps_of_the_snapshot_come_first_and_once() -> None:
    """What the acquisition already missed is not missed again."""
    given_gap = Gap(topic=Topic.OVERLAYS, reason="The time was up.", fix="Wait.")
    facts = _read(*(a for a in _whole() if a.kind is not Kind.OVERLAYS), gaps=(given_gap,))
    assert facts.gaps == (given_gap,)


def test_a_whole_dump_stands_for_the_lists() -> None:
    """It names all packages and whether they are disabled."""
    dump = (
        b"Packages:\n  Package [android] (1):\n  Package [a.b] (1):\n    User 0: installed=true enabled=2\n"
    )
    facts = _read(_artifact(Kind.PACKAGE_DETAILS, dump))
    assert _gaps(facts, Topic.PACKAGES) == _gaps(facts, Topic.DISABLED) == []
    assert facts.packages["a.b"].users[0].enabled == "disabled"


@pytest.mark.parametrize("changes", [{"argument": "a.b"}, {"truncated": True}, {"data": b"Packages:\n"}])
def test_part_of_a_dump_does_not(changes: dict[str, object]) -> None:
    """A dump of one package, or half of one, says nothing about the others."""
    data = b"Packages:\n  Package [android] (1):\n  Package [a.b] (1):\n"
    artifact = replace(_artifact(Kind.PACKAGE_DETAILS, data), **changes)  # type: ignore[arg-type]  # a table of keywords
    assert len(_gaps(_read(artifact), Topic.PACKAGES)) == 1


@pytest.mark.parametrize("name", [b"a.b", b"android"])
def test_a_dump_of_one_package_without_its_name_does_not_either(name: bytes) -> None:
    """A file called after the command alone may hold less than all."""
    facts = _read(_artifact(Kind.PACKAGE_DETAILS, b"Packages:\n  Package [" + name + b"] (1):\n"))
    assert len(_gaps(facts, Topic.PACKAGES)) == 1


def test_a_package_that_is_not_there_is_an_answer() -> None:
    """Only when the unit also lists it does something not add up."""
    asked = _artifact(Kind.PACKAGE_DETAILS, b"Unable to find package: a.b\n", argument="a.b", exit_code=0)
    assert _gaps(_read(asked), Topic.DETAILS) == []
    listed = _artifact(Kind.PACKAGES, b"package:a.b\n")
    (gap,) = _gaps(_read(asked, listed), Topic.DETAILS)
    assert "a.b" in gap.reason


def test_what_runs_beats_what_was_built() -> None:
    """``getprop`` counts, files are shadowed, names only files have are kept with their file."""
    facts = _read(
        _artifact(Kind.BUILD_PROP, b"ro.product.model=built\nro.only=file", origin="system/build.prop"),
        _artifact(Kind.GETPROP, _GETPROP),
    )
    model = facts.properties["ro.product.model"]
    assert (model.value, model.origin) == ("X", "getprop")
    assert model.shadowed == (("system/build.prop", "built"),)
    assert facts.properties["ro.only"].origin == "system/build.prop"


@pytest.mark.parametrize(("sdk", "value"), [(28, "first"), (30, "second")])
def test_the_files_own_android_decides_how_they_are_merged(sdk: int, value: str) -> None:
    """Without ``getprop`` the files say which Android read them."""
    text = f"ro.build.version.sdk={sdk}\nro.a=first\nro.a=second".encode()
    assert _read(_artifact(Kind.BUILD_PROP, text, origin="system/build.prop")).value("ro.a") == value


def test_the_running_android_decides_before_the_files() -> None:
    """Files of another Android lie about by which rules they were read."""
    files = b"ro.build.version.sdk=28\nro.a=first\nro.a=second"
    running = _artifact(Kind.GETPROP, b"[ro.build.version.sdk]: [30]\n")
    assert _read(running, _artifact(Kind.BUILD_PROP, files, origin="build.prop")).value("ro.a") == "second"


def test_a_property_file_that_is_not_loaded_is_a_file_among_others() -> None:
    """Its text is kept for who wants to look, its lines are counted."""
    origin = "vendor/package/ChinaTelecom/system/vendor/vendor.prop"
    facts = _read(
        _artifact(Kind.BUILD_PROP, b"ro.a=1", origin="system/build.prop"),
        _artifact(Kind.BUILD_PROP, b"ro.locale=zh-CN", origin=origin),
    )
    assert facts.value("ro.locale") is None
    assert facts.files[f"/{origin}"].text == "ro.locale=zh-CN"
    assert facts.skipped == {f"{origin}: properties of a file that init does not load": 1}


def test_a_product_name_is_derived_when_only_partitions_have_it() -> None:
    """Old units have a vendor's name for themselves only."""
    facts = _read(_artifact(Kind.GETPROP, b"[ro.product.vendor.model]: [V]\n"))
    assert facts.properties["ro.product.model"].origin == "getprop (ro.product.vendor.model)"


@given(
    st.lists(
        st.tuples(st.sampled_from(Kind), st.binary(max_size=60), st.binary(max_size=30), st.booleans()),
        max_size=6,
    )
)
def test_no_bytes_raise(parts: list[tuple[Kind, bytes, bytes, bool]]) -> None:
    """Whatever a unit sends, there are facts and gaps."""
    artifacts = (
        _artifact(kind, data, stderr=stderr, truncated=truncated, exit_code=None)
        for kind, data, stderr, truncated in parts
    )
    facts = _read(*artifacts)
    assert all(gap.reason and gap.fix for gap in facts.gaps)


@pytest.mark.parametrize(("exit_code", "missing"), [(0, 0), (None, 1)])
def test_no_overlays_is_an_answer_only_with_an_exit_code(exit_code: int | None, missing: int) -> None:
    """An empty file may be a redirect that caught nothing."""
    facts = _read(_artifact(Kind.OVERLAYS, b"", exit_code=exit_code))
    assert len(_gaps(facts, Topic.OVERLAYS)) == missing
