from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checks.addresses import host_of
from audit.checks.client_market import ClientMarket
from audit.model.code import Code, CodeFile, Found, FoundKind, Manifest, Signer, Trouble
from audit.model.facts import Activity, Did, Facts, Package
from audit.model.profiles import ClientCode, ClientProfile, Confidence, Level, Outcome
from audit.model.report import Finding
from tests.checks.house import CLIENT, case, client, facts, package, properties, rulebook

GATE = "persist.acme.on"
SERVER = "http://act.example/register"


def coded(**changes: object) -> ClientProfile:
    """The house's client, with what is known of its code."""
    known = ClientCode(gates=("acme.on",), unset="0", sources=("https://example.org/code",))
    return replace(client(), **({"code": known} | changes))  # type: ignore[arg-type] # test shorthand over one record


def vdex(*texts: str, code: Code = Code.READ, name: str | None = CLIENT, **changes: object) -> CodeFile:
    """A file of the client's code that holds *texts*."""
    found = tuple(
        Found(kind=FoundKind.URL if "://" in t else FoundKind.PROPERTY, value=t, where="dex 0", offset=7)
        for t in texts
    )
    made = CodeFile(
        path="/system/app/A/oat/arm/A.vdex", size=9, form="vdex 010", package=name, code=code, found=found
    )
    return replace(made, **changes)  # type: ignore[arg-type] # test shorthand over one record


def apk(
    text: str = "",
    where: str = "classes.dex",
    code: Code = Code.NONE,
    split: str = "",
    troubles: tuple[Trouble, ...] = (),
) -> CodeFile:
    """An APK of the client that holds *text* in its part *where*."""
    file = vdex(*([text] if text else []), code=code, troubles=troubles)
    return replace(
        file,
        form="apk",
        path="/system/app/A/A.apk",
        manifest=Manifest(package=CLIENT, split=split),
        found=tuple(replace(one, where=where) for one in file.found),
    )


def judged(*code: CodeFile, market: str = "NO", unit: Facts | None = None, **changes: object) -> Finding:
    """The one finding about the client on a unit with these files."""
    on_unit = replace(unit or facts(package()), code=code)
    [found] = ClientMarket().ask(case(on_unit, rulebook(coded(**changes)), market, "default"))
    return found


@pytest.mark.parametrize(
    ("code", "level", "outcome"),
    [
        ((), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER),), Level.ARMED, Outcome.FAIL),
        ((vdex(SERVER, GATE),), Level.DORMANT, Outcome.REVIEW),
        ((vdex(SERVER, "persist.vendor.acme.on2"),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex("ro.build.id"),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, code=Code.UNREADABLE),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER), vdex(code=Code.UNREADABLE)), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, code=Code.NONE),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, name="com.other"),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, variant="600CN"),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, troubles=(Trouble(reason="it is cut"),)),), Level.UNKNOWN, Outcome.REVIEW),
        (
            (vdex(SERVER), vdex(code=Code.NONE, troubles=(Trouble(reason="x"),))),
            Level.UNKNOWN,
            Outcome.REVIEW,
        ),
        ((vdex(SERVER, beyond=("native code",)),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER), vdex(beyond=("native code",))), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER), vdex(beyond=("code loaded at run time",))), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, "persist.radio."),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER, "persist.radio.%s.on"),), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(), apk(SERVER, "resources.arsc string/url")), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(), apk(SERVER, "res/xml/url.xml")), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER), apk(GATE, "resources.arsc string/gate")), Level.DORMANT, Outcome.REVIEW),
        ((apk(SERVER, "classes2.dex", code=Code.READ), vdex()), Level.ARMED, Outcome.FAIL),
        ((apk(SERVER, "assets/a.jar > classes.dex", code=Code.READ),), Level.ARMED, Outcome.FAIL),
        ((apk(SERVER, "", code=Code.READ),), Level.ARMED, Outcome.FAIL),
        ((vdex(SERVER), apk(), apk()), Level.UNKNOWN, Outcome.REVIEW),
        ((vdex(SERVER), apk(), apk(split="config.de")), Level.ARMED, Outcome.FAIL),
        ((vdex(SERVER, GATE), apk(), apk()), Level.UNKNOWN, Outcome.REVIEW),
    ],
    ids=[
        "no code read",
        "whole, calls, no gate",
        "whole, gated, unset",
        "a gate by a name like it",
        "not the part that calls",
        "half read",
        "one of two files half read",
        "resources only",
        "another package's code",
        "another variant's code",
        "a file with a trouble",
        "trouble in the file beside",
        "native code inside",
        "native code beside",
        "loads more code",
        "names put together",
        "names put together in their middle",
        "server in resources only",
        "server in an XML file only",
        "gate in resources",
        "code in the APK and beside it",
        "code in a jar of the APK",
        "a bare dex",
        "two generations, no gate",
        "a split is no generation",
        "two generations, one gate",
    ],
)
def test_the_level_is_decided_on_what_the_code_shows(
    code: tuple[CodeFile, ...], level: Level, outcome: Outcome
) -> None:
    """Only code read whole, that names the server and no gate, is called armed."""
    found = judged(*code)
    assert (found.level, found.outcome) == (level, outcome)


def test_a_property_that_is_set_counts_more_than_the_codes_default() -> None:
    """The gate is in the code and opened by the unit."""
    unit = facts(package(), props=properties(persist__acme__on="1"))
    assert judged(vdex(SERVER, GATE), unit=unit).level is Level.ARMED


