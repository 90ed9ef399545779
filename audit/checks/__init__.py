"""Facts and rulebook in, findings out: one question per module, listed here in the order of reports."""

from __future__ import annotations

from audit.checks.advisories import Advisories
from audit.checks.baseline import Baseline
from audit.checks.client_market import ClientMarket
from audit.checks.code_addresses import CodeAddresses
from audit.checks.denylist import Denylist
from audit.checks.destinations import Destinations
from audit.checks.identity import Identity
from audit.checks.indicators import Indicators
from audit.checks.posture import Posture
from audit.checks.question import Case, Check
from audit.checks.reading import read_region
from audit.checks.region_market import RegionMarket
from audit.checks.region_signals import RegionSignals
from audit.checks.server_contacts import ServerContacts
from audit.checks.sku_overlays import SkuOverlays

ALL: tuple[Check, ...] = (
    Identity(),
    RegionMarket(),
    RegionSignals(),
    ClientMarket(),
    Destinations(),
    ServerContacts(),
    CodeAddresses(),
    SkuOverlays(),
    Advisories(),
    Denylist(),
    Indicators(),
    Posture(),
    Baseline(),
)

__all__ = ["ALL", "Case", "Check", "read_region"]
