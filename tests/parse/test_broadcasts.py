from __future__ import annotations

from hypothesis import given

from audit.parse.broadcasts import Delivery, parse_broadcasts
from tests.build.dumpstate import ACTIVITY, BROWSER, CLIENT, PHONE
from tests.parse.account import assert_accounted, texts

BOOT = "android.intent.action.BOOT_COMPLETED"


def test_deliveries_and_processes_are_read() -> None:
    """A manifest receiver by its package, a registered one by its process; what was skipped got nothing."""
    parsed = parse_broadcasts(ACTIVITY, "activity")
    assert_accounted(ACTIVITY, parsed)
    assert parsed.unread == ()
    assert parsed.value.deliveries == (
        Delivery(action=BOOT, to=CLIENT, at="2024-02-03 03:59:01", line=16),
        Delivery(action=BOOT, to=BROWSER, uid=10020, pid=2000, at="2024-02-03 03:59:01", line=25),
    )
    assert [(p.pid, p.uid, p.name, p.packages) for p in parsed.value.processes] == [
        (2000, 10020, BROWSER, (BROWSER,)),
        (1500, 1001, PHONE, (PHONE, CLIENT)),
    ]
    assert parsed.skipped["ACTIVITY MANAGER PENDING INTENTS"] == 3


def test_the_history_of_android_14_is_read() -> None:
    """Records carry no name of a queue, states are in capitals, times have milliseconds."""
    text = (
        "ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)\n"
        "  Historical Broadcast #183:\n"
        "    BroadcastRecord{d60ec07 com.acme.PING/u0/0x1} to user 0\n"
        "    Intent { act=com.acme.PING flg=0x10 xflg=0x4 pkg=com.acme.browser (has extras) }\n"
        "    enqueueClockTime=2026-09-27 03:42:09.394 dispatchClockTime=2026-09-27 03:42:14.399\n"
        "    DELIVERED scheduled +1ms terminal +2ms #0: (manifest)\n"
        "      packageName=com.acme.browser\n"
        "    SKIPPED #1: (manifest)\n"
        "      packageName=com.acme.other\n"
        "  Receiver Resolver Table:\n"
        "    packageName=com.acme.no\n"
    )
    parsed = parse_broadcasts(text)
    assert_accounted(text, parsed)
    assert parsed.value.deliveries == (
        Delivery(action="com.acme.PING", to=BROWSER, at="2026-09-27 03:42:14.399", line=6),
    )


def test_what_was_skipped_is_not_what_was_delivered() -> None:
    """The package under a receiver that was skipped is not that of the one above it."""
    text = ACTIVITY.replace("        packageName=com.acme.activate\n", "")
    assert [d.to for d in parse_broadcasts(text).value.deliveries] == [BROWSER]
    assert [d.pid for d in parse_broadcasts(text).value.deliveries] == [2000]


def test_a_dump_without_a_heading_is_not_understood() -> None:
    """What a section is must be said, or its lines are unread."""
    assert len(parse_broadcasts("[846 lines were taken out]\n").unread) == 1


_PIECES = (
    "ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)",
    "ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)",
    "  Historical Broadcast x #1:",
    "    Intent { act=a.b }",
    "    Deliver #0: (manifest)",
    "    Deliver #0: BroadcastFilter{1 u0 ReceiverList{2 3 a.b/10001/u0 remote:1}}",
    "      packageName=a.b",
    "  *APP* UID 10001 ProcessRecord{1 2:a.b/u0a1}",
    "    packageList={a.b}",
)


@given(texts(_PIECES))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_broadcasts(text))
