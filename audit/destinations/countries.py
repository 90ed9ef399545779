"""Country codes as datasets write them, into those that name a country."""

from __future__ import annotations

from collections.abc import Mapping

# Reserved by ISO 3166-1 and used for the country all the same.
_MEANT: Mapping[str, str] = {"UK": "GB", "EL": "GR"}
# The European Union, "Asia and Pacific", states that are no more, placeholders for satellites, proxies and
# nobody knows: none says where a server is.
_NO_COUNTRY = frozenset({"EU", "AP", "AB", "AN", "CS", "OS", "SU", "YU", "ZZ", "XX"})


def country(code: object) -> str:
    """The ISO 3166-1 alpha-2 code that *code* means; "" where it names no country."""
    if not isinstance(code, str) or len(code) != 2 or not code.isascii() or not code.isalpha():
        return ""
    code = code.upper()
    return "" if code in _NO_COUNTRY else _MEANT.get(code, code)
