from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import Completed
from audit.adb.shell import (
    RawOutput,
    ShellId,
    ShellOutput,
    ShellService,
    pack_shell,
    parse_shell_service,
    split_marker,
    with_marker,
)

MARKER = "0123456789abcdef"


def _feed(output: ShellOutput | RawOutput, data: bytes, step: int) -> Completed:
    for at in range(0, len(data), step):
        output.feed(data[at : at + step])
    return output.completed()


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 0, 5, 77]), st.binary(max_size=50)), max_size=8),
    st.integers(0, 255),
    st.integers(1, 40),
)
def test_stdout_stderr_and_exit_code_stay_apart(
    frames: list[tuple[int, bytes]], code: int, step: int
) -> None:
    """However the stream is cut, each output holds its own bytes; unknown frames are passed over."""
    data = b"".join(bytes([kind]) + len(text).to_bytes(4, "little") + text for kind, text in frames)
    done = _feed(ShellOutput(), data + pack_shell(ShellId.EXIT, bytes([code])) + b"rest", step)
    assert done.stdout == b"".join(text for kind, text in frames if kind == 1)
    assert done.stderr == b"".join(text for kind, text in frames if kind == 2)
    assert (done.exit_code, done.truncated) == (code, False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pack_shell(ShellId.STDOUT, b"all"),
        pack_shell(ShellId.EXIT),
        b"\x03\x01\0",
        b"\x01\xff\xff\xff\xffpart",
    ],
    ids=["nothing", "no exit", "empty exit", "half a header", "half a frame"],
)
def test_a_stream_without_its_exit_packet_is_truncated(data: bytes) -> None:
    """Whatever came, it is no success."""
    done = _feed(ShellOutput(), data, 1)
    assert done.truncated
    assert done.exit_code is None


@given(st.binary(max_size=300))
def test_noise_gives_an_answer(data: bytes) -> None:
    """Random bytes never raise."""
    output = ShellOutput()
    output.feed(data)
    output.completed()


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_v1_stream_gets_its_exit_code_back(end: str) -> None:
    """The marker, with the line end of a terminal or without, gives the code and leaves the output alone."""
    done = _feed(RawOutput(MARKER), f"one\r\ntwo{MARKER}:7{end}".encode(), 5)
    assert done == Completed(stdout=b"one\r\ntwo", exit_code=7)


@pytest.mark.parametrize("data", [b"", b"text", f"{'f' * 16}:0\n".encode(), f"{MARKER}:0\nmore".encode()])
def test_a_v1_stream_without_our_marker_is_truncated(data: bytes) -> None:
    """A marker that is absent, another's or not at the end does not count."""
    done = _feed(RawOutput(MARKER), data, 3)
    assert done == Completed(stdout=data, truncated=True)


@given(st.text(max_size=40))
def test_the_device_side_finds_the_command_again(command: str) -> None:
    """What with_marker joined, split_marker parts."""
    assert split_marker(with_marker(command, MARKER)) == (command, MARKER)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("shell:ls", ShellService(command="ls")),
        ("shell:", ShellService(command="", pty=True)),
        ("shell,v2,TERM=xterm-256color,raw:ls -l: x", ShellService(command="ls -l: x", v2=True)),
        ("shell,v2,pty:ls", ShellService(command="ls", v2=True, pty=True)),
        ("exec:cat x", ShellService(command="cat x")),
        ("sync:", None),
        ("shell", None),
        ("exec,v2:x", None),
    ],
)
def test_services_of_the_shell_are_told_apart(service: str, expected: ShellService | None) -> None:
    """Each spelling adb uses is read, and no other service is taken for the shell."""
    assert parse_shell_service(service) == expected
