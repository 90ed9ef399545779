"""What stands before a virtual unit's Frida server: what it lets through, and what never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.lab.front import Passed

HEAD = b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
MASK = b"\x11\x22\x33\x44"


def frame(payload: bytes, mask: bytes = MASK) -> bytes:
    """A binary frame as a client sends it (RFC 6455, 5.2)."""
    if len(payload) < 126:
        size = bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        size = bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    else:
        size = bytes([0x80 | 127]) + len(payload).to_bytes(8, "big")
    return b"\x82" + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


HARMLESS = st.binary(max_size=300).filter(lambda one: b"EnableSpawnGating" not in one)


@given(st.lists(HARMLESS, max_size=4), st.binary(min_size=4, max_size=4), st.integers(1, 400))
def test_what_is_harmless_passes_unchanged(payloads: list[bytes], mask: bytes, piece: int) -> None:
    """Head and frames come out as they went in, however they are cut."""
    stream = HEAD + b"".join(frame(payload, mask) for payload in payloads)
    passed = Passed()
    out = b"".join(passed.feed(stream[at : at + piece]) for at in range(0, len(stream), piece))
    assert out == stream


@pytest.mark.parametrize("padding", [0, 200, 70_000])
@pytest.mark.parametrize("other_version", [False, True])
def test_gating_never_passes(padding: int, other_version: bool) -> None:
    """The call that would stop this host reaches no server under its name, in a frame of any size."""
    message = b"re.frida.HostSession17\0\0EnableSpawnGating\0" + bytes(padding)
    wanted = message.replace(b"EnableSpawnGating", b"NeverGateThisHost")
    wanted = wanted.replace(b"HostSession17", b"HostSession16") if other_version else wanted
    assert Passed(other_version=other_version).feed(HEAD + frame(message)) == HEAD + frame(wanted)


def test_other_versions_have_other_names() -> None:
    """Only the names of interfaces change, not what looks like them elsewhere."""
    message = b"re.frida.HostSession17\0 re.frida.server re.frida.AgentSession17\0 17"
    out = Passed(other_version=True).feed(HEAD + frame(message))
    assert out == HEAD + frame(b"re.frida.HostSession16\0 re.frida.server re.frida.AgentSession16\0 17")
