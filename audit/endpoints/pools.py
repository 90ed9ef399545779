"""What is of interest among the strings of a pool, without decoding each of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from audit.endpoints.addresses import find
from audit.endpoints.chunks import Damage, StringPool
from audit.endpoints.dex_strings import places
from audit.endpoints.part import Limits
from audit.model.code import Found


def look(pool: StringPool, where: str, limits: Limits, troubles: list[Damage]) -> list[Found]:
    """Find what is of interest in *pool*; where it breaks is added to *troubles*."""
    found: list[Found] = []
    try:
        found.extend(islice(find(likely(pool), where=where), limits.found))
    except Damage as damage:
        troubles.append(damage.with_traceback(None))
    if len(found) == limits.found:
        troubles.append(Damage(f"{limits.found} finds or more; the first are kept", pool.start))
    troubles.extend(pool.troubles)
    return found


def likely(pool: StringPool) -> Iterator[tuple[int, str]]:
    """Give the strings that may be of interest: all, where a search over their bytes could miss one."""
    block = pool.block()
    return pool.all() if block is None else pool.near(places(block))
