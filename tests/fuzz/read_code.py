"""Fuzz `audit.endpoints.read_code` with atheris: ``make fuzz SECONDS=600``, in an environment of its own.

Whatever raises, takes longer than ten seconds or more than a gigabyte is written to a file ``crash-*``,
``timeout-*`` or ``oom-*`` here, and can be given back as an argument.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.seeds import SEEDS


def main(arguments: list[str]) -> int:
    """Run until stopped; the seeds are put into a folder of their own first."""
    if find_spec("atheris") is None:
        print("atheris is not installed here: run make fuzz", file=sys.stderr)  # noqa: T201 - a tool
        return 2
    import atheris  # noqa: PLC0415 - only where it is installed

    with atheris.instrument_imports(include=["audit"]):
        from audit.endpoints import Limits, read_code  # noqa: PLC0415 - instrumented while it is imported

    limits = replace(Limits(), part_bytes=1 << 20, file_bytes=1 << 22, strings=50_000, found=1000)

    def once(data: bytes) -> None:
        read_code(io.BytesIO(data), path="fuzzed", limits=limits)

    with tempfile.TemporaryDirectory(prefix="adb-audit-fuzz-") as folder:
        for name, data in SEEDS.items():
            (Path(folder) / name).write_bytes(data)
        atheris.Setup([*arguments, "-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", folder], once)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
