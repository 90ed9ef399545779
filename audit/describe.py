"""What a report says beside its findings: who the unit is, how much of it was read, what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from audit.model.code import Code
from audit.model.destinations import Dataset
from audit.model.evidence import Kind, Snapshot, Topic, UnitId
from audit.model.facts import Facts
from audit.model.profiles import Advisory
from audit.model.report import Coverage, Finding, Identity, Reach
from audit.model.text import unquoted


def nothing_read(topic: Topic, facts: Facts) -> bool:
    """Whether the topic was wanted and nothing at all of it was read."""
    return _count(topic, facts) == 0 and any(gap.topic is topic for gap in facts.gaps)


def _count(topic: Topic, facts: Facts) -> int:
    return {
        Topic.PROPERTIES: len(facts.properties),
        Topic.USERS: len(facts.users),
        Topic.PACKAGES: len(facts.packages),
        Topic.APEX: len(facts.apex),
        Topic.OVERLAYS: len(facts.overlays),
        Topic.SETTINGS: len(facts.settings),
        Topic.FILES: len(facts.files),
        Topic.ENDPOINTS: len(facts.endpoints),
        Topic.FLOWS: len(facts.flows or ()),
    }.get(topic, 0)


_SHOWN: Mapping[Topic, tuple[Kind, ...]] = {
    Topic.PROPERTIES: (Kind.GETPROP, Kind.BUILD_PROP),
    Topic.USERS: (Kind.USERS,),
    Topic.PACKAGES: (Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.PACKAGES_ANDROIDQF, Kind.PACKAGE_DETAILS),
    Topic.DISABLED: (Kind.PACKAGES_DISABLED, Kind.PACKAGE_DETAILS),
    Topic.DETAILS: (Kind.PACKAGE_DETAILS,),
    Topic.OVERLAYS: (Kind.OVERLAYS, Kind.OVERLAYS_DUMP),
    Topic.APEX: (Kind.APEX,),
    Topic.SETTINGS: (Kind.SETTINGS_GLOBAL, Kind.SETTINGS_SYSTEM, Kind.SETTINGS_SECURE),
    Topic.FILES: (Kind.FILE, Kind.LISTING),
}


def coverage(facts: Facts, snapshot: Snapshot) -> Iterator[Coverage]:
    """How much of each topic was read, in the order of reports."""
    kinds = {artifact.kind for artifact in snapshot.artifacts}
    shown = {t: k for t, k in _SHOWN.items() if not (facts.at_rest and t in _RUNNING_ONLY)}
    for topic, wanted in shown.items():
        gaps = tuple(gap for gap in facts.gaps if gap.topic is topic)
        told = _count(topic, facts) > 0  # modules are named in the dump of packages as well
        asked = told or bool(kinds & set(wanted)) or (facts.at_rest and topic in _IN_MANIFESTS)
        if topic is Topic.FILES and not asked and not gaps:
            continue  # only some units hold the files that are looked for; none is no news
        count = _count(topic, facts) or sum(1 for a in snapshot.artifacts if a.kind in wanted and not gaps)
        if gaps:
            reach = Reach.PARTLY if count else Reach.MISSING
        else:
            reach = Reach.READ if asked else Reach.NOT_ASKED
        yield Coverage(topic=str(topic), reach=reach, count=count, gaps=gaps)
    yield from _code(facts)
    gaps = tuple(gap for gap in facts.gaps if gap.topic is Topic.FLOWS)
    reach = Reach.NOT_ASKED if facts.flows is None else Reach.READ
    if gaps:
        reach = Reach.MISSING if facts.flows is None else Reach.PARTLY
    yield Coverage(topic=str(Topic.FLOWS), reach=reach, count=len(facts.flows or ()), gaps=gaps)


def _code(facts: Facts) -> Iterator[Coverage]:
    """How much code was read, and what logs and counters told, where there was any."""
    gaps = tuple(gap for gap in facts.gaps if gap.topic is Topic.ENDPOINTS)
    if facts.code or gaps:
        read = sum(1 for file in facts.code if file.code is Code.READ)
        reach = (Reach.PARTLY if read else Reach.MISSING) if gaps else Reach.READ
        yield Coverage(topic="files of code", reach=reach, count=read, gaps=gaps)
    if facts.activity:
        yield Coverage(topic=str(Topic.ACTIVITY), reach=Reach.READ, count=len(facts.activity))


_RUNNING_ONLY = frozenset({Topic.USERS, Topic.DISABLED, Topic.DETAILS, Topic.SETTINGS})
"""What only a unit that has run can tell."""
_IN_MANIFESTS = frozenset({Topic.PACKAGES, Topic.OVERLAYS, Topic.APEX})


def named(unit: UnitId, facts: Facts) -> UnitId:
    """The unit as the source names it, else as it names itself."""
    model = unquoted(facts.value("ro.product.model") or "") or unit.model
    serial = unit.serial or facts.value("ro.serialno")
    return UnitId(serial=serial, model=model, addresses=facts.own_addresses)


def identity(facts: Facts, unit: UnitId) -> Identity:
    """What the unit says it is."""

    def say(*names: str) -> str:
        values = (facts.value(name) for name in names)
        return next((unquoted(v) for v in values if v), "")

    return Identity(
        # over TCP the source knows an address only; the unit's own word is the same over every way
        serial=say("ro.serialno", "ro.boot.serialno") or unit.serial or "",
        manufacturer=say("ro.product.manufacturer", "ro.product.vendor.manufacturer"),
        brand=say("ro.product.brand", "ro.product.vendor.brand"),
        model=say("ro.product.model", "ro.product.vendor.model"),
        device=say("ro.product.device", "ro.product.vendor.device"),
        product=say("ro.product.name", "ro.product.vendor.name"),
        build=say("ro.build.display.id"),
        incremental=say("ro.build.version.incremental"),
        fingerprint=say("ro.build.fingerprint", "ro.vendor.build.fingerprint"),
        android=say("ro.build.version.release"),
        patch=say("ro.build.version.security_patch"),
    )


_ASKED = (
    "Only what the unit told over ADB, or what the files hold, was read; a unit can hide packages and"
    " properties from the shell."
)
_AT_REST = (
    "An image was read, not a unit: what it would list, install or enable when it first starts was not seen,"
    " nor what an update or a loader adds later."
)
_SOCKETS_ONLY = frozenset({"netstat", "ss"})


def described(finding: Finding, descriptions: Mapping[str, str]) -> Finding:
    """*finding* with what the operator's list says of the package it is about."""
    said = descriptions.get(finding.subject)
    return finding if said is None else replace(finding, facts=(*finding.facts, ("UAD-ng says", said)))


