"""One file of a firmware into what it holds: hashed, read, told where it belongs."""

from __future__ import annotations

import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from audit.endpoints import read_code
from audit.errors import BadInput
from audit.model.code import Code, CodeFile, Trouble
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.firmware.filesystems.nodes import Tree
from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.variants import is_installed, variant_of

_WHOLE_BYTES = 24 * 1024 * 1024
"""Up to this size a file is read once, into memory; a larger one is read where it lies, twice."""
_CHUNK_BYTES = 1 << 20
_LARGEST_UNPACKED = 1 << 30
_GZIPPED = ".apk.gz"
"""A package that is unpacked when the phone is first started (AOSP ``PackageManagerServiceUtils``)."""
_APEX = (".apex", ".capex")
_INSTALLED = (".apk", _GZIPPED)
_PACKAGES = (*_INSTALLED, *_APEX)
_NO_APK = "Get the maker's whole package: published dumps keep a note in place of what is large or left out."


@record
class Job:
    """A file to be read. text: keep it only if something was found in it."""

    entry: Entry
    text: bool = False


def read_job(tree: Tree, job: Job) -> CodeFile | None:
    """What the file of *job* holds; None for a text without an address. Trouble is in the answer."""
    entry = job.entry
    try:
        with tree.open(entry.place) as file:
            code, digest = _read(file, entry)
    except BadInput as error:
        return unread(entry, error.what, error.fix)
    except OSError as error:
        return unread(entry, f"cannot be read: {error.strerror or error}")
    if job.text and not code.found:
        return None
    if not entry.path.lower().endswith(_PACKAGES):
        code = replace(code, manifest=None, package=None)  # a library that has one is no package for it
    code = replace(code, form=_form(entry, code, job), sha256=digest, variant=_variant(entry, code))
    return _named_or_troubled(code)


def _variant(entry: Entry, code: CodeFile) -> str:
    """An overlay for a SKU lies where other packages are installed from."""
    is_app = code.manifest is not None and code.manifest.overlay is None
    return "" if is_app and is_installed(entry.path) else variant_of(entry.path)


def _named_or_troubled(code: CodeFile) -> CodeFile:
    """*code*; an APK that does not say its name is one that was not read, whatever it is instead."""
    named = code.manifest is not None and code.manifest.package
    if named or code.troubles or not code.path.lower().endswith(_INSTALLED):
        return code
    what = "is no APK: it names no package" if code.size else "is empty"
    return replace(code, troubles=(Trouble(reason=what, fix=_NO_APK),))


def unread(entry: Entry, reason: str, fix: str = "") -> CodeFile:
    """The answer for a file that could not be read at all."""
    return CodeFile(
        path=entry.path,
        size=entry.size,
        form="unreadable",
        code=Code.UNREADABLE,
        troubles=(Trouble(reason=clean_line(reason), fix=fix),),
        variant=variant_of(entry.path),
    )


def _read(file: BinaryIO, entry: Entry) -> tuple[CodeFile, str]:
    if entry.size <= _WHOLE_BYTES:
        data = file.read(_WHOLE_BYTES + 1)
        digest = hashlib.sha256(data).hexdigest()
        file = io.BytesIO(data)
    else:
        digest = _digest(file)
    if not entry.path.lower().endswith(_GZIPPED):
        file.seek(0)
        return read_code(file, path=entry.path), digest
    try:
        with _unpacked(file) as apk:
            return replace(read_code(apk, path=entry.path), size=entry.size), digest
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return unread(entry, f"is a gzip file that cannot be unpacked: {error}"), digest


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """What a gzip file holds, in a temporary file. Raises BadInput where it grows beyond measure."""
    file.seek(0)
    with tempfile.TemporaryFile() as out, gzip.GzipFile(fileobj=file) as packed:
        size = 0
        while chunk := packed.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > _LARGEST_UNPACKED:
                raise BadInput(f"holds more than {_LARGEST_UNPACKED} bytes unpacked")
            out.write(chunk)
        out.seek(0)
        yield out


def _form(entry: Entry, code: CodeFile, job: Job) -> str:
    if job.text:
        return "text"
    return "apex" if entry.path.lower().endswith(_APEX) else code.form
