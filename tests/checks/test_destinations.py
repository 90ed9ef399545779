from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checks.destinations import Destinations
from audit.checks.places import anycast, anycast_networks
from audit.model.destinations import CountryReading, Destination
from audit.model.evidence import Gap, Topic
from audit.model.flows import Attribution, Caught, Certainty, Flow, FlowKind, IdentifierKind, Stage, Watch
from audit.model.profiles import Anycast, Confidence, DestinationRule, Outcome, Rulebook
from audit.model.report import Finding
from audit.pipeline import ask
from tests.checks.house import CLIENT, case, client, facts, package, prop, rulebook

RULE = DestinationRule(
    id="acme",
    title="ACME on its activation servers",
    when=(prop("ro.product.brand", "ACME"),),
    markets=("NO", "EU"),
    allowed=("SG",),
    confidence=Confidence.HIGH,
    why="The maker says so.",
    sources=("https://example.org/acme",),
)
TWO = ("one", "two")


def at(ip: str, *countries: str, operator: str = "") -> dict[str, Destination]:
    """*ip* as two datasets place it."""
    readings = tuple(CountryReading(dataset=d, country=c) for d, c in zip(TWO, countries, strict=False))
    return {ip: Destination(ip=ip, scope="global", countries=readings, operator=operator)}


def flow(ip: str = "1.2.3.4", **changes: object) -> Flow:
    """A contact of the client."""
    values: dict[str, object] = {
        "who": CLIENT,
        "what": FlowKind.HTTP,
        "to": "http://act.example/",
        "host": "act.example",
        "ip": ip,
        "port": 80,
        "cleartext": True,
        "via": "frida",
        "stage": Stage.TRANSMITTED,
        "attribution": Attribution.PROCESS,
    }
    return Flow(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def book(rule: DestinationRule = RULE, anycast: tuple[Anycast, ...] = ()) -> Rulebook:
    """The small rulebook with a rule for ACME."""
    return replace(rulebook(client()), destinations=(rule,), anycast=anycast)


def judged(
    *flows: Flow,
    places: dict[str, Destination] | None = None,
    rules: Rulebook | None = None,
    market: str | None = "NO",
    gaps: tuple[Gap, ...] = (),
) -> list[Finding]:
    """What the check says of a unit with these contacts."""
    rules = rules or book()
    known = {ip: anycast(place, anycast_networks(rules)) for ip, place in (places or {}).items()}
    found = replace(facts(package(), flows=flows, gaps=gaps), destinations=known)
    return list(ask(Destinations(), case(found, rules, market)))


def test_a_server_in_a_country_no_rule_allows_fails_and_is_named() -> None:
    """Both datasets say China, the maker said Singapore."""
    [found] = judged(flow(), places=at("1.2.3.4", "CN", "CN", operator="Chinanet"))
    assert found.outcome is Outcome.FAIL
    assert "1.2.3.4 is in China (one, two), run by Chinanet" in found.message
    assert "may call SG" in found.message
    assert "in cleartext" in found.evidence[0].value


def test_the_country_that_is_allowed_passes() -> None:
    """And the sentence says how many contacts that was."""
    [found] = judged(flow(), places=at("1.2.3.4", "SG", "SG"))
    assert found.outcome is Outcome.PASS
    assert found.message.startswith("1 contacts of activation clients")


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (at("1.2.3.4", "SG", "CN"), "in SG by one, China by two: they disagree"),
        (at("1.2.3.4", "SG"), "in SG by one alone"),
        (at("1.2.3.4", "", ""), "in no country that the data lists"),
    ],
)
def test_what_is_not_settled_asks_a_person(places: dict[str, Destination], words: str) -> None:
    """Two that disagree, one alone and none are told as they are, also where one of them is allowed."""
    [found] = judged(flow(), places=places)
    assert found.outcome is Outcome.REVIEW
    assert words in found.message


def test_anycast_is_no_country() -> None:
    """Both agree, and both speak of the company's seat."""
    rules = book(anycast=(Anycast(network="1.2.3.0/24", operator="Acme DNS", sources=()),))
    [found] = judged(flow(), places=at("1.2.3.4", "CN", "CN"), rules=rules)
    assert found.outcome is Outcome.REVIEW
    assert "anycast of Acme DNS; China by one, China by two" in found.message


def test_without_data_nothing_passes() -> None:
    """The contact was seen; where it went, nobody could look up."""
    [found] = judged(flow())
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "adb-audit data import" in found.fix


