"""Files somebody approved of, such as golden units: the envelope beside a file, and whether it is genuine."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from audit.errors import BadInput, UsageError
from audit.model.record import record
from audit.model.signing import Flaw, Problem
from audit.model.text import clean, clean_line
from audit.signoff import envelope as dsse
from audit.signoff.canonical import sha256
from audit.signoff.envelope import LARGEST_BYTES, Unreadable
from audit.signoff.keys import Signer
from audit.signoff.statement import APPROVED_FILE, STATEMENT, file_statement, moment
from audit.signoff.trust import Trust

ENDING = ".dsse"
LARGEST_FILE_BYTES = 64 * 1024 * 1024


@record
class Approval:
    """Who approved of a file. sha256: of the file; key_id: who signed"""

    inspector: str
    signed_at: str
    note: str
    sha256: str
    key_id: str


def envelope_path(path: Path) -> Path:
    """Where the envelope of the file *path* is kept: beside it."""
    return path.with_name(path.name + ENDING)


def sign_file(path: Path, signer: Signer, *, inspector: str, signed_at: str, note: str = "") -> Path:
    """Sign the file *path* as it is, and keep the envelope beside it, in place of a former one.

    Raises BadInput for a file that cannot be read, UsageError for nobody's name, a moment that is none, or a
    place that cannot be written.
    """
    name = clean_line(inspector).strip()
    if not name:
        raise UsageError("nobody is named who approves", fix="say --inspector NAME")
    if moment(signed_at) is None:
        raise UsageError(f"{signed_at!r} is no moment in UTC", fix="give it as 2026-01-31T12:00:00Z")
    made = file_statement(
        clean_line(path.name),
        sha256(_read(path, LARGEST_FILE_BYTES)),
        inspector=name,
        signed_at=signed_at,
        note=clean(note).strip(),
    )
    target = envelope_path(path)
    _keep(target, dsse.sign(made, signer).envelope + b"\n")
    return target


def check_file(path: Path, trust: Trust) -> Approval:
    """Who approved of the file *path*. Raises BadInput when that is not proved."""
    found = verify_file(path, trust)
    if isinstance(found, Approval):
        return found
    raise BadInput(
        f"is not genuine: {found.flaw.value}: {found.what}",
        where=str(path),
        fix="have it signed by somebody whose key is trusted here; adb-audit keys list shows those",
    )


def verify_file(path: Path, trust: Trust) -> Approval | Problem:
    """Who approved of the file *path*, or what is wrong with that.

    A revoked key proves nothing here: no log tells when the file was signed.
    Raises BadInput where the file or the envelope beside it cannot be read.
    """
    beside = envelope_path(path)
    data = _read(beside, LARGEST_BYTES + 1).removesuffix(b"\n")
    actual = sha256(_read(path, LARGEST_FILE_BYTES))
    try:
        opened = dsse.opened(data)
        said = _approval(dsse.content(opened), opened.key_id)
    except Unreadable as error:
        return _problem(Flaw.DAMAGED, f"it {error}", beside)
    known = trust.find(said.key_id)
    if known is None:
        return _problem(Flaw.UNKNOWN_KEY, f"key {said.key_id[:16]}…", beside)
    if not dsse.fits(opened, known[1]):
        return _problem(Flaw.SIGNATURE, f"the key of {known[0].name} did not sign what it holds", beside)
    if known[0].revoked_at:
        what = f"the key of {known[0].name} was revoked at {known[0].revoked_at}"
        return _problem(Flaw.REVOKED_KEY, what, beside)
    if said.sha256 != actual:
        return _problem(Flaw.REPORT, "the file is not the one that was signed", path)
    return said


def _approval(content: dict[str, object], key_id: str) -> Approval:
    if content.get("_type") != STATEMENT or content.get("predicateType") != APPROVED_FILE:
        raise Unreadable("is no approval of a file")
    match content:
        case {
            "subject": [{"digest": {"sha256": str(digest)}}],
            "predicate": {"inspector": str(inspector), "signedAt": str(signed_at), "note": str(note)},
        }:
            return Approval(inspector=inspector, signed_at=signed_at, note=note, sha256=digest, key_id=key_id)
    raise Unreadable("is no approval of a file of this program's")


def _problem(flaw: Flaw, what: str, where: Path) -> Problem:
    return Problem(flaw=flaw, number=0, what=what, where=str(where))


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError as error:
        what = "there is no signature beside the file" if path.suffix == ENDING else "there is no such file"
        raise BadInput(
            what, where=str(path), fix="check the path; a signed file has FILE.dsse beside it"
        ) from error
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}", where=str(path), fix="check its permissions"
        ) from error
    if len(data) > most_bytes:
        raise BadInput(f"is larger than {most_bytes} bytes", where=str(path), fix="check what file it is")
    return data


def _keep(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            temporary.write_bytes(data)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with suppress(FileNotFoundError):  # there only when something went wrong
                temporary.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=str(path), fix="choose another place"
        ) from error
