"""Running a program that a host pushed: a Frida server, if it is marked as one.

Whatever is not a program for the unit's processor is refused as the kernel and mksh do (mksh exec.c:
``not executable: 64-bit ELF file``). Options and exit codes are those of frida-core server/server.vala.
"""

from __future__ import annotations

import struct
from importlib import metadata

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.changes import Change
from audit.lab.living import ServerFault
from audit.lab.servers import CannotStart
from audit.lab.shell import NOT_FOUND, Answer

SERVER_MARK = b"stands for frida-server on a virtual unit of adb-audit\0"
"""In the content of a program that a virtual unit runs as a Frida server."""

_NOT_EXECUTABLE = 126
_CANNOT_START = 1
"""What ``-D`` ends with when the server was not ready; without it, `_FOREGROUND_FAILED`."""
_FOREGROUND_FAILED = 5
_DEFAULT_PORT = 27042
_MACHINES = {"arm64-v8a": (2, 183), "armeabi-v7a": (1, 40), "x86_64": (2, 62), "x86": (1, 3)}
"""ABI to ELF class and machine."""

_TAKES_VALUE = frozenset(
    {
        "-l",
        "--listen",
        "--certificate",
        "--origin",
        "--token",
        "--asset-root",
        "-d",
        "--directory",
        "--policy-softener",
    }
)
_FLAGS = frozenset(
    {
        "-D",
        "--daemonize",
        "-P",
        "--disable-preload",
        "-C",
        "--ignore-crashes",
        "-v",
        "--verbose",
        "--version",
    }
)


def run_pushed(caller: Caller, path: str, args: Args) -> Answer:
    """Run the program at *path*."""
    file = caller.life.disk.files.get(path)
    if file is None:
        inaccessible = "inaccessible or " if caller.unit.sdk >= 29 else ""
        return complained(f"/system/bin/sh: {path}: {inaccessible}not found\n", NOT_FOUND)
    if not file.mode & 0o111 or path.startswith(("/sdcard", "/storage")):
        return complained(f"/system/bin/sh: {path}: can't execute: Permission denied\n", _NOT_EXECUTABLE)
    if file.content[:4] != b"\x7fELF" or len(file.content) < 20:
        magic = file.content[:2].hex().upper()
        return complained(f"/system/bin/sh: {path}: not executable: magic {magic}\n", _NOT_EXECUTABLE)
    kind, machine = file.content[4], struct.unpack_from("<H", file.content, 18)[0]
    if (kind, machine) not in _runs(caller):
        return complained(
            f"/system/bin/sh: {path}: not executable: {32 * kind}-bit ELF file\n", _NOT_EXECUTABLE
        )
    if SERVER_MARK not in file.content:
        return complained("Segmentation fault\n", 139)
    return _server(caller, path, args)


def _runs(caller: Caller) -> set[tuple[int, int]]:
    """ELF class and machine of the programs this unit runs."""
    properties = caller.unit.properties
    listed = properties.get("ro.product.cpu.abilist") or properties.get("ro.product.cpu.abi", "arm64-v8a")
    return {_MACHINES[abi] for abi in listed.split(",") if abi in _MACHINES}


def _server(caller: Caller, path: str, args: Args) -> Answer:
    given, unknown = _options(args)
    if unknown:
        return complained(
            f"Unknown option {unknown}\n"
            f"Run '{path} --help' to see a full list of available command line options.\n"
        )
    if "--version" in given:
        return said(f"{caller.unit.frida or _version_here()}\n")
    listen = given.get("--listen", given.get("-l", f"127.0.0.1:{_DEFAULT_PORT}"))
    host, _, port = listen.rpartition(":")
    if host != "127.0.0.1" or not port.isdecimal():
        return complained(f"a virtual unit's server listens on 127.0.0.1:PORT, not on {listen}\n", 2)
    return _start(caller, path, int(port), given)


def _version_here() -> str:
    """The version of the library the server is made of."""
    try:
        return metadata.version("frida")
    except metadata.PackageNotFoundError:
        return "0"


def _start(caller: Caller, path: str, port: int, given: dict[str, str]) -> Answer:
    daemon = "-D" in given or "--daemonize" in given
    failed = _CANNOT_START if daemon else _FOREGROUND_FAILED
    fault = caller.unit.server_fault
    policy = b""
    if not caller.root:
        policy = (
            b"Unable to load SELinux policy from the kernel: Failed to open file "
            b"\xe2\x80\x9c/sys/fs/selinux/policy\xe2\x80\x9d: Permission denied\n"
        )
    if fault is ServerFault.FAILS:
        return complained("Unable to start: Address family not supported by protocol\n", failed)
    if fault is ServerFault.DIES_AT_ONCE:
        for change in ((None, path), (path, None)):
            caller.life.note(
                Change(what="server", name="(gone)", was=change[0], now=change[1], by=caller.uid)
            )
        return Answer(stderr=policy) if daemon else complained("Segmentation fault\n", 139)
    try:
        caller.life.serve(path, port, given.get("--token", ""), caller.uid)
    except CannotStart as trouble:
        return complained(f"{trouble}\n", failed)
    return Answer(stderr=policy, hangs=not daemon)


def _options(args: Args) -> tuple[dict[str, str], str]:
    """What was given, and the first option there is none of."""
    given: dict[str, str] = {}
    words = list(args)
    while words:
        word, _, value = words.pop(0).partition("=")
        if word in _TAKES_VALUE:
            given[word] = value or (words.pop(0) if words else "")
        elif word in _FLAGS:
            given[word] = ""
        else:
            return given, word
    return given, ""
