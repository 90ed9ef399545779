"""``AndroidManifest.xml``: who an app is, what wakes it, and what it overlays.

Source: AOSP ``core/java/android/content/pm/parsing`` and ``core/res/res/values/attrs_manifest.xml``;
``android:`` attributes count by their resource id, as on a unit, never by a name that may be made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from audit.endpoints.arsc import Value
from audit.endpoints.axml import DYNAMIC_REFERENCE, REFERENCE, STRING, Attribute, Document, Element
from audit.model.code import Component, Manifest, OverlayTarget
from audit.model.record import record

NAME, PERMISSION, SHARED_USER = 0x01010003, 0x01010006, 0x0101000B
HAS_CODE, ENABLED, DEBUGGABLE, EXPORTED, PROCESS = 0x0101000C, 0x0101000E, 0x0101000F, 0x01010010, 0x01010011
PRIORITY, TARGET_PACKAGE, MIN_SDK = 0x0101001C, 0x01010021, 0x0101020C
VERSION_CODE, VERSION_NAME, TARGET_SDK = 0x0101021B, 0x0101021C, 0x01010270
CATEGORY, TARGET_NAME = 0x010103E8, 0x0101044D
CLEARTEXT, NETWORK_CONFIG, IS_STATIC = 0x010104EC, 0x01010527, 0x0101055A
PROPERTY_NAME, PROPERTY_VALUE, VERSION_CODE_MAJOR = 0x01010565, 0x01010566, 0x01010576

KINDS = ("receiver", "service", "activity", "provider")
_PERMISSIONS = frozenset({"uses-permission", "uses-permission-sdk-23", "uses-permission-sdk-m"})
_MOST = 5000
"""Components or permissions kept of one manifest."""

Lookup = Callable[[int], Value | None]
"""Tells the value of a resource id."""


@record
class Read:
    """A manifest, and the id of the network security config it names (0 = none)."""

    manifest: Manifest
    network_config: int = 0


def nothing(_: int) -> None:
    """Look up no resource: for an APK without a table."""


def read_manifest(document: Document, lookup: Lookup = nothing) -> Read | None:
    """Read the manifest in *document*, None if it is none; *lookup* resolves references to resources."""
    root = next((e for e in document.elements if e.parent < 0), None)
    if root is None or root.name != "manifest":
        return None
    return _Reader(document, lookup).read(root)


class _Reader:
    def __init__(self, document: Document, lookup: Lookup) -> None:
        self._document, self._lookup = document, lookup

    def read(self, root: Element) -> Read:
        top = [e for e in self._document.elements if e.depth == 1]
        sdk = next((e for e in top if e.name == "uses-sdk"), None)
        overlay = next((e for e in top if e.name == "overlay"), None)
        at = next(
            (n for n, e in enumerate(self._document.elements) if e.depth == 1 and e.name == "application"), -1
        )
        app = self._document.elements[at] if at >= 0 else None
        config = app.by_id(NETWORK_CONFIG) if app else None
        manifest = Manifest(
            package=self._plain(root, "package"),
            version_code=self._version(root),
            version_name=self._text(root, VERSION_NAME),
            shared_user=self._text(root, SHARED_USER),
            min_sdk=self._number(sdk, MIN_SDK),
            target_sdk=self._number(sdk, TARGET_SDK),
            split=self._plain(root, "split"),
            process=self._text(app, PROCESS) or "",
            debuggable=self._truth(app, DEBUGGABLE),
            has_code=self._truth(app, HAS_CODE),
            enabled=self._truth(app, ENABLED),
            core_app=self._plain(root, "coreApp").lower() in {"true", "-1", "1"},
            cleartext=self._truth(app, CLEARTEXT),
            permissions=tuple(self._permissions(top)),
            components=tuple(self._components(at)),
            overlay=self._overlay(overlay) if overlay else None,
        )
        return Read(
            manifest=manifest, network_config=config.data if config and config.kind == REFERENCE else 0
        )

    def _version(self, root: Element) -> int | None:
        """``versionCodeMajor`` is the upper half of the version code since Android 9."""
        low, high = self._number(root, VERSION_CODE), self._number(root, VERSION_CODE_MAJOR)
        return low if high is None else high << 32 | (low or 0) & 0xFFFFFFFF

    def _permissions(self, top: list[Element]) -> Iterator[str]:
        names = (self._text(e, NAME) for e in top if e.name in _PERMISSIONS)
        return iter(list(dict.fromkeys(name for name in names if name))[:_MOST])

    def _components(self, application: int) -> list[Component]:
        """Give the components with intent filters, receivers first."""
        actions: dict[int, list[str]] = {}
        elements = self._document.elements
        for element in elements:
            if element.name == "action" and element.depth == 4:
                component = elements[element.parent].parent
                actions.setdefault(component, []).append(self._text(element, NAME) or "")
        made = [
            self._component(elements[number], found)
            for number, found in actions.items()
            if elements[number].parent == application
            and elements[number].name.removesuffix("-alias") in KINDS
        ]
        return sorted(made, key=lambda c: KINDS.index(c.kind))[:_MOST]

    def _component(self, element: Element, actions: list[str]) -> Component:
        return Component(
            kind=element.name.removesuffix("-alias"),
            name=self._text(element, NAME) or "",
            actions=tuple(dict.fromkeys(a for a in actions if a)),
            enabled=self._truth(element, ENABLED),
            exported=self._truth(element, EXPORTED),
            permission=self._text(element, PERMISSION) or "",
        )

    def _overlay(self, element: Element) -> OverlayTarget:
        name, value = self._text(element, PROPERTY_NAME), self._text(element, PROPERTY_VALUE)
        return OverlayTarget(
            package=self._text(element, TARGET_PACKAGE) or "",
            name=self._text(element, TARGET_NAME) or "",
            static=self._truth(element, IS_STATIC) or False,
            priority=self._number(element, PRIORITY),
            category=self._text(element, CATEGORY) or "",
            required=(name, value or "") if name else None,
        )

    def _plain(self, element: Element, name: str) -> str:
        attribute = element.by_name(name)
        if attribute is None:
            return ""
        return attribute.text if attribute.text is not None else str(_signed(attribute.data))

    def _value(self, element: Element | None, resource: int) -> Attribute | Value | None:
        attribute = element.by_id(resource) if element else None
        if attribute is None or attribute.kind not in {REFERENCE, DYNAMIC_REFERENCE}:
            return attribute
        return self._lookup(attribute.data) if attribute.data else None

    def _text(self, element: Element | None, resource: int) -> str | None:
        value = self._value(element, resource)
        if value is None:
            return None
        return value.text if value.text is not None else str(_signed(value.data))

    def _number(self, element: Element | None, resource: int) -> int | None:
        value = self._value(element, resource)
        if value is None:
            return None
        if value.kind == STRING:
            text = value.text or ""
            return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
        return _signed(value.data)

    def _truth(self, element: Element | None, resource: int) -> bool | None:
        value = self._value(element, resource)
        if value is None:
            return None
        if value.kind == STRING:
            return (value.text or "").lower() in {"true", "1"}
        return value.data != 0


def _signed(data: int) -> int:
    """Integers of ``Res_value`` are 32 bits, signed."""
    return data - (1 << 32) if data & 0x80000000 else data
