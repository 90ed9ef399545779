"""The network security config: to whom an app may speak in clear text.

Source: AOSP ``core/java/android/security/net/config/XmlConfigSource.java``: a domain inherits from the config
around it, and what is not stated follows the target SDK.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.endpoints.axml import BOOLEAN, Document, Element

EVERYBODY = "*"


def cleartext_hosts(document: Document) -> tuple[str, ...]:
    """Give the hosts the config permits clear text to; "*" stands for the base config, everybody.

    A domain that includes its subdomains is given by its own name. What is for debuggable builds only
    (``debug-overrides``) is left out.
    """
    return tuple(dict.fromkeys(_hosts(document)))


def _hosts(document: Document) -> Iterator[str]:
    stated: dict[int, bool] = {}
    for number, element in enumerate(document.elements):
        own = _permitted(element)
        if element.name == "base-config" and own:
            yield EVERYBODY
        elif element.name == "domain-config":
            stated[number] = stated.get(element.parent, False) if own is None else own
        elif element.name == "domain" and stated.get(element.parent) and element.text.strip():
            yield element.text.strip().lower()


def _permitted(element: Element) -> bool | None:
    attribute = element.by_name("cleartextTrafficPermitted")
    if attribute is None:
        return None
    if attribute.kind == BOOLEAN:
        return attribute.data != 0
    return (attribute.text or "").strip().lower() in {"true", "1"}
