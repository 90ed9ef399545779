"""The market a person means, or what to write instead."""

from __future__ import annotations

import difflib

from audit.errors import UsageError
from audit.model.profiles import Markets

# What people write for a code that ISO 3166-1 spells otherwise.
_ALIASES = {"UK": "GB", "EL": "GR", "ENGLAND": "GB", "USA": "US", "UAE": "AE", "KOREA": "KR", "HOLLAND": "NL"}
_NEAR = 0.7
_FEW = 3


def resolve(text: str, markets: Markets) -> str:
    """The ISO code that *text* is, whatever its case; UsageError with the likeliest codes otherwise."""
    code = text.strip().upper()
    if code in markets.countries:
        return code
    raise UsageError(f"unknown market {text!r}", fix=_fix(code, markets))


def _fix(code: str, markets: Markets) -> str:
    if code in markets.sets:
        return f"{code} is a set of markets a build is made for; name the one market the unit goes to"
    likely = [near for near in _likely(code, markets) if near in markets.countries]
    if likely:
        return "did you mean " + " or ".join(f"{near} ({markets.countries[near]})" for near in likely) + "?"
    return "give an ISO 3166-1 alpha-2 code such as NO, DE or US"


def _likely(code: str, markets: Markets) -> list[str]:
    if code in _ALIASES:
        return [_ALIASES[code]]
    by_name = {name.upper(): known for known, name in markets.countries.items()}
    within = [known for name, known in by_name.items() if len(code) > _FEW and code in name]
    close = difflib.get_close_matches(code, by_name, n=_FEW, cutoff=_NEAR)
    return list(dict.fromkeys([*(by_name[name] for name in close), *within]))[:_FEW]
