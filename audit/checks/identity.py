"""Is the unit the one that was expected, on an Android version this program can judge?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.model.text import unquoted

_OLDEST_SDK = 24
"""Android 7.0; older ones answer in other formats and have no per-user package list."""
_NEWEST_SDK = 36
"""Android 16, the newest whose formats are known."""
_LONGEST_SDK = 5
"""Digits; previews state 10000."""


class Identity:
    """Model and build against what was expected, and the Android version against what can be judged."""

    id = "identity"
    question = "Is this the expected model and build, on a version that can be judged?"
    needs = frozenset({Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """What differs from the expectation, and a version out of range."""
        expected, facts = case.expectation, case.facts
        if expected.model is not None:
            yield from self._differs("model", "ro.product.model", expected.model, case)
        if expected.build is not None:
            yield from self._differs("build", "ro.build.display.id", expected.build, case)
        sdk = facts.value("ro.build.version.sdk") or ""
        if not sdk.isdecimal() or len(sdk) > _LONGEST_SDK or int(sdk) < _OLDEST_SDK:
            release = facts.value("ro.build.version.release") or "an unknown version"
            yield Finding(
                check=self.id,
                outcome=Outcome.INCONCLUSIVE,
                severity=Severity.INFO,
                subject="Android version",
                message=f"The unit runs Android {release} (SDK {sdk or 'not stated'});"
                " versions 7 to 16 can be judged.",
                fix="Judge this unit by hand; what was read is in the report.",
                evidence=(Evidence(what="property ro.build.version.sdk", value=sdk, origin=_origin(case)),),
            )

        elif int(sdk) > _NEWEST_SDK:
            release = facts.value("ro.build.version.release") or "an unknown version"
            yield Finding(
                check=self.id,
                outcome=Outcome.PASS,
                severity=Severity.INFO,
                subject="Android version",
                message=f"The unit runs Android {release} (SDK {sdk}), newer than the versions this program"
                " knows; what it could not read is listed as a gap.",
                evidence=(Evidence(what="property ro.build.version.sdk", value=sdk, origin=_origin(case)),),
            )

    def passed(self, case: Case) -> str:
        """What the unit says it is."""
        facts = case.facts
        release = facts.value("ro.build.version.release")
        model = unquoted(facts.value("ro.product.model") or "") or "a unit without a model name"
        return f"It says it is {model} on Android {release}."

    def _differs(self, what: str, name: str, expected: str, case: Case) -> Iterator[Finding]:
        found = case.facts.properties.get(name)
        stated = unquoted(found.value) if found is not None else ""
        if stated.casefold() != expected.casefold():
            yield Finding(
                check=self.id,
                outcome=Outcome.FAIL,
                severity=Severity.HIGH,
                subject=what,
                message=f"The {what} is {stated or 'not stated'}, expected was {expected}.",
                why="A unit that is not the one ordered was not checked for what it is.",
                fix="Set the unit aside and compare it with the order.",
                evidence=(
                    Evidence(what=f"property {name}", value=stated, origin=found.origin if found else ""),
                ),
            )


def _origin(case: Case) -> str:
    found = case.facts.properties.get("ro.build.version.sdk")
    return found.origin if found is not None else ""
