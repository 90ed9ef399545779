"""Is the build one a maker ships: signed for release, a user build, verified, patched?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity

# property, values that are as they should be, what another value means; source: AOSP build/core (tags, type)
# and https://source.android.com/docs/security/features/verifiedboot/boot-flow (boot states)
_EXPECTED = (
    ("ro.build.tags", {"release-keys"}, "The build is not signed with release keys"),
    ("ro.build.type", {"user"}, "The build is not a user build"),
    ("ro.debuggable", {"0"}, "The build is debuggable: anybody with a cable can become root"),
    ("ro.secure", {"1"}, "adb runs as root on this build"),
    ("ro.boot.verifiedbootstate", {"green"}, "Verified boot does not vouch for the software"),
    ("ro.boot.flash.locked", {"1"}, "The bootloader is unlocked: any software can be flashed"),
    ("ro.boot.vbmeta.device_state", {"locked"}, "The bootloader is unlocked: any software can be flashed"),
)


class Posture:
    """Build tags and type, verified boot, bootloader lock, patch age."""

    id = "posture"
    question = "Is the build signed for release, locked and patched?"
    needs = frozenset({Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each property that is not as shipped, one for an old patch."""
        for name, good, meaning in _EXPECTED:
            found = case.facts.properties.get(name)
            if found is not None and found.value and found.value not in good:
                yield self._finding(
                    case.policy.posture,
                    name,
                    f"{meaning} ({name} = {found.value}).",
                    Evidence(what=f"property {name}", value=found.value, origin=found.origin),
                )
        yield from self._patch(case)

    def passed(self, case: Case) -> str:
        """Which of the properties are as shipped, and how many are not and only noted."""
        stated = [
            (name, case.facts.value(name) in good) for name, good, _ in _EXPECTED if case.facts.value(name)
        ]
        fine = [name for name, good in stated if good]
        names = ", ".join(fine) or "none"
        words = f"As shipped, in {len(fine)} of {len(_EXPECTED)} properties that tell: {names}."
        noted = len(stated) - len(fine)
        return f"{words} Not so in {noted}, which the notes name." if noted else words

    def _patch(self, case: Case) -> Iterator[Finding]:
        found = case.facts.properties.get("ro.build.version.security_patch")
        if found is None or not found.value:
            return
        evidence = Evidence(what="security patch level", value=found.value, origin=found.origin)
        try:
            patched = date.fromisoformat(found.value)
        except ValueError:
            message = f"The security patch level {found.value!r} is no date."
            yield self._finding(case.policy.posture, "security patch", message, evidence)
            return
        age = (date.fromisoformat(case.today) - patched).days
        limit = case.policy.patch_age_days
        outcome = Outcome.PASS if limit is None or age <= limit else case.policy.posture
        message = f"The security patch is of {found.value}, {age} days before this judgement."
        yield self._finding(outcome, "security patch", message, evidence)

    def _finding(self, outcome: Outcome, subject: str, message: str, evidence: Evidence) -> Finding:
        passing = outcome is Outcome.PASS
        return Finding(
            check=self.id,
            outcome=outcome,
            severity=Severity.INFO if passing else Severity.MEDIUM,
            subject=subject,
            message=message,
            why="" if passing else "Software that the maker does not vouch for may hold anything.",
            fix="" if passing else "Flash the maker's current release build and lock the bootloader.",
            evidence=(evidence,),
        )
