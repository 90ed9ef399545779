"""What a form sends: texts and files, all of it bounded; files lie in a private folder until the answer."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from starlette.datastructures import UploadFile
from starlette.requests import Request

from audit.model.record import record
from audit.model.text import clean, clean_line

MOST_FIELDS, MOST_FILES = 200, 4
_LONGEST_TEXT_BYTES = 256 * 1024
_LONGEST_NAME = 120
_PIECE_BYTES = 256 * 1024
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@record
class Upload:
    """A file that was sent. name: as its sender calls it, for people; path: where it lies until the answer"""

    name: str
    path: Path
    bytes_: int


@record
class Form:
    """What was sent: values by name, in the order they came, as they came."""

    texts: Mapping[str, tuple[str, ...]]
    uploads: Mapping[str, Upload]

    def text(self, name: str, default: str = "") -> str:
        """What was written, cleaned; it may have several lines. The last where there are several."""
        return clean(self.raw(name, default))

    def line(self, name: str, default: str = "") -> str:
        """The same on one line, without blanks around it."""
        return clean_line(self.raw(name, default)).strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """Every value of that name, each as `line` has it."""
        return tuple(clean_line(value).strip() for value in self.texts.get(name, ()))

    def raw(self, name: str, default: str = "") -> str:
        """As it came: for passwords, which nobody may change."""
        return self.texts.get(name, (default,))[-1]

    def upload(self, name: str) -> Upload | None:
        """The file of that name; None where none was chosen."""
        return self.uploads.get(name)


async def read(request: Request) -> Form:
    """What was sent with *request*; the same however often it is asked.

    Raises HTTPException 400 for what is no form, 413 for what is more than the page takes.
    """
    kept = getattr(request.state, "form", None)
    if kept is None:
        kept = request.state.form = await _read(request)
    return cast("Form", kept)


async def drop(request: Request) -> None:
    """Remove the files of `read`."""
    folder = getattr(request.state, "uploads", None)
    if folder is not None:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _read(request: Request) -> Form:
    texts: dict[str, tuple[str, ...]] = {}
    uploads: dict[str, Upload] = {}
    async with request.form(
        max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=_LONGEST_TEXT_BYTES
    ) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    uploads[name] = await _kept(request, value, len(uploads))
            else:
                texts[name] = (*texts.get(name, ()), value)
    return Form(texts=texts, uploads=uploads)


async def _kept(request: Request, sent: UploadFile, number: int) -> Upload:
    """A copy with a name of our own: of its sender's nothing is kept but what it ends with."""
    name = clean_line(PurePosixPath((sent.filename or "").replace("\\", "/")).name)[:_LONGEST_NAME]
    ending = PurePosixPath(name).suffix.lower()
    folder = getattr(request.state, "uploads", None)
    if folder is None:
        folder = request.state.uploads = Path(tempfile.mkdtemp(prefix="adb-audit-"))  # 0700
    path = Path(folder) / f"upload-{number}{ending if _SUFFIX.fullmatch(ending) else ''}"
    size = await asyncio.to_thread(_copy, sent, path)
    return Upload(name=name or "file", path=path, bytes_=size)


def _copy(sent: UploadFile, path: Path) -> int:
    size = 0
    with path.open("xb") as file:
        while piece := sent.file.read(_PIECE_BYTES):
            size += file.write(piece)
    return size
