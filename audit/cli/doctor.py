"""``adb-audit doctor``: can this computer reach phones, and is what it judges by in order?"""

from __future__ import annotations

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit doctor
  adb-audit doctor --profiles ./my-profiles
"""


def doctor(*, profiles: options.Profiles = None) -> int:
    """Check this computer, and say what to fix.

    Looks at adb server, USB permissions, keys, configuration and rulebook, and changes nothing. Exits 0 when
    all is well or only advice is given, 5 when something keeps units from being audited.
    """
    import asyncio

    from audit.adb.doctor import Health, examine
    from audit.cli import exits
    from audit.cli.health import rules, surroundings
    from audit.cli.health import text as told
    from audit.cli.output import say

    found = (*asyncio.run(examine(surroundings())), *rules(profiles))
    say(told(found))
    return exits.INCONCLUSIVE if any(one.health is Health.BAD for one in found) else exits.PASS
