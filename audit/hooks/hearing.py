"""What a script says, read before Frida's binding reads it.

The binding parses a message on its own thread and trusts it: one nested a thousand deep, or an answer to a
call that is none, ends as a traceback on the terminal and as nothing in the recording. A script runs in a
process that may be hostile, so its words are taken here first, and only answers to our own calls go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

MOST_TEXT = 4 << 20
MOST_BLOB_BYTES = 4 << 20
"""Of one message; agents keep to a quarter of a megabyte."""

Hear = Callable[[Mapping[str, Any], bytes | None], None]


def hear(script: Any, take: Hear) -> None:  # noqa: ANN401 - frida's own
    """Hand *take* every message of *script*, parsed, on Frida's thread; one that cannot be is ``refused``."""
    native, answers = script._impl, script._on_message  # noqa: SLF001 - there is no other way to the raw text

    def heard(raw: str, blob: bytes | None) -> None:
        message = parsed(raw, blob)
        if is_answer(message.get("payload")):
            answers(raw, blob)
        else:
            take(message, None if message.get("type") == "refused" else blob)

    native.off("message", answers)
    native.on("message", heard)


def parsed(raw: str, blob: bytes | None) -> Mapping[str, Any]:
    """The message in *raw*; ``{"type": "refused", "why": …}`` for what is none."""
    size = len(raw) + (0 if blob is None else len(blob))
    if len(raw) > MOST_TEXT or size > MOST_TEXT + MOST_BLOB_BYTES:
        return {"type": "refused", "why": f"a message of {size} bytes"}
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        return {"type": "refused", "why": "a message that cannot be read"}
    return message if isinstance(message, dict) else {"type": "refused", "why": "a message that is no object"}


def is_answer(payload: object) -> bool:
    """Whether *payload* answers a call as the binding expects it: ``["frida:rpc", id, "ok"|"error", …]``."""
    if not isinstance(payload, list) or len(payload) < 4 or payload[0] != "frida:rpc":
        return False
    number, outcome, *rest = payload[1:]
    if isinstance(number, bool) or not isinstance(number, int):
        return False
    return outcome == "ok" or (outcome == "error" and all(isinstance(one, str) for one in rest[:3]))
