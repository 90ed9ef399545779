"""Rows to a file or standard output as they come: nothing of them is held here."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO, Self

from audit.cli import many_text
from audit.cli.many_text import Told
from audit.cli.output import note, say
from audit.errors import UsageError

_ENDINGS = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html", ".xml": "junit"}
_PART = ".part"


def form_of(form: str | None, output: Path | None) -> str:
    """plain, json or csv; UsageError for a format that holds whole reports, of which there are too many."""
    named = form or (None if output is None else _ENDINGS.get(output.suffix))
    if named in {None, "plain", "terminal"}:
        return "plain"
    if named in {"json", "csv"}:
        return str(named)
    raise UsageError(
        f"of many inputs there is a summary, csv or json, and no {named}",
        fix="`adb-audit history show` gives the whole report on each of them, in any format",
    )


class RowsOut:
    """A list of rows in json or csv, written one at a time; in plain, none.

    To a file beside *output* that takes its place at the end: what is broken off leaves that file, with the
    ending ``.part``.

    whole: whether all rows are in it; until that is said they are not
    """

    def __init__(self, form: str, output: Path | None) -> None:
        self._form, self._output = form, output
        self._part = None if output is None or form == "plain" else output.with_name(output.name + _PART)
        self._file: IO[str] | None = None
        self._last = ""
        self.whole = False

    def __enter__(self) -> Self:
        if self._part is not None:
            try:
                # a line of CSV ends in CR LF, which this must not make more of
                self._file = self._part.open("w", encoding="utf-8", errors="replace", newline="")
            except OSError as error:
                raise _cannot(self._part, error) from error
        if self._form != "plain":
            self._write(many_text.csv_head() if self._form == "csv" else "[\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._form == "json":
            self._write(f"{self._last}\n]\n" if self._last else "]\n")
        if self._file is not None:
            self._file.close()
        if kind is None and self._part is not None and self._output is not None:
            if self.whole:
                self._part.replace(self._output)
                note(f"wrote {self._output}")
            else:
                note(f"not all is in it: {self._part}")

    def add(self, told: Told) -> None:
        """One row more; in JSON the last is held back, because a comma follows all but that."""
        if self._form == "csv":
            self._write(many_text.csv_row(told))
        elif self._form == "json":
            if self._last:
                self._write(f"{self._last},\n")
            self._last = many_text.json_row(told)

    def _write(self, text: str) -> None:
        if self._file is None:
            say(text)
            return
        try:
            self._file.write(text)
        except OSError as error:
            raise _cannot(self._part, error) from error


def _cannot(path: Path | None, error: OSError) -> UsageError:
    return UsageError(
        f"cannot be written: {error.strerror or error}", where=str(path), fix="choose another place"
    )
