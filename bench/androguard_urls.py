"""Every string of an APK's dex files, by androguard; runs in an environment of its own, without ours.

usage: androguard_urls.py APK   prints {"wall_s": …, "strings": […]} with those that hold "://"
"""

from __future__ import annotations

import json
import sys
import time

from androguard.core.apk import APK
from androguard.core.dex import DEX
from androguard.util import set_log


def main() -> None:
    """Read one APK; imports are not counted."""
    set_log("CRITICAL")
    start = time.perf_counter()
    apk = APK(sys.argv[1])
    found = [text for dex in apk.get_all_dex() for text in DEX(dex).get_strings() if "://" in text]
    wall_s = time.perf_counter() - start
    print(json.dumps({"wall_s": wall_s, "strings": found}))


if __name__ == "__main__":
    main()
