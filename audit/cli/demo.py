"""``adb-audit demo``: the built-in virtual phones, audited as real ones are."""

from __future__ import annotations

EPILOG = """\b
Example:
  adb-audit demo
"""


def demo() -> int:
    """Audit the built-in virtual phones.

    They speak the real ADB protocol, on loopback. Exits 0 when every one got the verdict it is documented
    to get, else 3.
    """
    import asyncio

    from audit.cli import exits
    from audit.cli.demonstration import perform, text
    from audit.cli.output import say

    results = asyncio.run(perform())
    say(text(results))
    return exits.PASS if all(result.right for result in results) else exits.FAIL
