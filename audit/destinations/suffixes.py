"""The registrable domain of a name, by the public suffix list that the library publicsuffixlist carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.destinations.scope import read
from audit.errors import AuditError

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LONGEST = 253  # RFC 1035


class Suffixes:
    """The list, read (16 ms) when first asked for.

    Of it only ICANN's part: a name that somebody rents from a provider belongs to the provider's domain.
    """

    def __init__(self) -> None:
        self._list: PublicSuffixList | None = None

    def registrable(self, host: str) -> str:
        """The domain under which *host* was registered; "" for an address, a bare suffix or no name."""
        host = host.strip().rstrip(".").lower()
        if not host or len(host) > _LONGEST or read(host.strip("[]")) is not None:
            return ""
        if any(not label or label.isspace() for label in host.split(".")) or not _name(host):
            return ""
        if self._list is None:
            self._list = _load()
        return self._list.privatesuffix(host) or ""


def _name(host: str) -> bool:
    """Letters (of any language), digits, hyphens and underscores, and an ending that is no number."""
    return all(c.isalnum() or c in "-._" for c in host) and not host.rpartition(".")[2].isdigit()


def _load() -> PublicSuffixList:
    try:
        from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - only where a name is asked for
    except ImportError as error:
        raise AuditError(
            "registrable domains need a library",
            fix="pip install publicsuffixlist, or install adb-audit again",
        ) from error
    return PublicSuffixList(only_icann=True, accept_unknown=False)
