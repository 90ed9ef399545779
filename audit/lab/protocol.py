"""What a unit's daemon says of itself, by Android version: protocol version, packet size, features, shell.

Source: AOSP system/core/adb and packages/modules/adb (``transport.cpp``, ``supported_features()``) at each
release; sizes from ``adb.h``.
"""

from __future__ import annotations

from audit.adb.banner import DELAYED_ACK, Banner
from audit.adb.frames import VERSION_MIN, VERSION_SKIP_CHECKSUM
from audit.lab.spec import UnitSpec
from audit.model.record import record

_FEATURES_SINCE = (
    ("shell_v2", 24),
    ("cmd", 24),
    ("stat_v2", 26),
    ("fixed_push_mkdir", 28),
    ("apex", 29),
    ("ls_v2", 30),
    ("sendrecv_v2", 30),
    (DELAYED_ACK, 34),
)
"""Feature to the first API level whose daemon has it. Compression is left out: these units do none."""


@record
class Daemon:
    """How a unit's adbd speaks. terminal: ``shell:`` runs on one, so lines end in CR LF."""

    banner: Banner
    version: int
    max_data: int
    shell_v2: bool
    exec_service: bool
    terminal: bool


def daemon_of(spec: UnitSpec) -> Daemon:
    """The daemon of *spec*'s Android version."""
    features = frozenset(name for name, since in _FEATURES_SINCE if spec.sdk >= since)
    return Daemon(
        banner=Banner(
            kind=spec.state,
            product=spec.properties.get("ro.product.name", ""),
            model=spec.properties.get("ro.product.model", ""),
            device=spec.properties.get("ro.product.device", ""),
            features=features,
        ),
        version=VERSION_SKIP_CHECKSUM if spec.sdk >= 28 else VERSION_MIN,
        max_data=_max_data(spec.sdk),
        shell_v2="shell_v2" in features,
        exec_service=spec.sdk >= 21,
        terminal=spec.sdk < 24,
    )


def _max_data(sdk: int) -> int:
    if sdk < 24:
        return 4 * 1024
    return (1024 if sdk >= 28 else 256) * 1024
