"""The frida-server a unit is to run: found on the host, checked before it goes anywhere.

Nothing is downloaded: whoever hooks a unit brings the program that will run there as root. A missing one is
told by its exact name and the page it is published on.
"""

from __future__ import annotations

import hashlib
import lzma
import re
from pathlib import Path

from audit.errors import BadInput, UsageError
from audit.model.record import record

MOST_BYTES = 256 << 20
"""A server has about 50 MB."""

_RELEASES = "https://github.com/frida/frida/releases/tag/"
_ELF = b"\x7fELF"
_XZ = b"\xfd7zXZ\x00"
_VERSION = re.compile(r"[0-9]+(\.[0-9]+){1,3}")
_OLDEST = (17, 2)
"""Oldest server a client of Frida 17 understands, measured."""


@record
class Abi:
    """A kind of processor. arch: Frida's word; bits, machine: of an ELF file for it (``e_machine``)."""

    name: str
    arch: str
    bits: int
    machine: int


ABIS: tuple[Abi, ...] = (
    Abi(name="arm64-v8a", arch="arm64", bits=64, machine=183),
    Abi(name="x86_64", arch="x86_64", bits=64, machine=62),
    Abi(name="armeabi-v7a", arch="arm", bits=32, machine=40),
    Abi(name="armeabi", arch="arm", bits=32, machine=40),
    Abi(name="x86", arch="x86", bits=32, machine=3),
)


@record
class ServerFile:
    """A server that fits a unit, as far as the host can see. sha256: of the program itself, unpacked."""

    path: Path
    data: bytes
    sha256: str


def choose_abi(listed: str) -> Abi | None:
    """The best of a unit's ABIs, comma-separated: 64-bit first, since such a server hooks 32-bit apps too."""
    names = [name.strip() for name in listed.split(",")]
    return next((abi for abi in ABIS if abi.name in names), None)


def file_name(version: str, abi: Abi) -> str:
    """As Frida publishes it, without ``.xz``."""
    return f"frida-server-{version}-android-{abi.arch}"


def find_server(given: Path | None, folder: Path | None, version: str, abi: Abi) -> ServerFile:
    """The server *given*, or the one in *folder* (None = the platform's data folder), checked for *abi*.

    Raises UsageError where there is none, BadInput for one that is not what it should be.
    """
    if given is not None:
        return read_server(given, abi)
    folder = folder or _default_folder()
    name = file_name(version, abi)
    for path in (folder / name, folder / f"{name}.xz"):
        if path.is_file():
            return read_server(path, abi)
    raise UsageError(
        f"there is no {name} to run on the unit",
        where=str(folder),
        fix=f"Get {name}.xz from {_RELEASES}{version}, compare its checksum with the published one, and put "
        f"it into that folder, or name it with --server.",
    )


def read_server(path: Path, abi: Abi) -> ServerFile:
    """The program in *path*, unpacked where it is an ``.xz``; BadInput when it is none for *abi*."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _bad(path, "it is larger than any frida-server")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot be read ({error.strerror})", where=str(path), fix="Name a frida-server with --server."
        ) from error
    data = _unpacked(path, data)
    _check(path, data, abi)
    return ServerFile(path=path, data=data, sha256=hashlib.sha256(data).hexdigest())


def _unpacked(path: Path, data: bytes) -> bytes:
    if not data.startswith(_XZ):
        return data
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=512 << 20)
    try:
        unpacked = unpacker.decompress(data, max_length=MOST_BYTES)
    except (lzma.LZMAError, EOFError) as error:
        raise _bad(path, f"it is damaged ({error})") from error
    if not unpacker.eof:
        raise _bad(path, "it is cut off, or unpacks to more than any frida-server")
    return unpacked


def _check(path: Path, data: bytes, abi: Abi) -> None:
    """The ELF header: identification, then type and machine (System V gABI, chapter 4)."""
    if data[:4] != _ELF or len(data) < 20:
        raise _bad(path, "it is no program for Android (no ELF file)")
    bits, order = {1: 32, 2: 64}.get(data[4], 0), data[5]
    machine = int.from_bytes(data[18:20], "little")
    if order != 1 or bits != abi.bits or machine != abi.machine:
        made = next(
            (one.arch for one in ABIS if (one.bits, one.machine) == (bits, machine)), "another processor"
        )
        raise BadInput(
            f"it is made for {made}; the unit needs {abi.arch}",
            where=str(path),
            fix=f"Get the file whose name ends in -android-{abi.arch}.xz.",
        )


def _bad(path: Path, what: str) -> BadInput:
    return BadInput(what, where=str(path), fix="Get the file again from Frida's page of releases.")


def check_version(said: str, wanted: str, *, allow_skew: bool, where: str) -> str:
    """What to note of a server that says it is version *said*, "" when it is *wanted*.

    Raises BadInput for one that does not go with *wanted*.
    """
    if said == wanted:
        return ""
    if not _VERSION.fullmatch(said):
        raise BadInput(
            f"it says no version of Frida ({said[:80]!r})",
            where=where,
            fix="Name a frida-server with --server.",
        )
    theirs, ours = _numbers(said), _numbers(wanted)
    if not allow_skew or theirs[0] != ours[0] or theirs < _OLDEST:
        raise BadInput(
            f"it is version {said}, and this host has Frida {wanted}",
            where=where,
            fix=f"Get version {wanted} from {_RELEASES}{wanted}, or install frida=={said} here"
            + (", or add --allow-version-skew." if theirs[0] == ours[0] and theirs >= _OLDEST else "."),
        )
    return f"the server on the unit is Frida {said}, the host has {wanted}: not measured together"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _default_folder() -> Path:
    from platformdirs import user_data_path  # noqa: PLC0415 - only where no server was named

    return user_data_path("adb-audit", appauthor=False) / "frida"
