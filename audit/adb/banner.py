"""What each side says of itself when it connects: ``device::ro.product.name=…;features=shell_v2,cmd``."""

from __future__ import annotations

from audit.model.record import record
from audit.model.text import clean_line

MAX_BANNER_BYTES = 4096
"""Longest banner that every adbd accepts (AOSP adb.h, MAX_PAYLOAD_V1)."""

DELAYED_ACK = "delayed_ack"

HOST_FEATURES = frozenset({"shell_v2", "cmd", "stat_v2", "ls_v2", "sendrecv_v2", DELAYED_ACK})
"""What this program's host side understands."""


@record
class Banner:
    """Who the other side says it is; every string is sanitised.

    kind: "host", "device", "recovery", "sideload", "rescue", "bootloader" …
    serial: nearly always empty, the transport knows it
    properties: ``ro.product.name``, ``ro.product.model``, ``ro.product.device``
    """

    kind: str
    serial: str = ""
    product: str = ""
    model: str = ""
    device: str = ""
    features: frozenset[str] = frozenset()

    def encode(self) -> bytes:
        """As a CNXN payload, without the NUL that only old peers append."""
        pairs = [
            f"ro.product.{name}={value};"
            for name, value in (("name", self.product), ("model", self.model), ("device", self.device))
            if value
        ]
        listed = f"features={','.join(sorted(self.features))}" if self.features else ""
        return f"{self.kind}:{self.serial}:{''.join(pairs)}{listed}".encode()


def parse_banner(payload: bytes) -> Banner:
    """Read a CNXN payload; unknown properties are left out, a missing part is empty.

    Source: AOSP adb.cpp, parse_banner(): ``type:serial:key=value;…``, and "features" holds a comma list.
    """
    text = clean_line(payload.rstrip(b"\0").decode("utf-8", "replace"))
    kind, serial, rest = [*text.split(":", 2), "", ""][:3]
    pairs = dict(pair.split("=", 1) for pair in rest.split(";") if "=" in pair)
    return Banner(
        kind=kind,
        serial=serial,
        product=pairs.get("ro.product.name", ""),
        model=pairs.get("ro.product.model", ""),
        device=pairs.get("ro.product.device", ""),
        features=frozenset(filter(None, pairs.get("features", "").split(","))),
    )
