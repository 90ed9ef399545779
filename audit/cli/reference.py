"""The manual page and the command-line reference, written from the commands themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import typer

from audit import __version__
from audit.cli import config, exits
from audit.cli.main import NAME, command
from audit.model.record import record

_TYPE = re.compile(r" <\S+>$")
_EXAMPLE_HEAD = re.compile(r"(Examples?|Exit codes):")


@record
class Page:
    """One command as its ``--help`` tells it.

    path: "adb-audit scan"; summary: first sentence; text: paragraphs; options, arguments: (spelling, help)
    blocks: (heading, lines) of what stands below, such as examples
    """

    path: str
    usage: str
    text: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    arguments: tuple[tuple[str, str], ...]
    blocks: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.text[0].split(". ")[0].removesuffix(".") if self.text else ""


def pages() -> tuple[Page, ...]:
    """Every command that does something, depth first, the program itself at the head."""
    return tuple(_walk(command(), NAME, None))


def _walk(
    found: typer.core.TyperGroup | typer.core.TyperCommand, name: str, parent: typer.Context | None
) -> Iterator[Page]:
    # 500: usage on one line; wrapping is the reader's
    context = typer.Context(
        found,
        info_name=name,
        parent=parent,
        terminal_width=500,
        max_content_width=500,
        **found.context_settings,
    )
    records = [(p.param_type_name, p.get_help_record(context)) for p in found.get_params(context)]
    yield Page(
        path=context.command_path,
        usage=" ".join(found.get_usage(context).removeprefix("Usage: ").split()),
        text=tuple(" ".join(part.split()) for part in (found.help or "").split("\n\n") if part.strip()),
        options=tuple(_flat(r) for kind, r in records if r is not None and kind == "option"),
        arguments=tuple(_flat(r) for kind, r in records if r is not None and kind == "argument"),
        blocks=tuple(_blocks(found.epilog or "")),
    )
    for child in getattr(found, "commands", {}).values():
        yield from _walk(child, child.name, context)


def _flat(pair: tuple[str, str]) -> tuple[str, str]:
    return _TYPE.sub("", " ".join(pair[0].split())), " ".join(pair[1].split())


def _blocks(epilog: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part in epilog.split("\b"):
        lines = [line for line in part.split("\n") if line.strip()]
        if not lines:
            continue
        if _EXAMPLE_HEAD.fullmatch(lines[0].strip()):
            yield lines[0].strip().removesuffix(":"), tuple(line.strip() for line in lines[1:])
        else:
            yield "", tuple(line.strip() for line in lines)


def markdown() -> str:
    """``docs/reference/cli.md``."""
    out = [
        "# Commands",
        "",
        "Written from the commands themselves; `make docs` writes it again.",
        "",
        *_configuration(),
    ]
    for page in pages():
        out += [f"## `{page.path}`", "", *(line for text in page.text for line in (text, "")), "```"]
        out += [page.usage, "```", ""]
        for title, pairs in (("Arguments", page.arguments), ("Options", page.options)):
            if pairs:
                out += [f"{title}:", "", *(f"- `{spelt}` {text}".rstrip() for spelt, text in pairs), ""]
        for head, lines in page.blocks:
            out += [f"{head}:", "", "```", *lines, "```", ""] if head else [*lines, ""]
    return "\n".join(out).rstrip() + "\n"


def _configuration() -> Iterator[str]:
    keys = ", ".join(f"`{key}`" for key in config.KEYS)
    yield f"Defaults can be kept in `{config.FILE_NAME}` in the user's configuration folder"
    yield f"(`adb-audit doctor` says where): {keys}. Options win over `ADB_AUDIT_MARKET`, that over the file."
    yield ""


def man() -> str:
    """``docs/adb-audit.1``, in roff."""
    first, *rest = pages()
    out = [
        f'.TH ADB\\-AUDIT 1 "" "adb\\-audit {__version__}" "User Commands"',
        ".SH NAME",
        f"adb\\-audit \\- {_roff(first.summary[0].lower() + first.summary[1:])}",
        ".SH SYNOPSIS",
        f".B {_roff(first.usage)}",
        ".SH DESCRIPTION",
        *_paragraphs(first.text),
        ".SH OPTIONS",
        *_pairs(first.options),
        ".SH COMMANDS",
    ]
    for page in rest:
        out += [f".SS {_roff(page.path.removeprefix(NAME + ' '))}", f".B {_roff(page.usage)}", ".PP"]
        out += [*_paragraphs(page.text), *_pairs(page.arguments), *_pairs(page.options)]
        out += [line for head, lines in page.blocks for line in _block(head, lines)]
    out += [".SH EXIT STATUS", *_pairs([(str(code), text) for code, text in exits.MEANINGS])]
    out += [".SH FILES", *_pairs([(config.FILE_NAME, " ".join(_configuration()))])]
    out += [".SH EXAMPLES", *(line for head, lines in first.blocks[1:] for line in _block("", lines))]
    return "\n".join(out) + "\n"


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return "\\&" + escaped if escaped[:1] in {".", "'"} else escaped


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield ".PP"
        yield _roff(text)


def _pairs(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for spelt, text in pairs:
        yield from (".TP", f".B {_roff(spelt)}", _roff(text) or "\\&")


def _block(head: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (".PP", _roff(head + ":" if head else ""), ".nf", ".RS 4") if head else (".PP", ".nf", ".RS 4")
    yield from map(_roff, lines)
    yield from (".RE", ".fi")
