"""Those who may log in: a file of names, roles and hashes of passwords, for its owner only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from audit import codec
from audit.errors import AuditError, BadInput, UsageError
from audit.model.record import record
from audit.model.text import clean_line
from audit.web.access import Role
from audit.web.private import read_private, write_private

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
LONGEST = 256
_MOST = 1000
_LARGEST_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LONGEST_SHOWN = 80
_SHORT = 3
"""Names that stand in many words."""
_MODE, _WAIT_S = 0o600, 10.0
# OWASP's Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 passes; 64 MiB would be most of what a page takes
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1


@record
class User:
    """Somebody who may log in.

    name: to log in with; shown: in the trail and on papers; hash: Argon2id, as PHC has it
    since: changes with the password, and so ends what was begun under the old one
    """

    name: str
    role: Role
    hash: str
    since: str
    shown: str = ""


@record
class _Kept:
    """The content of the file."""

    users: tuple[User, ...]


class Users:
    """The file at *path*. Every call reads it anew where it was changed: what others change counts at once.

    All that touches a password takes a twentieth of a second and 19 MiB: call it in a thread.
    hasher: for tests, which have no time
    """

    def __init__(self, path: Path, *, hasher: Callable[[], PasswordHasher] | None = None) -> None:
        self._path = path
        self._make = hasher or _argon2
        self._made: PasswordHasher | None = None
        self._nobodys = ""
        self._stamp: tuple[int, int, int] | None = None
        self._users: dict[str, User] = {}

    def all(self) -> tuple[User, ...]:
        """By name. Raises BadInput where the file is damaged."""
        return tuple(sorted(self._read().values(), key=lambda user: user.name))

    def find(self, name: str) -> User | None:
        """The one of that name."""
        return self._read().get(name.casefold())

    def add(self, name: str, role: Role, password: str, *, shown: str = "") -> User:
        """Let somebody log in. Raises UsageError for a name that is none or taken, or a poor password."""
        name = name.casefold()
        if _NAME.fullmatch(name) is None:
            raise UsageError(
                f"{clean_line(name)[:_LONGEST_SHOWN]!r} is no name to log in with",
                fix="use up to 64 of a-z, 0-9, dot, hyphen, underscore, beginning with a letter or digit",
            )
        shown = clean_line(shown)[:_LONGEST_SHOWN].strip() or name
        _check_new(name, shown, self._read())
        hash_ = self._hash(password, name)
        made = User(name=name, role=role, hash=hash_, since=secrets.token_hex(8), shown=shown)
        with self._alone() as users:
            _check_new(name, shown, users)
            self._write({**users, name: made})
        return made

    def remove(self, name: str) -> None:
        """Let somebody log in no more; whoever is logged in as them is shown out."""
        with self._alone() as users:
            gone = self._known(name).name
            self._write({one: user for one, user in users.items() if one != gone})

    def give(self, name: str, role: Role) -> User:
        """Give somebody another role, at once."""
        return self._change(name, role=role)

    def set_password(self, name: str, password: str) -> User:
        """Give somebody another password; what was begun under the old one ends."""
        made = self._hash(password, self._known(name).name)
        return self._change(name, hash=made, since=secrets.token_hex(8))

    def verify(self, name: str, password: str) -> User | None:
        """The user whose name and password these are.

        It takes as long for a name nobody has. A hash made with other parameters is made anew.
        """
        from argon2.exceptions import (  # noqa: PLC0415 - of an extra
            InvalidHashError,
            VerificationError,
            VerifyMismatchError,
        )

        hasher = self._hasher()
        user = self.find(name)
        if not self._nobodys:
            self._nobodys = hasher.hash(secrets.token_hex(16))
        try:
            hasher.verify(self._nobodys if user is None else user.hash, password[:LONGEST])
        except VerifyMismatchError:
            return None
        except (InvalidHashError, VerificationError) as error:
            raise self._damaged(f"the hash of {name[:_LONGEST_SHOWN]!r} is none") from error
        if user is not None and hasher.check_needs_rehash(user.hash):
            user = self._rehashed(user, hasher.hash(password[:LONGEST]))
        return user

    def _rehashed(self, user: User, hash_: str) -> User | None:
        """The user with another hash of the same password; as they are by now, where others changed them."""
        with self._alone() as users:
            now = users.get(user.name)
            if now != user:
                return now if now is not None and now.hash == user.hash else None
            made = replace(user, hash=hash_)
            self._write({**users, user.name: made})
            return made

    def _change(self, name: str, **changed: object) -> User:
        with self._alone() as users:
            made = replace(self._known(name), **changed)  # type: ignore[arg-type]  # fields of a User, by name
            self._write({**users, made.name: made})
            return made

    @contextmanager
    def _alone(self) -> Iterator[Mapping[str, User]]:
        """The users as they are, while nobody else changes them: neither another thread nor a command."""
        beside = self._path.with_name(f".{self._path.name}.lock")
        try:
            beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(beside, timeout=_WAIT_S, mode=_MODE)
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                "somebody else is changing it", where=str(self._path), fix="try again in a moment"
            ) from error
        except OSError as error:
            raise UsageError(
                f"cannot be written: {error.strerror}",
                where=str(self._path),
                fix="let this user write there, and see that the disk has room",
            ) from error
        try:
            yield self._read()
        finally:
            lock.release()

    def _known(self, name: str) -> User:
        found = self.find(name)
        if found is None:
            raise UsageError(
                f"there is no user {clean_line(name)[:_LONGEST_SHOWN]!r}",
                where=str(self._path),
                fix="`adb-audit station users list` says who there is",
            )
        return found

    def _hash(self, password: str, name: str) -> str:
        check_password(password, name)
        return self._hasher().hash(password)

    def _hasher(self) -> PasswordHasher:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _read(self) -> dict[str, User]:
        stamp = self._stamped()
        if stamp is None:
            self._stamp, self._users = None, {}
        elif stamp != self._stamp:
            text = read_private(self._path, _LARGEST_BYTES)
            found = _Kept(users=()) if text is None else codec.from_json(_Kept, text, where=str(self._path))
            users = {user.name: user for user in found.users}
            if len(users) != len(found.users):
                raise self._damaged("two users have one name")
            self._stamp, self._users = stamp, users
        return self._users

    def _stamped(self) -> tuple[int, int, int] | None:
        """What changes with the file, which is put in place whole: so its inode does, at least."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._damaged(f"cannot be read: {error.strerror}") from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _write(self, users: dict[str, User]) -> None:
        kept = _Kept(users=tuple(sorted(users.values(), key=lambda user: user.name)))
        write_private(self._path, codec.to_json(kept, indent=1) + "\n")
        self._stamp = None

    def _damaged(self, what: str) -> BadInput:
        return BadInput(
            what,
            where=str(self._path),
            fix="put the file aside and add the users again with `adb-audit station users add`",
        )


