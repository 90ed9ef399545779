from __future__ import annotations

from dataclasses import replace

from audit.checks.code_addresses import CodeAddresses
from audit.model.code import Code, CodeFile
from audit.model.evidence import Gap, Topic
from audit.model.facts import Endpoint, EndpointKind, Facts
from audit.model.profiles import ClientProfile, Confidence, Outcome, Role
from audit.model.report import Finding
from audit.pipeline import ask
from tests.checks.house import CLIENT, case, client, facts, package, rulebook

OTHER = "com.unknown.helper"


def naming(address: str, who: str | None = OTHER, origin: str = "/system/app/H/H.apk > classes.dex") -> Facts:
    """A unit on which *who* names *address*."""
    code = CodeFile(path="/system/app/H/H.apk", size=1, form="apk", package=who, code=Code.READ)
    endpoint = Endpoint(kind=EndpointKind.URL, value=address, origin=origin, package=who, offset=3)
    return replace(facts(package(who or "com.x")), code=(code,), endpoints=(endpoint,))


def asked(unit: Facts, *clients: ClientProfile, market: str | None = "NO") -> list[Finding]:
    """What the check yields."""
    return list(CodeAddresses().ask(case(unit, rulebook(*(clients or (client(),))), market, "default")))


def test_an_unknown_package_that_names_a_registration_server_is_looked_at() -> None:
    """A client by another name gives itself away by whom it calls; naming is not calling, so: review."""
    [found] = asked(naming("http://act.example:8080/r"))
    assert (found.outcome, found.subject) == (Outcome.REVIEW, OTHER)
    assert "Naming a server is not calling it" in found.message
    assert found.evidence[0].origin.endswith("classes.dex at byte 3")
    assert found.sources


def test_at_home_nothing_is_said() -> None:
    """In the market the client serves, its server is nothing odd."""
    assert asked(naming("http://act.example"), market="CN") == []


def test_the_client_itself_is_judged_elsewhere() -> None:
    """One fault, one finding."""
    assert asked(naming("http://act.example", CLIENT)) == []


def test_another_host_of_the_same_domain_is_another_server() -> None:
    """No substring, no suffix: whole names."""
    assert asked(naming("http://www.act.example")) == []
    assert asked(naming("http://act.example.net")) == []


def test_a_server_that_also_serves_worldwide_clients_says_nothing() -> None:
    """A shared host is no mark of a market."""
    worldwide = client("com.acme.shop", serves=("*",), role=Role.TELEMETRY, confidence=Confidence.HIGH)
    assert asked(naming("http://act.example"), client(), worldwide) == []


def test_code_that_no_package_owns_may_name_it_too() -> None:
    """Then the file is the subject."""
    [found] = asked(naming("http://act.example", None))
    assert found.subject == "/system/app/H/H.apk > classes.dex"


def test_a_configuration_file_says_nothing_by_itself() -> None:
    """One maker's file lists the servers of all its variants, on every unit it sells."""
    assert asked(naming("http://act.example", None, "/system/etc/AutoRegConfig.xml")) == []


def test_where_no_code_was_read_the_question_does_not_arise() -> None:
    """Nothing read is not nothing found."""
    assert CodeAddresses().applies(case(facts(package()), rulebook(client()), "NO", "default"))
    assert not CodeAddresses().applies(case(naming("http://x.example"), rulebook(client()), "NO", "default"))


def test_code_that_could_not_be_read_never_passes() -> None:
    """A server may be named in what is missing, so the question stays open, also where nothing was read."""
    gap = Gap(topic=Topic.ENDPOINTS, reason="/system/app/H/H.apk: it is cut", fix="Read it again.")
    for unit in (naming("http://x.example"), facts(package())):
        asked_of = case(replace(unit, gaps=(gap,)), rulebook(client()), "NO", "default")
        outcomes = [finding.outcome for finding in ask(CodeAddresses(), asked_of)]
        assert outcomes == [Outcome.INCONCLUSIVE]
