"""All the rulebook knows about one package, for ``profiles explain``."""

from __future__ import annotations

import difflib
import re

from audit.errors import UsageError
from audit.model.profiles import Advisory, ClientProfile, RegionProfile, Rulebook, SignalRule, Subject
from audit.model.record import record


@record
class Explanation:
    """What the rulebook says of *package*.

    markets: names of the markets it serves; empty when it ships worldwide or is no client
    advisories: those that name it; signals: region signals that its presence gives, with their profile
    """

    package: str
    client: ClientProfile | None
    markets: tuple[str, ...]
    advisories: tuple[Advisory, ...]
    signals: tuple[tuple[RegionProfile, SignalRule], ...]


def explain(rulebook: Rulebook, package: str) -> Explanation:
    """Raises `UsageError`, with the nearest names, when the rulebook knows nothing of *package*."""
    client = rulebook.clients.get(package)
    advisories = tuple(a for a in rulebook.advisories if package in a.packages)
    signals = tuple(
        (region, rule)
        for region in rulebook.regions
        for rule in region.signals
        if rule.subject in (Subject.PACKAGE, Subject.OVERLAY) and re.search(rule.pattern, package)
    )
    if client is None and not advisories and not signals:
        near = difflib.get_close_matches(package, rulebook.clients, n=3, cutoff=0.6)
        fix = (
            f"did you mean {' or '.join(near)}?" if near else "`adb-audit profiles list` names those it knows"
        )
        raise UsageError(f"the rulebook knows nothing of {package!r}", fix=fix)
    return Explanation(
        package=package,
        client=client,
        markets=_served(client, rulebook),
        advisories=advisories,
        signals=signals,
    )


def _served(client: ClientProfile | None, rulebook: Rulebook) -> tuple[str, ...]:
    if client is None or client.serves == ("*",):
        return ()
    names = {**rulebook.markets.countries, **{code: s.title for code, s in rulebook.markets.sets.items()}}
    return tuple(names[code] for code in client.serves)
