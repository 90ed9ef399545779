"""What files of code hold, for people: a page for each of a few, a line for each of many. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from audit.model.code import Code, CodeFile, Component, Found, FoundKind, Inspection, Manifest, Signer
from audit.model.text import clean_line

FEW = 6
"""Files shown a page each without being asked."""
_MARGIN = 2
_LABEL = 12
_MOST = 30
"""Things of one kind shown of one file without being asked for all."""
_MOST_TROUBLES = 10
_FRAMEWORK = "android"
_ADDRESSES = (FoundKind.URL, FoundKind.HOST, FoundKind.IP, FoundKind.SMS)
_KINDS = (
    ("addresses", (FoundKind.URL, FoundKind.HOST, FoundKind.IP)),
    ("SMS to", (FoundKind.SMS,)),
    ("properties", (FoundKind.PROPERTY,)),
    ("SIM issuers", (FoundKind.ICCID,)),
)
_CODE = {
    Code.READ: "read",
    Code.NONE: "none in this file",
    Code.UNREADABLE: "not all of it could be read",
}
_SHORT = {Code.READ: "read", Code.NONE: "none", Code.UNREADABLE: "unread"}
_SCHEMES = {1: "v1 (JAR)", 31: "v3.1"}


def render(inspection: Inspection, *, verbose: bool = False, width: int = 80) -> str:
    """The whole answer, at most *width* columns wide where words can be broken.

    verbose: a page for each file and everything on it, however many there are
    """
    few = len(inspection.files) <= FEW
    telling = [file for file in inspection.files if few or tells(file)]
    blocks: list[str] = []
    if len(telling) > FEW and not verbose:
        blocks += ["\n".join(_table(telling, width)), *_joined(_troubles(telling, width))]
    else:
        keys = frozenset(s.sha256 for file in telling if file.package == _FRAMEWORK for s in file.signers)
        blocks += ["\n".join(page(file, keys, verbose=verbose, width=width)) for file in telling]
    blocks += _joined(_rest(inspection, telling))
    return "\n\n".join(blocks) + "\n"


def tells(file: CodeFile) -> bool:
    """Whether there is anything to say of *file* beside its name."""
    return bool(file.found or file.troubles or file.manifest or file.signers) or file.code is not Code.NONE


def page(file: CodeFile, keys: frozenset[str], *, verbose: bool, width: int) -> Iterator[str]:
    """All that is known of one file. keys: hashes of the certificates the framework is signed with."""
    yield clean_line(file.path)
    yield from _row("form", [f"{file.form}, {file.size:,} bytes"], width)
    if file.sha256:
        yield from _row("SHA-256", [file.sha256], width)
    if file.variant:
        yield from _row("variant", [f"for {file.variant} only: available, not active"], width)
    if file.manifest is not None:
        yield from _manifest(file.manifest, width, verbose=verbose)
    elif file.package:
        yield from _row("package", [file.package], width)
    ours = keys if file.package != _FRAMEWORK else frozenset()
    yield from _row("signers", [line for signer in file.signers for line in _signer(signer, ours)], width)
    if not file.sha256 and file.code is Code.NONE:
        yield from _unread(file, width, verbose=verbose)  # only its signature was looked at
        return
    strings = f", {file.strings:,} strings" if file.strings else ""
    yield from _row("code", [_CODE[file.code] + strings + _beyond(file)], width)
    for label, kinds in _KINDS:
        found = [one for one in file.found if one.kind in kinds]
        yield from _row(label, _capped(_places(found), verbose=verbose), width)
    yield from _unread(file, width, verbose=verbose)


def _beyond(file: CodeFile) -> str:
    """What of the code was not looked through."""
    if file.form in file.beyond:
        return "; only its plain strings were looked at"
    return "".join(f"; {kind} has a part in it that is not told" for kind in file.beyond)


def _unread(file: CodeFile, width: int, *, verbose: bool) -> Iterator[str]:
    troubles = [_trouble(file, number) for number in range(len(file.troubles))]
    yield from _row("unread", _capped(troubles, verbose=verbose), width)


def _manifest(manifest: Manifest, width: int, *, verbose: bool) -> Iterator[str]:
    version = " ".join(
        part
        for part in (
            manifest.version_name or "",
            f"({manifest.version_code})" if manifest.version_code is not None else "",
        )
        if part
    )
    yield from _row("package", [f"{manifest.package} {version}".strip()], width)
    sdks = [
        f"{word} {sdk}" for word, sdk in (("from", manifest.min_sdk), ("for", manifest.target_sdk)) if sdk
    ]
    about = [
        f"split {manifest.split}" if manifest.split else "",
        f"shares the uid {manifest.shared_user}" if manifest.shared_user else "",
        f"process {manifest.process}" if manifest.process else "",
        f"API level {' '.join(sdks)}" if sdks else "",
        "debuggable" if manifest.debuggable else "",
    ]
    yield from _row("", [line for line in about if line], width)
    if manifest.overlay is not None:
        kind = "always on" if manifest.overlay.static else "on when enabled"
        yield from _row("overlay of", [f"{manifest.overlay.package} ({kind})"], width)
    components = [line for one in manifest.components for line in _component(one)]
    yield from _row("listens", _capped(components, verbose=verbose), width)
    yield from _row("cleartext", _cleartext(manifest), width)


def _component(component: Component) -> Iterator[str]:
    state = " (disabled)" if component.enabled is False else ""
    yield f"{component.kind} {component.name}{state}"
    yield from (f"  {action}" for action in component.actions)


def _cleartext(manifest: Manifest) -> list[str]:
    said = {True: "permitted by the manifest", False: "refused by the manifest"}
    lines = [said[manifest.cleartext]] if manifest.cleartext is not None else []
    hosts = manifest.cleartext_hosts
    return lines + [
        "permitted to all by its network config" if host == "*" else f"permitted to {host}" for host in hosts
    ]


def _signer(signer: Signer, keys: frozenset[str]) -> Iterator[str]:
    scheme = _SCHEMES.get(signer.scheme, f"v{signer.scheme}")
    since = f", from API level {signer.min_sdk}" if signer.min_sdk else ""
    yield f"{scheme}{since}: {signer.subject or 'no subject'}"
    yield f"  {signer.sha256}"
    if signer.sha256 in keys:
        yield "  the key of the unit's own framework"
    if signer.well_known:
        yield f"  this is the public {signer.well_known} key: anybody can sign with it"


def _places(found: Iterable[Found]) -> list[str]:
    """Each value once, with the first place it was found at and how many more there are."""
    first: dict[str, Found] = {}
    count: Counter[str] = Counter()
    for one in found:
        first.setdefault(one.value, one)
        count[one.value] += 1
    return [_place(one, count[value] - 1) for value, one in first.items()]


def _place(found: Found, more: int) -> str:
    at = f"at byte {found.offset}" if found.offset is not None else ""
    where = " ".join(part for part in (found.where, at) if part)
    again = f", {more} more" if more else ""
    return f"{found.value}  ({where}{again})" if where or again else found.value


def _trouble(file: CodeFile, number: int) -> str:
    trouble = file.troubles[number]
    at = f" at byte {trouble.offset}" if trouble.offset is not None else ""
    where = f"{trouble.where}{at}: " if trouble.where or at else ""
    return f"{where.lstrip()}{trouble.reason}" + (f" ({trouble.fix})" if trouble.fix else "")


def _capped(lines: list[str], *, verbose: bool) -> list[str]:
    if verbose or len(lines) <= _MOST:
        return lines
    return [*lines[:_MOST], f"and {len(lines) - _MOST} more: --verbose shows them"]


def _row(label: str, values: Sequence[str], width: int) -> Iterator[str]:
    """*values* one below the other, with *label* before the first."""
    head = " " * _MARGIN + label.ljust(_LABEL)
    for value in values:
        text = clean_line(value)
        indent = len(head) + len(text) - len(text.lstrip())
        wrapped = textwrap.wrap(
            text.strip(),
            width=max(width, indent + 20),
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 2),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
        yield (head + wrapped[0][len(head) :]).rstrip()
        yield from wrapped[1:]
        head = " " * len(head)


def _table(files: Sequence[CodeFile], width: int) -> Iterator[str]:
    """One line a file; a path that does not fit loses its beginning."""
    start = _common(files)
    rows = [("in " + start if start else "file", "holds", "code", "addresses")]
    rows += [
        (
            clean_line(file.path)[len(start) :],
            clean_line(file.form).partition(" (")[0].removesuffix(" without code"),
            _SHORT[file.code],
            str(len({one.value for one in file.found if one.kind in _ADDRESSES}) or ""),
        )
        for file in files
    ]
    holds = min(max(len(row[1]) for row in rows), 16)
    path = min(max(len(row[0]) for row in rows), max(width - holds - 21, 20))
    for name, form, code, count in rows:
        yield f"{_tail(name, path)}  {form[:holds].ljust(holds)}  {code.ljust(6)}  {count.rjust(9)}".rstrip()


def _common(files: Sequence[CodeFile]) -> str:
    """The folder all of *files* lie in, with its slash."""
    folders = [clean_line(file.path).rpartition("/")[0].split("/") for file in files]
    same: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        same.append(parts[0])
    return "/".join(same) + "/" if same else ""


def _tail(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else "…" + text[len(text) - width + 1 :]


def _troubles(files: Sequence[CodeFile], width: int) -> Iterator[str]:
    troubled = [file for file in files if file.troubles]
    if not troubled:
        return
    yield f"{len(troubled)} of {len(files)} files could not be read whole:"
    for file in troubled[:_MOST_TROUBLES]:
        yield from textwrap.wrap(
            clean_line(f"{file.path}: {_trouble(file, 0)}"),
            width=width,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if (more := len(troubled) - _MOST_TROUBLES) > 0:
        yield f"  and {more} more: --verbose shows them"


def _rest(inspection: Inspection, telling: Sequence[CodeFile]) -> Iterator[str]:
    silent = len(inspection.files) - len(telling)
    if silent:
        yield f"{_files(silent)} hold{'s' if silent == 1 else ''} nothing of this kind."
    if inspection.passed_over:
        count = inspection.passed_over
        yield f"{_files(count)} {'is' if count == 1 else 'are'} of no format that is read here."
    if len(telling) > FEW:
        yield "Name one of them, or give --verbose, to see what it holds."


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count:,} files"


def _joined(lines: Iterator[str]) -> list[str]:
    text = "\n".join(lines)
    return [text] if text else []
