"""Makes APKs for tests: manifest, resources, code and signatures, as a phone's packages have them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence

from audit.model.record import record
from tests.build import signing
from tests.build.arsc import Resources
from tests.build.axml import Node, Ref, Value, node, write_axml
from tests.build.signing import Key

STORED = ("resources.arsc",)
"""Entries Android 11 wants stored and aligned to four bytes."""


@record
class Overlay:
    """The ``<overlay>`` element of a resource overlay."""

    target: str
    name: str | None = None
    static: bool = False
    priority: int | None = None
    category: str | None = None
    required: tuple[str, str] | None = None


@record
class NetworkConfig:
    """A network security config.

    base: cleartext for everybody, None leaves it out; hosts: cleartext to these; denied: to none of these
    """

    base: bool | None = None
    hosts: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


def make_apk(
    package: str,
    *,
    dex: Sequence[bytes] = (),
    strings: Mapping[str, str] | None = None,
    receivers: Mapping[str, Sequence[str]] | None = None,
    services: Mapping[str, Sequence[str]] | None = None,
    permissions: Sequence[str] = (),
    shared_user: str | None = None,
    version_code: int | None = 1,
    version_name: str | None = "1.0",
    min_sdk: int | None = 24,
    target_sdk: int | None = 28,
    cleartext: bool | None = None,
    has_code: bool | None = None,
    process: str | None = None,
    overlay: Overlay | None = None,
    network_config: NetworkConfig | None = None,
    files: Mapping[str, bytes] | None = None,
    sign: Collection[int] = (),
    key: Key | None = None,
    utf8: bool = True,
) -> bytes:
    """Make an APK.

    dex: classes.dex, classes2.dex …; strings: string resources; receivers, services: class name → actions;
    files: further entries by name; sign: schemes out of 1, 2, 3, 31, none = not signed; utf8: False
    writes manifest and resources in UTF-16, as old build tools do
    """
    parts: dict[str, bytes] = {}
    resources = _resources(package, strings or {}, network_config is not None)
    security = Ref(id=resources.id("xml", "network_security_config")) if network_config else None
    application = node(
        "application",
        {
            "android:hasCode": has_code,
            "android:process": process,
            "android:usesCleartextTraffic": cleartext,
            "android:networkSecurityConfig": security,
        },
        *(_component("receiver", name, actions) for name, actions in (receivers or {}).items()),
        *(_component("service", name, actions) for name, actions in (services or {}).items()),
    )
    manifest = node(
        "manifest",
        {
            "android:sharedUserId": shared_user,
            "android:versionCode": version_code,
            "android:versionName": version_name,
            "package": package,
        },
        node("uses-sdk", {"android:minSdkVersion": min_sdk, "android:targetSdkVersion": target_sdk}),
        *(node("uses-permission", {"android:name": name}) for name in permissions),
        *([_overlay(overlay)] if overlay else []),
        application,
    )
    parts["AndroidManifest.xml"] = write_axml(manifest, utf8=utf8)
    for number, code in enumerate(dex, 1):
        parts["classes.dex" if number == 1 else f"classes{number}.dex"] = code
    if network_config:
        parts["res/xml/network_security_config.xml"] = write_axml(network_security(network_config), utf8=utf8)
    if resources.values:
        parts["resources.arsc"] = resources.write(utf8=utf8)
    apk = make_zip(parts | dict(files or {}))
    return signing.sign(apk, schemes=sign, key=key) if sign else apk


def _resources(package: str, strings: Mapping[str, str], secured: bool) -> Resources:
    values: dict[str, Mapping[str, Value | list[str]]] = {}
    if strings:
        values["string"] = dict(strings)
    if secured:
        values["xml"] = {"network_security_config": "res/xml/network_security_config.xml"}
    return Resources(package=package, values=values)


def _component(kind: str, name: str, actions: Sequence[str]) -> Node:
    action_nodes = [node("action", {"android:name": action}) for action in actions]
    filters = [node("intent-filter", {}, *action_nodes)] if action_nodes else []
    return node(kind, {"android:name": name, "android:exported": bool(filters)}, *filters)


def _overlay(overlay: Overlay) -> Node:
    name, value = overlay.required or (None, None)
    return node(
        "overlay",
        {
            "android:targetPackage": overlay.target,
            "android:targetName": overlay.name,
            "android:isStatic": overlay.static or None,
            "android:priority": overlay.priority,
            "android:category": overlay.category,
            "android:requiredSystemPropertyName": name,
            "android:requiredSystemPropertyValue": value,
        },
    )


def network_security(config: NetworkConfig) -> Node:
    """Build ``<network-security-config>``."""
    parts = (
        []
        if config.base is None
        else [node("base-config", {"cleartextTrafficPermitted": _word(config.base)})]
    )
    for hosts, permitted in ((config.hosts, True), (config.denied, False)):
        if hosts:
            domains = [node("domain", {"includeSubdomains": "true"}, host) for host in hosts]
            parts.append(node("domain-config", {"cleartextTrafficPermitted": _word(permitted)}, *domains))
    return node("network-security-config", {}, *parts)


def _word(yes: bool) -> str:
    return "true" if yes else "false"


def make_zip(parts: Mapping[str, bytes], *, stored: Collection[str] = STORED) -> bytes:
    """Make an archive; *stored* entries are not compressed and begin at a multiple of four."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (2009, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            if name in stored:
                info.extra = b"\0" * (-(file.tell() + 30 + len(name.encode())) % 4)
            archive.writestr(info, data)
    return file.getvalue()