def test_a_sink_that_answered_says_nothing_of_the_real_server() -> None:
    """The name was answered with the bench's own address."""
    here = {"10.0.0.1": Destination(ip="10.0.0.1", scope="private")}
    [found] = judged(flow("10.0.0.1"), places=here)
    assert found.outcome is Outcome.REVIEW
    assert "its own is not known" in found.message


@pytest.mark.parametrize(("market", "rules"), [(None, book()), ("NO", rulebook(client()))])
def test_what_was_watched_in_part_never_passes(market: str | None, rules: Rulebook) -> None:
    """Also where no rule speaks of the unit, and where nothing of the recording could be read."""
    gap = Gap(topic=Topic.FLOWS, reason="It breaks off.", fix="Watch again.", origin="confirm")
    watch = Watch(by="frida", what="the client", origin="confirm")
    for flows in ((), None):
        found = replace(facts(package(), flows=flows, gaps=(gap,)), watches=(watch,))
        [finding] = ask(Destinations(), case(found, rules, market))
        assert finding.outcome is Outcome.INCONCLUSIVE
    unwatched = facts(package(), flows=(), gaps=(gap,))
    [finding] = ask(Destinations(), case(unwatched, rules, market))
    assert finding.outcome is Outcome.NOT_APPLICABLE


def test_a_shared_uid_accuses_nobody() -> None:
    """One of the packages behind it is a client; that it was that one cannot be told."""
    shared = flow(who="uid 1001", shared=("com.android.phone", CLIENT), attribution=Attribution.SHARED_UID)
    [found] = judged(shared, places=at("1.2.3.4", "CN", "CN"))
    assert found.outcome is Outcome.REVIEW
    assert "uid 1001" in found.message


def test_a_client_that_the_unit_does_not_list_accuses_nobody() -> None:
    """Whoever named it, the unit's own list says otherwise."""
    other = replace(facts(package("com.acme.app"), flows=(flow(),)), destinations=at("1.2.3.4", "CN", "CN"))
    [found] = ask(Destinations(), case(other, book(), "NO"))
    assert found.outcome is Outcome.REVIEW
    assert f"{CLIENT} is not among the packages listed" in found.message


def test_others_may_call_where_they_like() -> None:
    """A browser in China is no activation client."""
    [found] = judged(flow(who="com.acme.browser"), places=at("1.2.3.4", "CN", "CN"))
    assert (found.outcome, found.message) == (
        Outcome.PASS,
        "Of 1 contacts that were seen, none was an activation client's.",
    )


def test_a_rule_of_low_confidence_only_asks() -> None:
    """Low confidence may only ever ask for review."""
    [found] = judged(
        flow(), places=at("1.2.3.4", "CN", "CN"), rules=book(replace(RULE, confidence=Confidence.LOW))
    )
    assert found.outcome is Outcome.REVIEW


@pytest.mark.parametrize("market", ["CN", "US", None])
def test_where_no_rule_speaks_the_question_does_not_arise(market: str | None) -> None:
    """No rule, no verdict."""
    [found] = judged(flow(), places=at("1.2.3.4", "CN", "CN"), market=market)
    assert found.outcome is Outcome.NOT_APPLICABLE


def test_nobody_watched_is_not_a_pass() -> None:
    """The question does not arise; a recording that broke off leaves it open."""
    book_ = book()
    [found] = ask(Destinations(), case(facts(package(), flows=None), book_, "NO"))
    assert found.outcome is Outcome.NOT_APPLICABLE
    gap = Gap(topic=Topic.FLOWS, reason="The recording broke off.", fix="Watch again.")
    assert [f.outcome for f in judged(gaps=(gap,))] == [Outcome.INCONCLUSIVE]


def test_an_identifier_that_left_is_named_with_its_kinds() -> None:
    """Only exact ones are the unit's."""
    caught = tuple(
        Caught(kind=kind, certainty=certainty)
        for kind, certainty in (
            (IdentifierKind.IMEI, Certainty.EXACT),
            (IdentifierKind.ICCID, Certainty.EXACT),
            (IdentifierKind.IMSI, Certainty.HIGH),
        )
    )
    [found] = judged(flow(stage=Stage.IDENTIFIED, identifiers=caught), places=at("1.2.3.4", "CN", "CN"))
    assert "sent this unit's IMEI and ICCID to http://act.example/" in found.message