def test_a_closed_gate_the_code_does_not_ask_does_not_close_it() -> None:
    """The property is set to off, but this generation never asks it."""
    unit = facts(package(), props=properties(persist__acme__on="0"))
    found = judged(vdex(SERVER), unit=unit)
    assert found.level is Level.ARMED
    assert "asks none of the gates" in found.message


def test_an_ungated_client_at_home_is_no_fault() -> None:
    """Armed in its own market is a note."""
    assert judged(vdex(SERVER), market="CN").outcome is Outcome.PASS


def test_without_knowledge_of_its_code_nothing_is_concluded_from_it() -> None:
    """Code says nothing about gates where nobody established what to look for."""
    assert judged(vdex(SERVER), code=None).level is Level.UNKNOWN


def test_low_confidence_never_fails_even_ungated() -> None:
    """Code does not make a badly sourced entry a good one."""
    assert judged(vdex(SERVER), confidence=Confidence.LOW).outcome is Outcome.REVIEW


def test_the_finding_shows_where_the_address_lies_and_who_signed() -> None:
    """Evidence names file, part and byte; keys everybody has are named as such."""
    signer = Signer(scheme=2, sha256="ab" * 32, subject="CN=Android", well_known="AOSP platform")
    framework = CodeFile(
        path="/system/framework/framework-res.apk", size=1, form="apk", package="android", signers=(signer,)
    )
    found = judged(vdex(SERVER, signers=(signer,)), framework)
    rows = {(e.what, e.value): e.origin for e in found.evidence}
    assert rows["address in its code", SERVER] == "/system/app/A/oat/arm/A.vdex > dex 0 at byte 7"
    [signed] = [e.value for e in found.evidence if e.what.startswith("signer")]
    assert "the public AOSP platform key" in signed
    assert "the key of the unit's own framework" in signed


def test_no_code_found_is_said_and_is_not_no_address() -> None:
    """A stripped APK whose oat files were not given: nothing is said about whom it calls."""
    stripped = vdex(code=Code.NONE, troubles=(Trouble(reason="there is no dex in it"),))
    values = [e.value for e in judged(stripped).evidence]
    assert "none of its code was found in what was read" in values


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (vdex(SERVER, beyond=("native code",)), "native code may have a part in it"),
        (vdex(SERVER, code=Code.UNREADABLE), "A.vdex was not read whole"),
        (vdex(SERVER, troubles=(Trouble(reason="x"),)), "A.vdex was not read whole"),
        (apk(SERVER, code=Code.READ), "the package is there 2 times"),
    ],
    ids=["native", "unreadable", "trouble", "copies"],
)
def test_why_the_code_decides_nothing_is_said(code: CodeFile, said: str) -> None:
    """Nobody has to guess why a client whose code names its server is not called armed."""
    more = (apk(),) if code.manifest is not None else ()
    values = [e.value for e in judged(code, *more).evidence]
    assert any(said in value for value in values)
    assert not any("names none of its documented gates" in value for value in values)


def test_what_the_logs_say_of_the_client_is_shown() -> None:
    """Started at boot is evidence, not a contact: the level stays."""
    started = Activity(
        who=CLIENT, what=Did.STARTED, text="Start proc 99", origin="SYSTEM LOG", line=12, at="05-10 20:50:17"
    )
    found = judged(unit=replace(facts(package()), activity=(started,)))
    assert found.level is Level.UNKNOWN
    assert ("was started", "05-10 20:50:17 Start proc 99", "SYSTEM LOG line 12") in [
        (e.what, e.value, e.origin) for e in found.evidence
    ]


def test_a_client_in_another_variants_folder_is_a_note() -> None:
    """Available is not active: a carrier folder accuses nobody."""
    waiting = Package(name=CLIENT, origin="/vendor/package/ChinaTelecom/app/A/A.apk")
    on_image = replace(facts(), at_rest=True, available={"ChinaTelecom": (waiting,)})
    [found] = ClientMarket().ask(case(on_image, rulebook(coded()), "NO", "strict"))
    assert found.outcome is Outcome.PASS
    assert "available to units of that variant" in found.message


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://zzhc.vnet.cn", "zzhc.vnet.cn"),
        ("HTTP://ZZHC.vnet.cn:80/x?y#z", "zzhc.vnet.cn"),
        ("https://user@h.example/p", "h.example"),
        ("dm.wo.com.cn:6001", "dm.wo.com.cn"),
        ("10659401:32767", "10659401"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("1.2.3.4", "1.2.3.4"),
        ("zzhc.vnet.cn.", "zzhc.vnet.cn"),
        ("http://B\u00fcd.example./x", "xn--bd-xka.example"),
        ("http://[half", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address(address: str, host: str) -> None:
    """Scheme, user, port and path do not tell one server from another."""
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("uid", "text", "shown"),
    [
        (1001, "POST http://act.example/r", True),
        (1001, "POST http://other.example/r", False),
        (1002, "POST http://act.example/r", False),
        (None, "POST http://act.example/r", False),
    ],
)
def test_what_a_shared_uid_wrote_of_the_clients_server_is_shown_as_that_uids(
    uid: int | None, text: str, *, shown: bool
) -> None:
    """It runs as the phone's UID; a line that names its server is evidence, and nobody's alone."""
    line = Activity(who="uid 1001", what=Did.LOGGED, text=text, origin="SYSTEM LOG", line=3, uid=uid)
    found = judged(unit=replace(facts(package(uid=1001)), activity=(line,)))
    assert found.level is Level.UNKNOWN
    told = [e.what for e in found.evidence if e.value == text]
    assert told == (["uid 1001, which it shares, wrote of its server"] if shown else [])
