"""One package of ``dumpsys package``: the fields of its block."""

from __future__ import annotations

import re
from collections.abc import Callable

from audit.model.facts import Enabled, Package, UserState

_SHARED_USER = re.compile(r"\w*\{\w+ ([^/}\s]+)")
_SIGNERS = re.compile(r"(?:signatures:)?\[([0-9a-fA-F, ]*)\]")
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_USER = re.compile(r"    User ([0-9]{1,9}):\s*(.*)")
_MORE = "fields of packages that are not needed"
_NESTED = "permissions and components of packages"

# COMPONENT_ENABLED_STATE_*, android.content.pm.PackageManager
_ENABLED = {str(number): state for number, state in enumerate(Enabled)}


class Block:
    """Gathers the fields of one package, line by line."""

    def __init__(self, name: str, origin: str) -> None:
        self.name, self.origin = name, origin
        self._paths: list[str] = []
        self._texts: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._signers: tuple[str, ...] = ()
        self._flags: frozenset[str] | None = None
        self._users: list[UserState] = []

    def take(self, line: str) -> str | None:
        """Read *line* of the block, indented by four columns or more; else say what class it is left as."""
        if line[4:5] == " ":
            return _NESTED
        if line.startswith("    User "):
            return self._user(line)
        name, equals, value = line.partition("=")
        handler = _FIELDS.get(name) if equals else None
        if handler is None:
            return _MORE
        handler(self, value.rstrip())
        return None

    def package(self) -> Package:
        """The package, as far as its fields went."""
        return Package(
            name=self.name,
            paths=tuple(self._paths),
            version_code=self._numbers.get("version"),
            version_name=self._texts.get("version"),
            uid=self._numbers.get("uid"),
            shared_user=self._texts.get("shared user"),
            installer=self._texts.get("installer"),
            signers=self._signers,
            system=None if self._flags is None else "SYSTEM" in self._flags,
            users=tuple(self._users),
            overlay_of=self._texts.get("overlay of"),
            origin=self.origin,
        )

    def path(self, value: str) -> None:
        """``codePath`` and ``resourcePath``: the same but on old units."""
        if value and value != "null" and value not in self._paths:
            self._paths.append(value)

    def text(self, key: str, value: str) -> None:
        """A field that is text; ``null`` is none."""
        if value and value != "null":
            self._texts[key] = value

    def number(self, key: str, value: str) -> None:
        """A field that begins with a number: ``versionCode=32 minSdk=32 targetSdk=32``."""
        if found := _NUMBER.match(value):
            self._numbers[key] = int(found[0])

    def shared_user(self, value: str) -> None:
        """``SharedUserSetting{HASH android.uid.phone/1001}``."""
        if found := _SHARED_USER.match(value):
            self._texts["shared user"] = found[1]

    def signers(self, value: str) -> None:
        """``PackageSignatures{HASH version:3, signatures:[543180af], past signatures:[]}``.

        Before Android 9 ``PackageSignatures{HASH [ec24e326]}``. The first bracket holds the current ones.
        """
        if found := _SIGNERS.search(value):
            self._signers = tuple(s for s in found[1].replace(",", " ").split() if s)

    def flags(self, value: str) -> None:
        """``flags=[ SYSTEM HAS_CODE ]`` and ``pkgFlags``, where a hidden system package is still SYSTEM."""
        self._flags = (self._flags or frozenset()) | frozenset(value.strip("[] ").split())

    def _user(self, line: str) -> str | None:
        """``User 0: ceDataInode=2 installed=true hidden=false … enabled=0``; ``blocked`` in 4.4 is hidden."""
        found = _USER.match(line)
        if found is None:
            return _MORE
        state = {name: value for name, _, value in (word.partition("=") for word in found[2].split())}
        enabled = state.get("enabled", "")
        self._users.append(
            UserState(
                user=int(found[1]),
                installed=_truth(state.get("installed")),
                enabled=_ENABLED.get(enabled),
                hidden=_truth(state.get("hidden", state.get("blocked"))),
                suspended=_truth(state.get("suspended")),
                stopped=_truth(state.get("stopped")),
            )
        )
        return None


def _truth(word: str | None) -> bool | None:
    return {"true": True, "false": False}.get(word or "")


_FIELDS: dict[str, Callable[[Block, str], None]] = {
    "    codePath": Block.path,
    "    resourcePath": Block.path,
    "    userId": lambda block, value: block.number("uid", value),
    "    appId": lambda block, value: block.number("uid", value),  # Android 13 on
    "    versionCode": lambda block, value: block.number("version", value),
    "    versionName": lambda block, value: block.text("version", value),
    "    installerPackageName": lambda block, value: block.text("installer", value),
    "    overlayTarget": lambda block, value: block.text("overlay of", value),
    "    sharedUser": Block.shared_user,
    "    signatures": Block.signers,
    "    flags": Block.flags,
    "    pkgFlags": Block.flags,
}
