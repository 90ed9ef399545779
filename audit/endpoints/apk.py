"""An APK, JAR, resource overlay or APEX: everything in it that may hold an address, and who it is.

Read are the manifest, all dex files (at the root and in ``assets``), the resource table, the files it lists
as xml or raw, those under ``res/xml``, text files in ``assets``, and the same of archives in ``assets``, one
level deep. A bundle of APKs is read as the APKs in it. Not read: native libraries, images, and what the file
system of an APEX holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from audit.endpoints import apex
from audit.endpoints.archive import Archive, Entry, answer
from audit.endpoints.arsc import Table, open_table
from audit.endpoints.axml import is_binary_xml, read_axml, read_document
from audit.endpoints.chunks import Damage
from audit.endpoints.config_text import read_text
from audit.endpoints.dex import is_dex, read_dex
from audit.endpoints.manifest import nothing, read_manifest
from audit.endpoints.network_config import cleartext_hosts
from audit.endpoints.part import NATIVE, Limits, Part
from audit.endpoints.signing.signers import ask_directory_signers
from audit.model.code import Code, CodeFile, Found, Manifest, Signer, Trouble

MANIFEST, RESOURCES = "AndroidManifest.xml", "resources.arsc"
_DEX = re.compile(r"classes\d*\.dex|assets/.+\.dex")
_NESTED = re.compile(r"assets/.+\.(?:jar|apk|zip)")
_BUNDLED = re.compile(r"[^/]+\.apk|splits/[^/]+\.apk")
"""APKs of one app, as stores and backups bundle them (.apks, .xapk, .apkm)."""
_XML = re.compile(r"res/xml[^/]*/.+\.xml")
_TEXTUAL = re.compile(r"\.(?:xml|json|properties|prop|config|conf|ini|cfg|txt)\Z", re.IGNORECASE)
_MOST_TROUBLES = 200
_MOST_TEXTS = 2000
"""Files of XML and text read of one archive."""


def read_apk(file: BinaryIO, *, path: str, limits: Limits) -> CodeFile:
    """Read the archive *file*, which stays open; *path* names it in the answer. Never raises for its content.

    sha256 stays "": the file is not read whole.
    """
    size = file.seek(0, 2)
    try:
        archive = Archive(file, limits)
    except Damage as damage:
        return CodeFile(
            path=path, size=size, form="zip", code=Code.UNREADABLE, troubles=(damage.trouble(""),)
        )
    reader = _Reader(archive, limits)
    reader.run()
    return reader.answer(path)


def archive_behind(file: BinaryIO, limits: Limits) -> int | None:
    """Where the archive begins that ends *file*, whatever it begins with; None if it ends in none."""
    try:
        entries = Archive(file, limits).directory.entries
    except Damage:
        return None
    return min((entry.offset for entry in entries), default=None)


class _Reader:
    """One archive on its way to a `CodeFile`."""

    def __init__(self, archive: Archive, limits: Limits, *, nested: bool = False) -> None:
        self._archive, self._limits, self._inner = archive, limits, nested
        self._entries = archive.directory.entries
        self._done: set[Entry] = set()
        self._found: list[Found] = []
        self._troubles = [damage.trouble("") for damage in archive.directory.troubles]
        self._codes: list[Code] = []
        self._strings = 0
        self._beyond = {NATIVE} if any(map(_is_library, self._entries)) else set[str]()
        self._manifest: Manifest | None = None
        self._signers: tuple[Signer, ...] = ()

    def run(self) -> None:
        """Read all parts, those that say who it is first."""
        table = self._table()
        config = self._read_manifest(table)
        self._read_apex()
        for entry in self._matching(_DEX):
            self._part(entry, read_dex)
        self._read_before()
        for entry in [] if self._inner else self._matching(_BUNDLED if self._is_bundle() else _NESTED):
            self._nested(entry)
        listed = {config, *self._listed(table)}
        texts = [
            e for e in self._entries if e.name in listed or _XML.fullmatch(e.name) or self._is_text(e.name)
        ]
        for entry in texts[:_MOST_TEXTS]:
            self._part(entry, read_xml_or_text)
        if len(texts) > _MOST_TEXTS:
            self._trouble(f"{len(texts)} files of XML and text; the first {_MOST_TEXTS} were read")
        if table is not None:  # looking up may have met more damage than the pools showed
            self._troubles.extend(damage.trouble(RESOURCES) for damage in table.troubles)
        if not self._done and not self._inner:
            self._trouble("nothing in this archive is of a kind that is read: no manifest, code or resources")
        if not self._is_bundle():
            self._sign()

    def _is_bundle(self) -> bool:
        names = {entry.name for entry in self._entries}
        return MANIFEST not in names and any(_BUNDLED.fullmatch(name) for name in names)

    def _read_before(self) -> None:
        """Read a dex put before the archive: Android 5 to 8.0 run it in place of the signed one."""
        head = self._archive.read_at(0, 8)
        if is_dex(head):
            size = self._archive.size
            self._trouble(
                "a dex stands before the archive (CVE-2017-13156, called Janus): Android 5 to 8.0 run it"
                " in place of what was signed",
                "",
                0,
            )
            part = read_dex(
                self._archive.read_at(0, min(size, self._limits.part_bytes)), where="", limits=self._limits
            )
            self._take(part)
            self._codes.append(part.code)

    @staticmethod
    def _listed(table: Table | None) -> Iterator[str]:
        """Give the files the table knows as XML or raw: build tools may have renamed them to anything."""
        if table is not None:
            yield from table.files("xml")
            yield from (name for name in table.files("raw") if _TEXTUAL.search(name))

    def answer(self, path: str) -> CodeFile:
        """Give what was read."""
        if len(self._found) > self._limits.found:
            self._codes.append(Code.UNREADABLE)
            self._trouble(f"{len(self._found)} finds; the first {self._limits.found} are kept")
        code = self._code()
        if code is not Code.NONE and not self._strings:
            self._trouble("has code, and not one string was found in it")
        return CodeFile(
            path=path,
            size=self._archive.size,
            form=self._form(),
            package=self._manifest.package or None if self._manifest else None,
            manifest=self._manifest,
            signers=self._signers,
            code=code,
            strings=self._strings,
            beyond=tuple(sorted(self._beyond)),
            found=tuple(self._found[: self._limits.found]),
            troubles=self._told(),
        )

    def _told(self) -> tuple[Trouble, ...]:
        told = tuple(dict.fromkeys(self._troubles))
        if len(told) <= _MOST_TROUBLES:
            return told
        return (
            *told[:_MOST_TROUBLES],
            Trouble(reason=f"{len(told) - _MOST_TROUBLES} more things could not be read"),
        )

    def _code(self) -> Code:
        if Code.UNREADABLE in self._codes or self._archive.directory.troubles:
            return Code.UNREADABLE
        return Code.READ if Code.READ in self._codes else Code.NONE

    def _form(self) -> str:
        names = {entry.name for entry in self._entries}
        if apex.MANIFEST in names:
            return "apex (what its file system holds was not read)"
        if self._is_bundle():
            return "bundle of APKs"
        if self._manifest is None and MANIFEST not in names:
            return "jar" if self._codes or "META-INF/MANIFEST.MF" in names else "zip"
        if self._codes:
            return "apk"
        if self._manifest is not None and self._manifest.overlay is not None:
            return "resource overlay"
        return "apk without code"

    @staticmethod
    def _is_text(name: str) -> bool:
        return name.startswith("assets/") and _TEXTUAL.search(name) is not None

    def _matching(self, pattern: re.Pattern[str]) -> Iterator[Entry]:
        return (entry for entry in self._entries if pattern.fullmatch(entry.name))

    def _named(self, name: str) -> Iterator[Entry]:
        return (entry for entry in self._entries if entry.name == name)

    def _trouble(self, reason: str, where: str = "", offset: int | None = None) -> None:
        self._troubles.append(Trouble(reason=reason, where=where, offset=offset))

    def _bytes(self, entry: Entry) -> bytes | None:
        """Give the content of an entry that was not read yet; what keeps it from being read is a trouble."""
        if entry in self._done:
            return None
        self._done.add(entry)
        try:
            return self._archive.read(entry)
        except Damage as damage:
            self._troubles.append(damage.trouble(""))
            if entry.name.endswith((".dex", ".jar", ".apk")):
                self._codes.append(Code.UNREADABLE)
            return None

    def _take(self, part: Part) -> None:
        self._strings += part.strings
        self._beyond.update(part.beyond)
        self._found.extend(part.found)
        self._troubles.extend(part.troubles)

    def _part(self, entry: Entry, read: Callable[..., Part]) -> None:
        data = self._bytes(entry)
        if data is None:
            return
        part = read(data, where=entry.name, limits=self._limits)
        self._take(part)
        if read is read_dex:
            self._codes.append(part.code)

    def _table(self) -> Table | None:
        for entry in self._named(RESOURCES):
            data = self._bytes(entry)
            if data is not None:
                table = open_table(data, where=RESOURCES, limits=self._limits)
                self._take(table.part())
                return table
        return None

    def _read_manifest(self, table: Table | None) -> str:
        """Read the manifest; tell the name of the network security config's entry, "" if there is none."""
        for entry in self._named(MANIFEST):
            data = self._bytes(entry)
            if data is None:
                continue
            document = read_document(data, where=MANIFEST, limits=self._limits)
            self._take(document.part)
            read = read_manifest(document, table.value if table else nothing)
            if read is None:
                self._trouble("holds no manifest element", MANIFEST, 0)
            elif self._manifest is None:
                self._manifest = read.manifest
                value = table.value(read.network_config) if table and read.network_config else None
                return self._read_config(value.text if value and value.text else "")
        return ""

    def _read_config(self, name: str) -> str:
        for entry in self._named(name):
            try:
                data = self._archive.read(entry)
            except Damage:
                return name  # read once more among the XML files, which tells the trouble
            if self._manifest and is_binary_xml(data):
                document = read_document(data, where=name, limits=self._limits)
                self._manifest = replace(self._manifest, cleartext_hosts=cleartext_hosts(document))
        return name

    def _read_apex(self) -> None:
        for entry in self._named(apex.MANIFEST):
            data = self._bytes(entry)
            try:
                name, version = apex.read_apex_manifest(data or b"")
            except Damage as damage:
                self._troubles.append(damage.trouble(apex.MANIFEST))
                continue
            self._manifest = replace(
                self._manifest or Manifest(package=name), package=name, version_code=version
            )

    def _nested(self, entry: Entry) -> None:
        """Read an archive in the archive; what may be unpacked of it is what is left of the outer one."""
        data = self._bytes(entry)
        if data is None:
            return
        try:
            archive = Archive(BytesIO(data), replace(self._limits, file_bytes=self._archive.left))
        except Damage as damage:
            self._troubles.append(damage.trouble(entry.name))
            if not entry.name.endswith(".zip"):  # an archive of anything; the others hold code
                self._codes.append(Code.UNREADABLE)
            return
        inner = _Reader(archive, self._limits, nested=True)
        inner.run()
        self._archive.left = archive.left
        self._adopt(inner, entry.name)

    def _adopt(self, inner: _Reader, name: str) -> None:
        """Take what was read of an archive in this one; a bundle of APKs is who its base is."""
        self._found.extend(replace(f, where=_within(name, f.where)) for f in inner._found)
        self._troubles.extend(replace(t, where=_within(name, t.where)) for t in inner._troubles)
        self._codes.extend(inner._codes)
        self._strings += inner._strings
        self._beyond |= inner._beyond
        if self._is_bundle() and inner._manifest is not None and not inner._manifest.split:
            self._manifest, self._signers = inner._manifest, inner._signers

    def _sign(self) -> None:
        signing = answer(ask_directory_signers(self._archive.directory), self._archive.read_at)
        self._signers = signing.signers
        self._troubles.extend(signing.troubles)


def _is_library(entry: Entry) -> bool:
    return entry.name.endswith(".so")


def _within(name: str, where: str) -> str:
    return f"{name} > {where}" if where else name


def read_xml_or_text(data: bytes, *, where: str, limits: Limits) -> Part:
    """Read a configuration file, binary or not."""
    if is_binary_xml(data):
        return read_axml(data, where=where, limits=limits)
    return read_text(data, where=where, limits=limits, properties=True)
