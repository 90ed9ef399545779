"""What a bug report comes in: a ZIP archive, a folder it was unpacked to, or its bare text, packed or not.

Source: AOSP frameworks/native cmds/dumpstate/bugreport-format.md: ``main_entry.txt`` names the text, ``FS/``
holds copies of files of the unit, ``proto/`` binary dumps.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath

from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources import disk
from audit.sources.bugreport import archive as zipped
from audit.sources.bugreport.text import AGAIN, HEAD_BYTES, chunks_of_file, head_of, opened, readable
from audit.sources.dumpstate import is_dumpstate
from audit.sources.zipped import files_in

_MAIN_ENTRY = "main_entry.txt"
_COPIES = "FS"
_LONGEST_NAME = 1024
# Samsung's own menu writes log/dumpState_MODEL_BUILD_DATE.log
_TEXT_NAME = re.compile(
    r"(?:[^/]{1,200}/){0,2}(?:(?:bugreport|dumpstate(?!_log|_board))[^/]{0,200}\.txt|dumpstate_[^/]{1,200}\.log)",
    re.IGNORECASE,
)
# Xiaomi's puts the report's archive into one with its own logs.
_INNER_NAME = re.compile(r"(?:[^/]{1,200}/){0,2}(?:bugreport|dumpstate)[^/]{0,200}\.zip", re.IGNORECASE)
_MISTAKEN = "take the bug report with `adb bugreport FILE.zip` and give the file that it writes"
# What adb prints while it works, and people redirect into a file: packages/modules/adb client/bugreport.cpp
_PROGRESS = re.compile(
    rb"\s*(?:\[ {0,2}[0-9]{1,3}%\] generating |adb server version|\* daemon |/data/\S{0,200}bugreport\S*: )"
)


@record
class Container:
    """A bug report that was found. name: of its text; others: what else lies with it, counted by class.

    chunks: gives the text, once; raises `Cut` where it ends too early and BadInput where it is a trap
    files: the copied files by their path on the unit, each read when called
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]
    files: Mapping[str, Callable[[], bytes]]
    others: Mapping[str, int]


def accepts(path: Path, head: bytes) -> bool:
    """Whether *path* is a bug report, or is called one and should be told why it is none.

    head: its first bytes, b"" for a folder
    """
    if path.is_dir():
        name = _text_in_folder(path)
        return name is not None and is_dumpstate(head_of(path / name))
    if zipped.begins(head):
        return _is_report_zip(path)
    return is_dumpstate(readable(head)) or _PROGRESS.match(head) is not None


@contextmanager
def open_container(path: Path) -> Iterator[Container]:
    """The bug report at *path*, open while the block lasts; BadInput with the reason for what is none."""
    if path.is_dir():
        yield _folder(path)
    elif zipped.begins(_checked_head(path)):
        with ExitStack() as opened_ones:
            archive = opened_ones.enter_context(zipped.open_archive(path))
            inner = _inner(archive)
            if inner is not None:
                archive = opened_ones.enter_context(zipped.open_inner(archive, inner))
            yield _zip(archive, path)
    else:
        yield Container(name=path.name, chunks=partial(chunks_of_file, path), files={}, others={})


def _checked_head(path: Path) -> bytes:
    """The first bytes of a file that may be a bug report."""
    with opened(path) as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise BadInput("is empty", where=str(path), fix=AGAIN)
    if _PROGRESS.match(head):
        raise BadInput(
            "is what adb printed while it took a bug report, not the bug report",
            where=str(path),
            fix=_MISTAKEN,
        )
    if not zipped.begins(head) and not is_dumpstate(readable(head)):
        raise BadInput("is no bug report: dumpstate's header is not in it", where=str(path), fix=AGAIN)
    return head


def _text_name(names: Iterable[str], main_entry: str | None) -> str | None:
    """Which of *names* is the text: the one that the main entry names, else the one that is called so."""
    given = list(names)
    if main_entry in given:
        return main_entry
    called = sorted(
        (name for name in given if _TEXT_NAME.fullmatch(name)), key=lambda name: (name.count("/"), name)
    )
    return called[0] if called else None


def _named(data: bytes) -> str:
    return data[:_LONGEST_NAME].decode("utf-8", "replace").strip()


def _class_of(name: str) -> str:
    """Where a file lies, for people: the folder at the top, or its own name."""
    parts = PurePosixPath(name).parts
    return f"{parts[0]}/" if len(parts) > 1 else name


# --- a folder ---


def _text_in_folder(folder: Path) -> str | None:
    try:
        names = [entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()]
    except OSError as error:
        raise disk.unreadable(folder, error) from error
    main = _named(disk.read(folder / _MAIN_ENTRY)) if _MAIN_ENTRY in names else None
    return _text_name(names, main)


def _folder(folder: Path) -> Container:
    name = _text_in_folder(folder)
    if name is None:
        raise BadInput("holds no bug report", where=str(folder), fix=AGAIN)
    others = {path.relative_to(folder).as_posix(): path for path in disk.walk(folder)}
    others = {relative: path for relative, path in others.items() if relative not in (name, _MAIN_ENTRY)}
    return Container(
        name=name,
        chunks=partial(chunks_of_file, folder / name),
        files={
            relative.removeprefix(_COPIES): partial(disk.read, path)
            for relative, path in others.items()
            if relative.startswith(f"{_COPIES}/")
        },
        others=Counter(_class_of(relative) for relative in others),
    )


# --- an archive ---


def _is_report_zip(path: Path) -> bool:
    if "bugreport" in path.name.lower():
        return True  # if it is none, it is refused with the reason when it is opened
    try:
        with zipped.open_archive(path) as archive:
            return _inner(archive) is not None or _has_text(_files_in(archive))
    except BadInput:
        return False


def _has_text(names: Iterable[str]) -> bool:
    return _MAIN_ENTRY in names or _text_name(names, None) is not None


def _inner(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The archive in *archive* that holds the report, where it holds none itself; BadInput for several."""
    infos = _files_in(archive)
    if _has_text(infos):
        return None
    called = sorted(name for name in infos if _INNER_NAME.fullmatch(name))
    if len(called) > 1:
        raise BadInput(
            f"holds {len(called)} bug reports, the first is {clean_line(called[0])}",
            where=str(archive.filename),
            fix="take the one to judge out of it",
        )
    return infos[called[0]] if called else None


def _files_in(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {info.filename: info for info in files_in(archive)}


def _zip(archive: zipfile.ZipFile, path: Path) -> Container:
    infos = _files_in(archive)
    main = infos.pop(_MAIN_ENTRY, None)
    name = _text_name(infos, None if main is None else _named(zipped.read_entry(archive, main)))
    if name is None:
        shown = ", ".join(clean_line(found) for found in sorted(infos)[:5]) or "nothing"
        raise BadInput(
            f"is a ZIP archive without the text of a bug report; it holds {shown}",
            where=str(path),
            fix=_MISTAKEN,
        )
    text = infos.pop(name)
    zipped.readable(text, str(path))
    return Container(
        name=PurePosixPath(name).name,
        chunks=partial(zipped.text_chunks, archive, text),
        files={
            other.removeprefix(_COPIES): partial(zipped.read_entry, archive, info)
            for other, info in infos.items()
            if other.startswith(f"{_COPIES}/")
        },
        others=Counter(_class_of(other) for other in infos),
    )
