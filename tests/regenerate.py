"""Writes again every file in the tree that code can write: golden reports, schemas, references.

``python -m tests.regenerate`` writes them; ``tests/test_regenerate.py`` holds that nothing would change. To
add a file, append a line to `written`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
Write = Callable[[], str]


def written() -> Iterator[tuple[str, Write]]:
    """(path from the root, what writes it) of every such file."""
    from audit.cli import reference  # noqa: PLC0415 - as above
    from tests.reports import golden  # noqa: PLC0415 - each part's own imports stay its own

    yield "docs/reference/cli.md", reference.markdown
    yield "docs/adb-audit.1", reference.man
    yield "docs/reference/report.schema.json", golden.report_schema
    yield "docs/reference/inspection.schema.json", golden.inspection_schema
    yield "docs/reference/crate.schema.json", golden.crate_schema
    for name, (form, samples) in golden.REPORTS.items():
        yield f"tests/golden/reports/{name}", partial(golden.report, form, samples)
    for name, (form, made) in golden.CRATES.items():
        yield f"tests/golden/{name}", partial(golden.crate_report, form, made)


def main() -> int:
    """Write them all; says which changed."""
    for path, write in written():
        target, text = ROOT / path, write()
        if target.exists() and target.read_bytes() == text.encode():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
