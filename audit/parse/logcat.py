"""The output of ``logcat``: which processes were started and for what, and lines that name an address."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse import masking
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.uids import uid_of

_LINE = re.compile(
    r"(?:[0-9]{4}-)?(?P<at>[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3,9})(?: [+-][0-9]{4})? +"
    r"(?:(?P<user>[\w.\-]{1,32}) +)?(?P<pid>[0-9]{1,7}) +[0-9]{1,7} [VDIWEFSA] "
    r"(?P<tag>[^:\n]{0,200}): ?(?P<text>.*)\Z"
)
_BRIEF = re.compile(
    r"(?:[0-9]{4}-)?(?P<at>[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3,9}) +(?P<user>)"
    r"[VDIWEFSA]/(?P<tag>[^(\n]{0,200})\( *(?P<pid>[0-9]{1,7})\): ?(?P<text>.*)\Z"
)
_DIVIDER = re.compile(r"-{9} (?:beginning of|switch to) ")
_EVENT = "am_proc_start"
_STARTED_EVENT = re.compile(
    r"\[[0-9]+,(?P<pid>[0-9]{1,7}),(?P<uid>[0-9]{1,10}),(?P<name>[^,\]]{1,300}),"
    r"(?P<why>[^,\]]{0,60}),?(?P<what>[^\]]{0,300})"
)
_STARTER = "ActivityManager"
_STARTED = re.compile(
    r"Start proc (?P<pid>[0-9]{1,7}):(?P<name>[^/\s]{1,300})/(?P<uid>\w{1,20}) for (?P<why>.{0,400})"
)
_STARTED_OLD = re.compile(
    r"Start proc (?P<name>\S{1,300}) for (?P<why>.{0,400}?): pid=(?P<pid>[0-9]{1,7}) uid=(?P<uid>[0-9]{1,9})"
)
_ADDRESS = re.compile(
    r"(?:https?|wss?|ftp|mqtts?)://[\w\[]|(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]{2,5}(?![\w.])",
    re.IGNORECASE,
)
# The request line of OkHttp's logging interceptor, which many Android programs use: logged as it is sent.
_REQUEST = re.compile(
    r"--> (?:GET|POST|PUT|PATCH|HEAD|DELETE) (?P<url>(?P<scheme>https?)://(?P<host>[A-Za-z0-9.\-]{1,253})"
    r"(?P<port>:[0-9]{1,5})?(?:[/?#]\S*)?)(?: \S.*)?\Z"
)
CLIENT_TAGS = ("AutoRegReceiver", "RegistrationTracker", "RegistrationTask")
"""Tags of the activation client that was published in source: whatever it says of itself is worth telling."""
_MOST = 20_000
_MOST_UNREAD = 200
_LONGEST_TEXT = 300


@record
class Started:
    """A process that was started. why: "broadcast com.acme/.Boot", as logged; at: local time as logged."""

    pid: int
    name: str
    uid: int | None
    why: str
    at: str
    line: int


@record
class Request:
    """A request that a program says it sends. to: scheme, host, port; identifiers: kinds seen in its URL."""

    to: str
    cleartext: bool
    identifiers: tuple[str, ...] = ()


@record
class Mention:
    """A line that names an address or an identifier, or is a client's own; its tag before it, masked."""

    pid: int
    uid: int | None
    text: str
    at: str
    line: int
    request: Request | None = None


@record
class Log:
    """What was read of a log."""

    started: tuple[Started, ...] = ()
    mentions: tuple[Mention, ...] = ()


def parse_logcat(text: str, origin: str = "") -> Parsed[Log]:
    """Read lines in the formats ``threadtime`` (with ``-v uid``, too) and ``time``; count what names nothing.

    Source: AOSP system/logging liblog/logprint.cpp; ActivityManagerService and ProcessList ("Start proc");
    EventLogTags.logtags (am_proc_start: User, PID, UID, Process Name, Type, Component)
    """
    ledger = Ledger(origin)
    started: list[Started] = []
    mentions: list[Mention] = []
    unread = 0
    for number, line in enumerate(lines_of(text), start=1):
        found = _LINE.match(line) or _BRIEF.match(line)
        if found is None:
            if _DIVIDER.match(line):
                ledger.skip("dividers")
            elif unread < _MOST_UNREAD:
                unread += 1
                ledger.left_over(number, line)
            else:
                ledger.skip("more lines that are not of a log")
        elif len(started) < _MOST and (start := _start(found, number)):
            started.append(start)
            ledger.read()
        elif len(mentions) < _MOST and (mention := _mention(found, number)):
            mentions.append(mention)
            ledger.read()
        else:
            ledger.skip("lines that name no address and no start")
    return ledger.parsed(Log(started=tuple(started), mentions=tuple(mentions)))


def _start(line: re.Match[str], number: int) -> Started | None:
    tag = line["tag"].strip()
    if tag == _EVENT:
        found = _STARTED_EVENT.match(line["text"])
    elif tag == _STARTER and line["text"].startswith("Start proc "):
        found = _STARTED.match(line["text"]) or _STARTED_OLD.match(line["text"])
    else:
        return None
    if found is None:
        return None
    why = " ".join(part for part in (found["why"], found.groupdict().get("what")) if part)
    return Started(
        pid=int(found["pid"]),
        name=found["name"],
        uid=uid_of(found["uid"]),
        why=masking.mask(why)[0],
        at=line["at"],
        line=number,
    )


def _mention(line: re.Match[str], number: int) -> Mention | None:
    text = line["text"]
    if not _worth_telling(line["tag"].strip(), text):
        return None
    said, _ = masking.mask(f"{line['tag'].strip()}: {text}")
    return Mention(
        pid=int(line["pid"]),
        uid=uid_of(line["user"]) if line["user"] else None,
        text=said if len(said) <= _LONGEST_TEXT else said[: _LONGEST_TEXT - 1] + "…",
        at=line["at"],
        line=number,
        request=_request(text),
    )


def _worth_telling(tag: str, text: str) -> bool:
    if tag in CLIENT_TAGS or (_may_hold_address(text) and _ADDRESS.search(text)):
        return True
    return bool(masking.named(text))


def _may_hold_address(text: str) -> bool:
    """A quick look: a log has a million lines, and few of them name an address."""
    return "://" in text or (":" in text and text.count(".") > 2)


def _request(text: str) -> Request | None:
    found = _REQUEST.match(text)
    if found is None:
        return None
    _, kinds = masking.mask(found["url"])
    return Request(
        to=f"{found['scheme'].lower()}://{found['host'].lower()}{found['port'] or ''}",
        cleartext=found["scheme"].lower() == "http",
        identifiers=tuple(dict.fromkeys((*kinds, *masking.named(found["url"])))),
    )