def _check_new(name: str, shown: str, users: Mapping[str, User]) -> None:
    """Whether there may be one more, called so. Raises UsageError."""
    if name in users:
        raise UsageError(f"there is a user {name}", fix="take another name, or remove that one first")
    if len(users) >= _MOST:
        raise UsageError(f"there are {_MOST} users", fix="remove those who left")
    said = shown.casefold()
    other = next((one for one in users.values() if said in (one.name, one.shown.casefold())), None)
    if other is not None:  # the trail tells who did what by that name
        raise UsageError(f"{other.name} is called {shown!r} already", fix="give another --shown")


def check_password(password: str, name: str) -> None:
    """UsageError for a password that is easily guessed by trying."""
    if len(password) < SHORTEST:
        raise UsageError(
            f"the password has {len(password)} characters",
            fix=f"take {SHORTEST} or more: who copies the file of hashes can try millions of shorter ones;"
            " four words that do not belong together are easily remembered",
        )
    if len(password) > LONGEST:
        raise UsageError(f"the password has more than {LONGEST} characters", fix="take a shorter one")
    if len(set(password)) < 5 or (len(name) > _SHORT and name in password.casefold()):
        raise UsageError(
            "the password repeats a few characters, or the name", fix="take words that do not belong together"
        )


def _argon2() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise AuditError("logins need argon2-cffi", fix="pip install 'adb-audit[station]'") from error
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
