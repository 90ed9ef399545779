"""Tells a list of packages that is not the whole list, by what every whole one holds.

A folder comes without the exit codes and stream ends that a connected unit gives, so a list that was cut,
searched through, or recorded for one user of several must be known by itself: what it leaves out would pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from audit.model.evidence import Artifact, Gap, Kind, Topic
from audit.sources import peek

_CORE = ("com.android.",)
_FRAMEWORK = "android"
_FIELD = re.compile(rb"(?<=[ =])(versionCode|uid|installer)[:=]|^package:(/)")
_UIDS = re.compile(rb"\buid:([0-9,]{1,200})")
_PER_USER = 100_000
_LISTS_ALL_USERS = 33
"""API level from which ``list packages`` without ``--user`` means every user (PackageManagerShellCommand)."""


def gaps(artifacts: Sequence[Artifact]) -> Iterator[Gap]:
    """What the lists of packages in a folder leave out, as far as they show it."""
    lists = [a for a in artifacts if a.kind in {Kind.PACKAGES, Kind.PACKAGES_KNOWN}]
    yield from _without_core(lists)
    for one in lists:
        if _stops_short(one.data):
            yield Gap(
                topic=Topic.PACKAGES,
                reason=f"{one.origin} stops in the middle of its last line.",
                fix="Record the list again and to its end.",
                origin=one.origin,
                user=one.user,
            )
    if lists and not _dumped_whole(artifacts):
        yield from _unlisted_users(artifacts, lists)


def _without_core(lists: Sequence[Artifact]) -> Iterator[Gap]:
    """No Android runs without packages of its own; a list without any was searched through or cut."""
    for user in dict.fromkeys(one.user for one in lists):
        own = [one for one in lists if one.user == user]
        named = frozenset[str]().union(*(peek.package_names(one.data) for one in own))
        if named and not any(name == _FRAMEWORK or name.startswith(_CORE) for name in named):
            yield Gap(
                topic=Topic.PACKAGES,
                reason=f"{own[0].origin} names {len(named)} packages and none of Android's own, which every"
                " unit has: it is part of a list.",
                fix="Record `pm list packages -f` whole, without grep or head.",
                origin=own[0].origin,
                user=user,
            )


def _stops_short(data: bytes) -> bool:
    """Whether the last line, without an end, lacks a field that every other line has."""
    lines = [line for line in data.replace(b"\r", b"").split(b"\n") if line.startswith(b"package:")]
    if data.endswith(b"\n") or len(lines) < 2:
        return False
    fields = [{m[1] or m[2] for m in _FIELD.finditer(line)} for line in lines]
    return fields[-1] < set.intersection(*fields[:-1])


def _dumped_whole(artifacts: Sequence[Artifact]) -> bool:
    """Whether there is a dump of all packages: it names their state for every user."""
    return any(a.kind is Kind.PACKAGE_DETAILS and a.argument is None for a in artifacts)


def _unlisted_users(artifacts: Sequence[Artifact], lists: Sequence[Artifact]) -> Iterator[Gap]:
    listed = {0 if one.user is None else one.user for one in lists}
    for one in lists:
        for uids in _UIDS.findall(one.data):
            listed |= {int(uid) // _PER_USER for uid in uids.split(b",") if uid}
    versions = (peek.version(a.data).sdk for a in artifacts if a.kind in {Kind.GETPROP, Kind.BUILD_PROP})
    sdk = next((found for found in versions if found is not None), None)
    if sdk is not None and sdk >= _LISTS_ALL_USERS and any(one.user is None for one in lists):
        return
    for told in (a for a in artifacts if a.kind is Kind.USERS):
        for user in peek.users(told.data):
            if user not in listed:
                yield Gap(
                    topic=Topic.PACKAGES,
                    reason=f"{told.origin} names user {user}, but no list of its packages was given.",
                    fix=f"Record `pm list packages -f --user {user}` too.",
                    origin=told.origin,
                    user=user,
                )
                listed.add(user)