def limits(
    advisories: tuple[Advisory, ...], facts: Facts, datasets: tuple[Dataset, ...] = (), today: str = ""
) -> tuple[str, ...]:
    """What an audit of properties and packages cannot see, in sentences. today: ISO date of judging."""
    listed = facts.listing is not None
    unseen = [a.title for a in advisories if not a.packages and not (listed and a.telling_files)]
    sentences = [
        _AT_REST if facts.at_rest else _ASKED,
        "Registration code in modem firmware is not visible to an audit of packages.",
    ]
    if facts.flows is None:
        sentences.append("No network traffic was watched: destinations are those documented, not seen.")
    elif not facts.watches and {flow.via for flow in facts.flows} <= _SOCKETS_ONLY:
        sentences.append(
            "Of the network only the sockets open at one moment were listed; a contact before or after it is"
            " not among them, and a shared UID's traffic is nobody's alone."
        )
    sentences += _of_watches(facts)
    if facts.flows and not datasets and any(flow.ip for flow in facts.flows):
        sentences.append("No data on addresses is installed, so no country of a destination was looked up.")
    sentences += _old(datasets, today)
    if unseen:
        sentences.append(
            f"Incidents without a package of their own were not looked for: {', '.join(unseen)}."
        )
    return tuple(sentences)


_OLD_DAYS = 90


def _of_watches(facts: Facts) -> Iterator[str]:
    """What each way of watching left open, and what was lost on the way."""
    yield from dict.fromkeys(watch.leaves_open for watch in facts.watches if watch.leaves_open)
    for watch in facts.watches:
        if watch.hooks_missing:
            names = ", ".join(name for name, _ in watch.hooks_missing[:_MOST_HOOKS])
            more = len(watch.hooks_missing) - _MOST_HOOKS
            yield f"Not hooked in {watch.what}: {names}" + (f" and {more} more." if more > 0 else ".")
        if watch.dropped:
            yield f"{watch.dropped} events of {watch.what} were lost."
    if facts.watches:
        yield "A contact that was not seen may still have been made: no event is no proof of none."


_MOST_HOOKS = 8


def _old(datasets: tuple[Dataset, ...], today: str) -> Iterator[str]:
    """Data on addresses that may have moved since."""
    for one in datasets:
        age = age_days(one.published, today)
        if age is None:
            yield f"Of what date {one.title} is could not be told: addresses may have moved since."
        elif age > _OLD_DAYS:
            yield f"{one.title} is of {one.published}, {age} days old: addresses may have moved since."


def age_days(published: str, today: str) -> int | None:
    """How old data is; None where either is no ISO date."""
    try:
        return (date.fromisoformat(today) - date.fromisoformat(published)).days
    except ValueError:
        return None
