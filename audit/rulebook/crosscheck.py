"""What must hold between the entries of a rulebook, once each of them has been read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_network
from urllib.parse import urlsplit

from audit.model.portrait import TraitKind
from audit.model.profiles import (
    Advisory,
    Anycast,
    Aspect,
    ClientProfile,
    Confidence,
    DestinationRule,
    Example,
    Level,
    Outcome,
    Policy,
    RegionProfile,
    Role,
    Rulebook,
    SignalRule,
    Strength,
    Subject,
    Volatile,
)
from audit.rulebook.problems import Place, Problem, one_of
from audit.rulebook.readers import read_properties

EXPECTED = frozenset({"fail", "review", "note", "pass"})
"""What an example of a client or an advisory may expect."""


def crosscheck(rulebook: Rulebook, found: list[Problem]) -> None:
    """Note in *found* what refers to something that is not there, or cannot be meant."""
    for client in rulebook.clients.values():
        _client(client, rulebook, Place(client.path, found, f"client {client.package}"))
    for advisory in rulebook.advisories:
        _advisory(advisory, rulebook, Place(advisory.path, found, f"advisory {advisory.id}"))
    for region in rulebook.regions:
        _region(region, rulebook, Place(region.path, found))
    for policy in rulebook.policies.values():
        _policy(policy, Place(policy.path, found))
    for rule in rulebook.destinations:
        _destination(rule, rulebook, Place(rule.path, found, f"destination {rule.id}"))
    for network in rulebook.anycast:
        _anycast(network, Place("anycast.toml", found, f"anycast {network.operator}"))
    readers = read_properties(rulebook) if rulebook.volatile else {}
    for left_out in rulebook.volatile:
        _volatile(left_out, readers, Place(left_out.path, found, f"volatile {left_out.id}"))
    for one in rulebook.markets.sets.values():
        _sources(one.sources, Place("markets.toml", found, f"set {one.code}"))
    if rulebook.policies and "default" not in rulebook.policies:
        Place("policies", found).wrong("there is no policy 'default'", "add policies/default.toml")


def _client(client: ClientProfile, rulebook: Rulebook, place: Place) -> None:
    _sources(client.sources, place)
    _markets(client.serves, "serves", rulebook, place)
    _code(client, place)
    _denied(client, place)
    incidents = [advisory.id for advisory in rulebook.advisories]
    if client.incident is not None and client.incident not in incidents:
        place.wrong(f"unknown incident {client.incident!r}", one_of(client.incident, incidents))
    if client.confidence is Confidence.LOW and client.role is Role.MALWARE:
        place.wrong(
            "malware of low confidence", "malware always fails: source it better or choose another role"
        )
    for kind, to in ((e.kind, e.to) for e in client.endpoints):
        _endpoint(kind, to, place.at(f"endpoint {to}"))
    for example, at in _examples(client.examples, rulebook, place):
        _expected(example, EXPECTED, at)
        if client.confidence is Confidence.LOW and example.expect == "fail":
            at.wrong(
                "a client of low confidence can only ask for review", 'expect "review", or source it better'
            )
        if client.package not in (*example.packages, *example.disabled, *example.uninstalled):
            at.wrong("the unit does not have the package", f"list {client.package} in packages")


def _code(client: ClientProfile, place: Place) -> None:
    if client.code is None:
        return
    _sources(client.code.sources, place.at("code"))
    if client.armed_when is None or not client.endpoints:
        place.at("code").wrong(
            "says how its code is gated, and has no armed_when or endpoint", "add both, or drop code"
        )


def _denied(client: ClientProfile, place: Place) -> None:
    if client.denied is None:
        return
    if client.denied.sources:
        _sources(client.denied.sources, place.at("denied"))
    if client.role is not Role.UPDATER:
        place.wrong(f"denied versions of a {client.role}", 'only role = "updater" is judged by version')
    if client.denied.every_version and client.denied.below is not None:
        place.wrong("denies every version, and names a clean one", "keep either every_version or below")


def _advisory(advisory: Advisory, rulebook: Rulebook, place: Place) -> None:
    _sources(advisory.sources, place)
    if strange := sorted(set(advisory.telling_files) - set(advisory.files)):
        place.wrong(f"telling_files names {strange[0]!r}, which files does not", "list it in both")
    if not advisory.packages and not advisory.files:
        place.wrong("names neither packages nor files", "name what it is found by")
    for example, at in _examples(advisory.examples, rulebook, place):
        _expected(example, EXPECTED, at)


def _region(region: RegionProfile, rulebook: Rulebook, place: Place) -> None:
    _sources(region.sources, place)
    strong = [rule for rule in region.signals if rule.strength is Strength.STRONG]
    if region.silent and strong:
        place.wrong(f"silent, yet {strong[0].id} is a strong signal", "drop one of the two")
    if not region.silent and not region.signals:
        place.wrong("has no signals", "add them, or say silent = true and why")
    for rule in region.signals:
        _signal(rule, rulebook, place.at(f"signal {rule.id}"))
        if rule.yields_to and rule.yields_to not in (ids := [r.id for r in region.signals if r is not rule]):
            place.at(f"signal {rule.id}").wrong(
                f"yields_to: unknown signal {rule.yields_to!r}", one_of(rule.yields_to, ids)
            )
    for double in _doubles(rule.id for rule in region.signals):
        place.wrong(f"two signals are called {double!r}", "give each an id of its own")
    expected = {*rulebook.markets.countries, *rulebook.markets.sets, "unknown", "contradiction"}
    for example, at in _examples(region.examples, rulebook, place):
        _expected(example, expected, at)


def _signal(rule: SignalRule, rulebook: Rulebook, place: Place) -> None:
    if rule.sources:
        _sources(rule.sources, place)
    if rule.map and rule.table is not None:
        place.wrong("has both map and table", "keep one of them")
    if rule.table is not None and rule.table not in rulebook.tables:
        place.wrong(f"unknown table {rule.table!r}", one_of(rule.table, rulebook.tables))
    _markets(rule.map.values(), "map", rulebook, place)
    if (rule.strength is Strength.USAGE) != (rule.aspect is Aspect.USAGE):
        place.wrong(
            f"strength {rule.strength} with aspect {rule.aspect}",
            "usage is both a strength and an aspect, or neither",
        )
    if rule.subject in (Subject.OVERLAY, Subject.PACKAGE) and rule.name != "*":
        place.wrong(
            f"{rule.subject} is {rule.name!r}", f'write {rule.subject} = "*"; the pattern chooses the names'
        )
    if rule.map and (strange := set(_literals(rule.pattern) or rule.map) ^ set(rule.map)):
        place.wrong(
            f"pattern and map differ in {', '.join(sorted(strange))}",
            "map each word the pattern captures, and no other",
        )


def _policy(policy: Policy, place: Place) -> None:
    for name, outcomes in (("out_of_market", policy.out_of_market), ("elsewhere", policy.elsewhere)):
        for level in set(Level) - outcomes.keys():
            place.at(name).wrong(f"{level} is missing", f"say what {level} leads to")
    single = [getattr(policy, name) for name in _POLICY_OUTCOMES]
    for outcome in {*single, *policy.out_of_market.values(), *policy.elsewhere.values()} - _POLICY_MAY:
        place.wrong(f"{outcome} is nothing a policy decides", "use pass, review or fail")


def _destination(rule: DestinationRule, rulebook: Rulebook, place: Place) -> None:
    _sources(rule.sources, place)
    _markets(rule.markets, "markets", rulebook, place)
    for name in ("when", "markets", "allowed"):
        if not getattr(rule, name):
            place.wrong(f"{name} is empty", f"say {_DESTINATION_SAYS[name]}")
    for code in rule.allowed:
        if code not in rulebook.markets.countries:
            place.wrong(f"allowed: unknown country {code!r}", one_of(code, rulebook.markets.countries))


def _anycast(one: Anycast, place: Place) -> None:
    _sources(one.sources, place)
    try:
        ip_network(one.network)
    except ValueError as error:
        place.wrong(f"{one.network!r} is no network: {error}", "write it like 192.0.2.0/24 or 2001:db8::/32")


def _volatile(one: Volatile, readers: Mapping[str, str], place: Place) -> None:
    _sources(one.sources, place)
    if not one.names:
        place.wrong("names nothing", "say what is left out")
    for name in one.names:
        if not name.strip("*?.") or name.startswith("*"):
            place.wrong(f"{name!r} leaves out too much", "name a prefix at least")
    for maker in one.oems:
        if maker != maker.casefold():
            place.wrong(f"oems: {maker!r} is not in lower case", f"write {maker.casefold()!r}")
    if one.use or one.kind is not TraitKind.PROPERTY:
        return
    for prop, reader in readers.items():
        if any(fnmatchcase(prop, name) for name in one.names):
            place.wrong(
                f"leaves out {prop}, which {reader} reads",
                "name less, or say use = true where it tells of nothing but use",
            )


def _sources(sources: tuple[str, ...], place: Place) -> None:
    if not sources:
        place.wrong("has no source", "add at least one address a person can open")
    for source in sources:
        parts = urlsplit(source)
        if parts.scheme not in ("http", "https") or not parts.hostname or " " in source:
            place.wrong(
                f"source {source!r} is not an address", "give an http or https address a person can open"
            )


def _markets(codes: Iterable[str], key: str, rulebook: Rulebook, place: Place) -> None:
    codes = tuple(codes)
    known = {*rulebook.markets.countries, *rulebook.markets.sets}
    if key == "serves" and not codes:
        place.wrong("serves is empty", 'name the markets, or write serves = ["*"] for worldwide')
    if key == "serves" and codes == ("*",):
        return
    for code in codes:
        if code not in known:
            place.wrong(f"{key}: unknown market or set {code!r}", one_of(code, known))


def _endpoint(kind: str, to: str, place: Place) -> None:
    if kind not in _ENDPOINT:
        place.wrong(f"unknown kind {kind!r}", one_of(kind, _ENDPOINT))
    elif not re.fullmatch(_ENDPOINT[kind], to):
        place.wrong(f"{to!r} is no {kind}", f"write it like {_ENDPOINT_LIKE[kind]}")


def _examples(
    examples: tuple[Example, ...], rulebook: Rulebook, place: Place
) -> Iterator[tuple[Example, Place]]:
    for example in examples:
        at = place.at(f"example {example.name}")
        if example.market is not None and example.market not in rulebook.markets.countries:
            at.wrong(f"unknown market {example.market!r}", one_of(example.market, rulebook.markets.countries))
        if rulebook.policies and example.policy not in rulebook.policies:
            at.wrong(f"unknown policy {example.policy!r}", one_of(example.policy, rulebook.policies))
        yield example, at


def _expected(example: Example, known: Iterable[str], place: Place) -> None:
    if example.expect not in known:
        place.wrong(f"cannot expect {example.expect!r}", one_of(example.expect, known))


def _doubles(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _literals(pattern: str) -> list[str] | None:
    """The words ``(?P<region>a|b)`` captures; None when the group is no plain list of words."""
    group = re.search(r"\(\?P<region>([^()]*)\)", pattern)
    if group is None or re.search(r"[\\\[\].*+?{}^$]", group[1]):
        return None
    return group[1].split("|")


_POLICY_OUTCOMES = (
    "region_mismatch",
    "region_unknown",
    "region_silent",
    "contradiction",
    "denied_version",
    "denied_unknown",
    "posture",
    "destination_outside",
    "destination_disputed",
    "baseline_difference",
    "outlier",
    "manifest_difference",
)
_DESTINATION_SAYS = {
    "when": "by what a unit of the maker is known",
    "markets": "for which markets it speaks",
    "allowed": "which countries may be called",
}
_POLICY_MAY = frozenset({Outcome.PASS, Outcome.REVIEW, Outcome.FAIL})
_ENDPOINT = {
    "url": r"[a-z][a-z0-9+.-]*://[^\s/]+(/\S*)?",
    "host": r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+",
    "sms": r"\+?[0-9]{3,15}",
}
_ENDPOINT_LIKE = {"url": "http://example.org/path", "host": "example.org", "sms": "10659401"}
