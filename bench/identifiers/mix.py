"""A made-up capture of 100 MB: what phones send, in the forms they send it, and what of it names the unit."""

from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from audit.model.flows import IdentifierKind, OwnIdentifier
from bench.samples import SEED, WORDS

PAYLOAD = 128 << 10
_EVERY = 16
"""One payload of so many names the unit."""

OWN = tuple(
    OwnIdentifier(kind=kind, value=value, origin="bench")
    for kind, value in (
        (IdentifierKind.IMEI, "358673091234569"),
        (IdentifierKind.IMEI, "359999900001025"),
        (IdentifierKind.IMSI, "460030912121001"),
        (IdentifierKind.ICCID, "89860318760123456789"),
        (IdentifierKind.MAC, "a4:50:46:12:9f:3c"),
        (IdentifierKind.ANDROID_ID, "51b6be48bac8c569"),
        (IdentifierKind.SERIAL, "B2NGAB8C1234"),
    )
)
_TOLD = json.dumps({one.kind.value: one.value for one in OWN}).encode()
_WRAPS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    base64.encodebytes,
    base64.b64encode,
    lambda data: data.hex().encode(),
    lambda data: b"q=" + quote(data).encode(),
    gzip.compress,
    lambda data: base64.b64encode(gzip.compress(data)),
    lambda data: zlib.compress(base64.b64encode(data)),
)

Kind = str
PARTS: Mapping[Kind, int] = {
    "encrypted": 30,
    "pages and scripts": 25,
    "JSON, dense": 20,
    "base64 in lines": 10,
    "forms": 5,
    "hexadecimal": 5,
    "gzip": 5,
}
"""Each kind with its share, in megabytes of 100."""


def payloads(kind: Kind, megabytes: int) -> Iterator[tuple[bytes, bool]]:
    """What is sent, and whether it names the unit."""
    draw = random.Random(f"{SEED} {kind}")  # noqa: S311 - content, no secret
    for number in range(megabytes * 1_000_000 // PAYLOAD):
        data = _MAKERS[kind](draw)[:PAYLOAD]
        if number % _EVERY == 0:
            yield data[: PAYLOAD // 2] + b"\n" + _WRAPS[number // _EVERY % len(_WRAPS)](_TOLD) + b"\n", True
        else:
            yield data, False


def _encrypted(draw: random.Random) -> bytes:
    return draw.randbytes(PAYLOAD)


def _page(draw: random.Random) -> bytes:
    lines = []
    size = 0
    while size < PAYLOAD:
        a, b, c, d = draw.choices(WORDS, k=4)
        line = draw.choice(_LINES).format(a=a, b=b, c=c, d=d, n=draw.randrange(10_000))
        lines.append(line)
        size += len(line) + 1
    return "\n".join(lines).encode()


_LINES = (
    '<div class="{a} {b}-{c}" id="{a}{n}"><a href="/{b}/{c}?page={n}">{a} {b} {c} {d}</a></div>',
    "<p>{a} {b} {c} {d} {a} {c}, {b} {d} {a}. {c} {a} {d} {b} {c} {n}.</p>",
    "  function {a}{b}({c}, {d}) {{ return {c}.{d}({n}) || window.{a}_{b}; }}",
    ".{a} .{b} {{ margin: 0 {n}px; background: #f0f0f0 url(/{c}/{d}.png); }}",
)


def _dense(draw: random.Random) -> bytes:
    rows = []
    size = 0
    while size < PAYLOAD:
        a, b = draw.choices(WORDS, k=2)
        row = {
            "id": draw.randrange(10**9),
            "ts": 1_553_000_000_000 + draw.randrange(10**9),
            "event": f"{a}.{b}",
            "values": [draw.randrange(10**6) for _ in range(5)],
            "ratio": draw.random(),
            "token": base64.b64encode(draw.randbytes(36)).decode(),
        }
        rows.append(json.dumps(row))
        size += len(rows[-1])
    return ",".join(rows).encode()


def _form(draw: random.Random) -> bytes:
    fields = []
    size = 0
    while size < PAYLOAD:
        a, b = draw.choices(WORDS, k=2)
        fields.append(f"{a}={quote(b + ' ' + a, safe='')}&{b}_{a}={draw.randrange(10**8)}&")
        size += len(fields[-1])
    return "".join(fields).encode()


_MAKERS: Mapping[Kind, Callable[[random.Random], bytes]] = {
    "encrypted": _encrypted,
    "pages and scripts": _page,
    "JSON, dense": _dense,
    "base64 in lines": lambda draw: base64.encodebytes(_dense(draw)[: PAYLOAD * 3 // 4]),
    "forms": _form,
    "hexadecimal": lambda draw: draw.randbytes(PAYLOAD // 2).hex().encode(),
    "gzip": lambda draw: gzip.compress(_page(draw), 6),
}
