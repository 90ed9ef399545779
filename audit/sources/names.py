"""What a file holds, told by its name: people name the output of a command after the command.

``pm_list_packages_f_u.txt``, ``packages-fU_user10.txt``, ``dumpsys_package.txt``, ``settings_global.txt``.
A command line, turned into a name by `slug`, is told by the same table, which is how ``commands.tsv`` (exit
code and command line of each output) finds its files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from audit.model.evidence import Kind
from audit.model.record import record

ENDINGS = (".txt", ".log", ".out")
STDERR = ".stderr"

_SEPARATORS = re.compile(r"[-\s/_]+")
_LETTERS = re.compile(r"[fUiudseqla3]+")
_USER = re.compile(r"(?i:user|u)_?(\d{1,5})")
_OPTION_WORDS = {
    "known": "u",
    "uninstalled": "u",
    "disabled": "d",
    "system": "s",
    "enabled": "e",
    "thirdparty": "3",
    "third": "3",
}


@record
class Named:
    """What a name says. letters: options of ``list packages``; part: what stands after the command's words.

    settings: all three settings tables in one file (``dumpsys settings``)
    """

    kind: Kind
    letters: frozenset[str] = frozenset()
    user: int | None = None
    part: str = ""

    @property
    def filtered(self) -> bool:
        """Whether the list leaves installed packages out (only third-party, system or enabled ones)."""
        return self.kind is Kind.PACKAGES and bool(self.letters & set("s3e"))


def is_output(path: PurePath) -> bool:
    """Whether *path* has the ending of a command's output, in whatever case."""
    return path.suffix.lower() in ENDINGS


def recognise(stem: str) -> Named | None:
    """What the file of this name, without its ending, holds; None for a name that says nothing."""
    if stem.isupper():
        # a file system that knows capitals only; U stays: -U and -u cannot be told apart, and -U is common
        stem = "".join(c if c == "U" else c.lower() for c in stem)
    plain = re.sub(r"^(?i:adb_)?(?i:shell_)?", "", _SEPARATORS.sub("_", stem).strip("_"))
    for pattern, build in _TABLE:
        found = pattern.fullmatch(plain)
        if found is not None:
            return build(found)
    return None


def slug(command: str) -> str:
    """The name people give to the output of *command*: its words joined, short options run together."""
    words = re.sub(r"-t \d+ ", "", command).replace("--user ", "user").split()
    plain = [word for word in words if not word.startswith("-")]
    short = "".join(word[1:] for word in words if re.fullmatch(r"-[A-Za-z0-9]", word))
    users = [word for word in plain if re.fullmatch(r"user\d+", word)]
    body = [word for word in plain if word not in users]
    apex = ["apex"] if "--apex-only" in words else []
    return _SEPARATORS.sub("_", "_".join([*body, *([short] if short else []), *apex, *users])).strip("_")


def exit_codes(text: str) -> Iterator[tuple[str, int]]:
    """(command line, exit code) of each line of a ``commands.tsv``; other lines are skipped."""
    for line in text.splitlines():
        code, _, command = line.strip().partition("\t" if "\t" in line else " ")
        if code.isdecimal() and len(code) <= 3 and command.strip():
            yield command.strip(), int(code)


def exit_code_of(stem: str, named: Named, commands: tuple[tuple[str, int], ...]) -> int | None:
    """The exit code of the command whose output the file *stem* is; None where that is not certain."""
    slugs = [(slug(command), code) for command, code in commands]
    same = {code for name, code in slugs if recognise(name) == named}
    begun = {code for name, code in slugs if name.startswith(_SEPARATORS.sub("_", stem).strip("_"))}
    return next((next(iter(codes)) for codes in (same, begun) if len(codes) == 1), None)


def _packages(found: re.Match[str]) -> Named:
    letters: set[str] = set()
    user, apex = None, False
    for word in (found["rest"] or "").split("_"):
        if number := _USER.fullmatch(word):
            user = int(number[1])
        elif word.lower() in _OPTION_WORDS:
            letters.add(_OPTION_WORDS[word.lower()])
        elif word.lower().startswith("apex"):
            apex = True
        elif _LETTERS.fullmatch(word):
            letters.update(word)
    kind = Kind.PACKAGES_DISABLED if "d" in letters else Kind.PACKAGES
    kind = Kind.PACKAGES_KNOWN if "u" in letters else kind
    return Named(kind=Kind.APEX if apex else kind, letters=frozenset(letters), user=user)


def _plain(kind: Kind) -> Callable[[re.Match[str]], Named]:
    def build(found: re.Match[str]) -> Named:
        rest = found.groupdict().get("rest") or ""
        user = _USER.fullmatch(rest)
        return Named(kind=kind, user=int(user[1]) if user else None, part="" if user else rest)

    return build


def _settings(found: re.Match[str]) -> Named:
    return Named(kind=Kind(f"settings-{found['table'].lower()}"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(f"(?i:{text})(?:_(?P<rest>.+))?")


_TABLE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Named]], ...] = (
    (_pattern("getprop|system_properties"), _plain(Kind.GETPROP)),
    (re.compile(r"(?i:cat_(?:\w+_)?(?:build|default)[_.]prop)"), _plain(Kind.BUILD_PROP)),
    (re.compile(r"(?i:(?:(?:pm|cmd_package|cmd_user|pm_list|list)_)?users?(?:_list)?)"), _plain(Kind.USERS)),
    (re.compile(r"(?i:pm_list_users|cmd_package_list_users|cmd_user_list)"), _plain(Kind.USERS)),
    (
        _pattern(
            "pm_list_packages?|pm_packages|cmd_package(?:_list)?(?:_packages)?|list_packages|packages"
            "|(?:installed|known|all)_packages"
        ),
        _packages,
    ),
    (re.compile(r"(?i:(?:pm_)?(?P<rest>disabled)_packages)"), _packages),
    (_pattern("(?:cmd_package_list_)?apex(?:_(?:list|modules|packages))?|pm_list_apex"), _plain(Kind.APEX)),
    (_pattern("dumpsys_packages?"), _plain(Kind.PACKAGE_DETAILS)),
    (_pattern("(?:cmd_)?overlays?(?:_list)?"), _plain(Kind.OVERLAYS)),
    (re.compile(r"(?i:settings(?:_list)?_(?P<table>global|system|secure))"), _settings),
    (re.compile(r"(?i:dumpsys_settings)"), _plain(Kind.SETTINGS_GLOBAL)),
    (re.compile(r"(?i:dumpsys_overlay)"), _plain(Kind.OVERLAYS_DUMP)),
    (_pattern("netstat"), _plain(Kind.SOCKETS)),
    (_pattern("ss"), _plain(Kind.SOCKET_DETAILS)),
    (_pattern("ps"), _plain(Kind.PROCESSES)),
    (_pattern("dumpsys_netstats"), _plain(Kind.NETSTATS)),
    (re.compile(r"(?i:dumpsys_connectivity)"), _plain(Kind.CONNECTIVITY)),
    (re.compile(r"(?i:dumpsys_activity(?:_(?:broadcasts|processes))?)"), _plain(Kind.BROADCASTS)),
    (_pattern("logcat"), _plain(Kind.LOGCAT)),
    (re.compile(r"(?i:all_files)"), _plain(Kind.LISTING)),
)
