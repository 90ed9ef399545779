"""All signers of an APK, from its tail: end record, signing block and, for v1, the list of entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from audit.endpoints.archive import Asking, Directory, answer, ask_directory, ask_end, ask_entry, remembering
from audit.endpoints.chunks import Damage
from audit.endpoints.part import Limits
from audit.endpoints.signing.block import ask_block, signers
from audit.endpoints.signing.jar import BLOCK_NAME, MOST_BLOCKS, MOST_BYTES, read_block
from audit.model.code import Signer, Trouble
from audit.model.record import record


@record
class Signing:
    """Who signed, newest scheme last; none and no trouble means unsigned."""

    signers: tuple[Signer, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def signers_of_tail(
    read_at: Callable[[int, int], bytes], size: int, *, limits: Limits | None = None
) -> Signing:
    """Tell who signed the APK of *size* bytes that *read_at*(offset, length) reads from.

    Of the file only the last 64 KiB, the signing block, the list of entries and v1 signature files are read.
    """
    return answer(ask_signers(size, limits=limits), read_at)


def ask_signers(size: int, *, limits: Limits | None = None) -> Asking[Signing]:
    """Do the same without I/O: yields (offset, length), wants to be sent those bytes, returns a `Signing`."""
    return (yield from remembering(_ask_all(size, limits or Limits())))


def _ask_all(size: int, limits: Limits) -> Asking[Signing]:
    try:
        end = yield from ask_end(size)
        directory = yield from ask_directory(end, limits)
    except Damage as damage:
        return Signing(troubles=(damage.trouble(""),))
    return (yield from ask_directory_signers(directory))


def ask_directory_signers(directory: Directory) -> Asking[Signing]:
    """Tell who signed the archive whose *directory* was read."""
    found: list[Signer] = []
    troubles: list[Damage] = []
    for entry in [e for e in directory.entries if BLOCK_NAME.fullmatch(e.name)][:MOST_BLOCKS]:
        try:
            content = yield from ask_entry(entry, MOST_BYTES)
            found.extend(read_block(content))
        except Damage as damage:
            troubles.append(Damage(f"{entry.name}: {damage.reason}", damage.offset))
    try:
        block = yield from ask_block(directory.start)
    except Damage as damage:
        troubles.append(damage.with_traceback(None))
        block = None
    if block is not None:
        _sort(signers(block[1], block[0]), found, troubles)
    unique = sorted(dict.fromkeys(found), key=lambda s: s.scheme)
    return Signing(signers=tuple(unique), troubles=tuple(damage.trouble("") for damage in troubles))


def _sort(answers: Iterable[Signer | Damage], found: list[Signer], troubles: list[Damage]) -> None:
    for one in answers:
        if isinstance(one, Damage):
            troubles.append(one)
        else:
            found.append(one)
