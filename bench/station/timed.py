"""The program itself, which also notes when what can be seen on the bench changed.

``python -m bench.station.timed FILE WORD…`` is ``adb-audit WORD…``; a line of FILE is ``version seconds``,
seconds since 1970.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from audit.cli.main import run
from audit.station.news import News


def timed(path: Path) -> None:
    """Note each change in the file at *path*."""
    file = path.open("w", encoding="ascii", buffering=1)
    rise = News.rise

    def noted(news: News) -> None:
        at_s = time.time()
        rise(news)
        file.write(f"{news.version} {at_s:.4f}\n")

    setattr(News, "rise", noted)  # noqa: B010 - measured from outside: the product has no such clock


if __name__ == "__main__":
    timed(Path(sys.argv[1]))
    sys.exit(run(sys.argv[2:]))  # which, unlike the program, does not begin anew in another interpreter
