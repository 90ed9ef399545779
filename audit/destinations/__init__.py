"""What an address is, from data on this station: country by each dataset, operator, registrable domain.

The data is other people's and comes by ``adb-audit data``; nothing here ever asks the network.
"""

from __future__ import annotations

from audit.destinations.load import load_atlas

__all__ = ["load_atlas"]
