"""What is missing: an artifact that failed, or is half an answer, and topics nothing speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from audit.model.evidence import Artifact, Gap, Kind, Topic
from audit.model.facts import Package, Parsed
from audit.parse.merge_packages import PackageList
from audit.parse.text import decode, lines_of, quote
from audit.parse.trouble import Trouble, noise, recognise

V = TypeVar("V")

TOPICS: Mapping[Kind, Topic] = {
    Kind.GETPROP: Topic.PROPERTIES,
    Kind.BUILD_PROP: Topic.PROPERTIES,
    Kind.USERS: Topic.USERS,
    Kind.PACKAGES: Topic.PACKAGES,
    Kind.PACKAGES_KNOWN: Topic.PACKAGES,
    Kind.PACKAGES_DISABLED: Topic.DISABLED,
    Kind.PACKAGE_DETAILS: Topic.DETAILS,
    Kind.APEX: Topic.APEX,
    Kind.OVERLAYS: Topic.OVERLAYS,
    Kind.SETTINGS_GLOBAL: Topic.SETTINGS,
    Kind.SETTINGS_SYSTEM: Topic.SETTINGS,
    Kind.SETTINGS_SECURE: Topic.SETTINGS,
    Kind.FILE: Topic.FILES,
    Kind.LISTING: Topic.FILES,
    Kind.PACKAGES_ANDROIDQF: Topic.PACKAGES,
    Kind.DIGESTS: Topic.FILES,
    Kind.OVERLAYS_DUMP: Topic.OVERLAYS,
    Kind.SOCKETS: Topic.FLOWS,
    Kind.SOCKET_DETAILS: Topic.FLOWS,
    Kind.NETSTATS: Topic.ACTIVITY,
    Kind.CONNECTIVITY: Topic.ACTIVITY,
    Kind.PROCESSES: Topic.ACTIVITY,
    Kind.BROADCASTS: Topic.ACTIVITY,
    Kind.LOGCAT: Topic.ACTIVITY,
    Kind.DNSRESOLVER: Topic.ACTIVITY,
    Kind.IDENTITY: Topic.IDENTIFIERS,
    Kind.OBSERVATIONS: Topic.FLOWS,
}

FIRST_SDK: Mapping[Topic, int] = {Topic.OVERLAYS: 26, Topic.APEX: 29}
"""The API level from which Android has the thing at all; below it, nothing is missing."""

# On no working unit are these empty. A property file may hold comments only, nothing may be disabled.
_NEVER_EMPTY = frozenset(TOPICS) - {Kind.BUILD_PROP, Kind.PACKAGES_DISABLED, Kind.OVERLAYS, Kind.FILE}
# init, too, passes over what it does not understand in a property file.
_MAY_BE_UNREAD = frozenset((Kind.BUILD_PROP, Kind.FILE))

# No package details: they are asked of named packages only, and a unit without any owes none.
_WANTED: Mapping[Topic, str] = {
    Topic.PROPERTIES: "`getprop`",
    Topic.PACKAGES: "`cmd package list packages -f -U --show-versioncode --user 0`",
    Topic.DISABLED: "`cmd package list packages -d --user 0`",
    Topic.OVERLAYS: "`cmd overlay list`",
    Topic.SETTINGS: "`settings list global`",
    Topic.USERS: "`pm list users`",
    Topic.APEX: "`cmd package list packages --apex-only --show-versioncode`",
}

_REPORT = "Report these lines to the makers of this program: the format is new to it."
_REPEAT = "Audit again; if it was recorded, record it again and to its end."


def gaps_of(artifact: Artifact, parsed: Parsed[V], *, empty: bool) -> tuple[Gap, ...]:
    """Why *artifact* is not the whole answer, each reason once. empty: nothing of its kind was in it."""
    reasons = dict(_reasons(artifact, parsed, empty=empty))
    whose = "" if artifact.user is None else f"User {artifact.user}: "
    return tuple(
        Gap(
            topic=TOPICS[artifact.kind],
            reason=whose + reason,
            fix=fix,
            origin=artifact.origin,
            user=artifact.user,
        )
        for reason, fix in reasons.items()
    )


def stderr_lines(artifact: Artifact) -> tuple[tuple[int, str], ...]:
    """Numbered lines of standard error that are neither noise nor an error message that is known."""
    lines = enumerate(lines_of(decode(artifact.stderr)), start=1)
    return tuple((n, line) for n, line in lines if noise(line) is None and recognise(line) is None)


def _reasons(artifact: Artifact, parsed: Parsed[V], *, empty: bool) -> Iterator[tuple[str, str]]:
    troubles = _troubles((*parsed.errors, *lines_of(decode(artifact.stderr))))
    answered = any(trouble.answers for trouble in troubles)
    failed = False
    for trouble, line in troubles.items():
        if not trouble.answers:
            failed = True
            yield f"{trouble.reason} The unit said: {line}", trouble.fix
    if artifact.truncated:
        failed = True
        yield "The answer stopped before its end.", _REPEAT
    if artifact.exit_code and not failed and not answered:
        failed = True
        yield f"The command ended with exit code {artifact.exit_code}.{_said(artifact)}", _REPEAT
    if parsed.unread and artifact.kind not in _MAY_BE_UNREAD:
        first = parsed.unread[0]
        count = len(parsed.unread)
        lines = "1 line was" if count == 1 else f"{count} lines were"
        yield f"{lines} not understood, the first is line {first.line}: {quote(first.text)}", _REPORT
    elif empty and not failed and not answered and not _may_be_empty(artifact):
        yield f"The answer is empty, which is true of no working unit.{_said(artifact)}", _REPEAT


def untold(unsure: Sequence[PackageList], packages: Mapping[str, Package]) -> Iterator[Gap]:
    """A gap for each list whose installed and uninstalled packages nothing else tells apart."""
    for listed in unsure:
        names = dict.fromkeys(line.name for line in listed.packages)
        open_ = [name for name in names if all(u.installed is None for u in packages[name].users)]
        if open_:
            yield Gap(
                topic=Topic.PACKAGES,
                reason=f"{listed.origin} names uninstalled packages beside installed ones, and of"
                f" {len(open_)} of {len(names)} nothing tells which they are (first {open_[0]}).",
                fix="Give the acquisition with its dumpsys.txt, or audit the unit itself.",
                origin=listed.origin,
                user=listed.user,
            )


def _may_be_empty(artifact: Artifact) -> bool:
    # a unit may have no overlays, but without an exit code it may be a redirect that caught nothing
    if artifact.kind is Kind.OVERLAYS:
        return artifact.exit_code is not None
    return artifact.kind not in _NEVER_EMPTY


def _troubles(lines: Iterable[str]) -> dict[Trouble, str]:
    """Each kind of trouble with the first line that told of it."""
    found: dict[Trouble, str] = {}
    for line in lines:
        if noise(line) is None and (trouble := recognise(line)) is not None:
            found.setdefault(trouble, quote(line))
    return found


def _said(artifact: Artifact) -> str:
    words = stderr_lines(artifact)
    return f" The unit said: {quote(words[0][1])}" if words else ""


def missing(spoken_of: Collection[Topic], sdk: int | None) -> tuple[Gap, ...]:
    """A gap for every topic that no artifact and no other gap speaks of. sdk: Android's API level."""
    return tuple(
        Gap(
            topic=topic,
            reason=f"There is no evidence about {topic.value}.",
            fix=f"Add the output of {command}, or audit the unit itself.",
        )
        for topic, command in _WANTED.items()
        if topic not in spoken_of and exists(topic, sdk)
    )


def exists(topic: Topic, sdk: int | None) -> bool:
    """Whether Android of API level *sdk* has anything to say of *topic*; an unknown level has."""
    return sdk is None or sdk >= FIRST_SDK.get(topic, 0)
