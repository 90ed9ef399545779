"""A program that a virtual unit takes for a Frida server: an ELF header and the mark."""

from __future__ import annotations

import struct

from audit.lab.say_server import SERVER_MARK

MACHINES = {"arm64": (2, 183), "arm": (1, 40), "x86_64": (2, 62), "x86": (1, 3)}
"""Frida's name of an architecture to ELF class and machine."""


def elf_program(architecture: str = "arm64", *, mark: bytes = SERVER_MARK, size: int = 0) -> bytes:
    """An executable for *architecture*, at least *size* bytes long.

    Source: System V ABI, chapter 4: e_ident, e_type (2 = EXEC), e_machine, e_version …
    """
    kind, machine = MACHINES[architecture]
    ident = b"\x7fELF" + bytes([kind, 1, 1]) + bytes(9)
    words = struct.pack("<HHI", 3, machine, 1)
    rest = struct.pack("<QQQ" if kind == 2 else "<III", 0, 64, 0) + struct.pack(
        "<IHHHHHH", 0, 64, 56, 0, 64, 0, 0
    )
    return (ident + words + rest + mark).ljust(size, b"\0")
