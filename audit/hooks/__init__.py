"""Runs Frida's agents inside the processes of a rooted unit, and records what those contact.

`audit.hooks.run.confirm` does it all: root is asked for, a server the operator brought is checked, put on the
unit and started there, the client's processes are hooked, what the agents tell is recorded, and everything is
taken away again. Frida is an extra (``pip install 'adb-audit[frida]'``), imported when it is needed.
"""

from __future__ import annotations

from audit.hooks.ask import Ask, Cannot, Confirmed
from audit.hooks.run import confirm
from audit.hooks.triggers import TRIGGERS, Described

__all__ = ["TRIGGERS", "Ask", "Cannot", "Confirmed", "Described", "confirm"]
