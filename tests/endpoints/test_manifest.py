from __future__ import annotations

import pytest

from audit.endpoints.arsc import Value, open_table
from audit.endpoints.axml import Document, read_document
from audit.endpoints.manifest import Read, read_manifest
from audit.endpoints.network_config import cleartext_hosts
from audit.endpoints.part import Limits
from audit.model.code import Component, OverlayTarget
from tests.build.arsc import Resources
from tests.build.axml import IDS, Node, Ref, node, write_axml

LIMITS = Limits()
WORDS = Resources(
    package="com.example", values={"string": {"v": "9.8.7"}, "bool": {"off": False}, "integer": {"n": 41}}
)


def document(root: Node) -> Document:
    """Write *root* and read it back."""
    return read_document(write_axml(root), where="AndroidManifest.xml", limits=LIMITS)


def read(root: Node) -> Read:
    """Read *root* as a manifest that refers to `WORDS`."""
    table = open_table(WORDS.write(), where="resources.arsc", limits=LIMITS)
    found = read_manifest(document(root), table.value)
    assert found is not None
    return found


def test_everything_an_audit_asks_for_is_read() -> None:
    """Identity, SDKs, flags, permissions and components come out as written, receivers first."""
    boot = node("intent-filter", {}, node("action", {"android:name": "android.intent.action.BOOT_COMPLETED"}))
    sim = node(
        "intent-filter", {}, node("action", {"android:name": "android.intent.action.SIM_STATE_CHANGED"})
    )
    root = node(
        "manifest",
        {
            "package": "com.example.client",
            "split": "config.en",
            "coreApp": "true",
            "android:versionCode": 3,
            "android:versionCodeMajor": 2,
            "android:versionName": "1.2",
            "android:sharedUserId": "android.uid.phone",
        },
        node("uses-sdk", {"android:minSdkVersion": 26, "android:targetSdkVersion": 28}),
        node("uses-permission", {"android:name": "android.permission.INTERNET"}),
        node("uses-permission-sdk-23", {"android:name": "android.permission.SEND_SMS"}),
        node("uses-permission", {"android:name": "android.permission.INTERNET"}),
        node(
            "application",
            {
                "android:hasCode": True,
                "android:debuggable": False,
                "android:enabled": False,
                "android:usesCleartextTraffic": True,
                "android:process": "com.android.phone",
                "android:networkSecurityConfig": Ref(id=0x7F040000),
            },
            node("service", {"android:name": ".Upload"}, sim),
            node("service", {"android:name": ".Quiet"}),
            node(
                "receiver",
                {
                    "android:name": ".Boot",
                    "android:exported": True,
                    "android:enabled": False,
                    "android:permission": "p.q",
                },
                boot,
                sim,
            ),
            node("activity-alias", {"android:name": ".Alias"}, sim),
        ),
    )
    found = read(root)
    manifest = found.manifest
    assert (manifest.package, manifest.split, manifest.core_app) == ("com.example.client", "config.en", True)
    assert (manifest.version_code, manifest.version_name) == (2 << 32 | 3, "1.2")
    assert (manifest.shared_user, manifest.min_sdk, manifest.target_sdk) == ("android.uid.phone", 26, 28)
    assert (manifest.has_code, manifest.debuggable, manifest.enabled) == (True, False, False)
    assert (manifest.cleartext, manifest.process) == (True, "com.android.phone")
    assert manifest.permissions == ("android.permission.INTERNET", "android.permission.SEND_SMS")
    assert found.network_config == 0x7F040000
    assert [(c.kind, c.name) for c in manifest.components] == [
        ("receiver", ".Boot"),
        ("service", ".Upload"),
        ("activity", ".Alias"),
    ]
    assert manifest.components[0] == Component(
        kind="receiver",
        name=".Boot",
        actions=("android.intent.action.BOOT_COMPLETED", "android.intent.action.SIM_STATE_CHANGED"),
        enabled=False,
        exported=True,
        permission="p.q",
    )


def test_what_is_not_stated_is_not_known() -> None:
    """An empty manifest claims nothing."""
    manifest = read(node("manifest", {"package": "a.b"})).manifest
    assert (manifest.version_code, manifest.cleartext, manifest.has_code, manifest.overlay) == (
        None,
        None,
        None,
        None,
    )


def test_references_are_followed_into_the_resources() -> None:
    """Attributes given as references have the value of their resource."""
    root = node(
        "manifest",
        {
            "package": "a.b",
            "android:versionName": Ref(id=WORDS.id("string", "v")),
            "android:versionCode": Ref(id=WORDS.id("integer", "n")),
        },
        node(
            "application",
            {"android:hasCode": Ref(id=WORDS.id("bool", "off")), "android:process": Ref(id=0x7F0900FF)},
        ),
    )
    manifest = read(root).manifest
    assert (manifest.version_name, manifest.version_code, manifest.has_code) == ("9.8.7", 41, False)
    assert manifest.process == ""


def test_an_overlay_says_what_it_is_for() -> None:
    """All of <overlay> is read; the condition is a pair."""
    overlay = node(
        "overlay",
        {
            "android:targetPackage": "com.evenwell.autoregistration",
            "android:targetName": "servers",
            "android:isStatic": True,
            "android:priority": 5,
            "android:category": "region",
            "android:requiredSystemPropertyName": "ro.boot.sku",
            "android:requiredSystemPropertyValue": "600WW",
        },
    )
    assert read(node("manifest", {"package": "o"}, overlay)).manifest.overlay == OverlayTarget(
        package="com.evenwell.autoregistration",
        name="servers",
        static=True,
        priority=5,
        category="region",
        required=("ro.boot.sku", "600WW"),
    )


def test_another_document_is_no_manifest() -> None:
    """A root of another name is not read as a manifest."""
    assert read_manifest(document(node("resources"))) is None


def test_a_table_that_answers_nonsense_does_no_harm() -> None:
    """A value of an unexpected type is written as the number it is."""
    root = node("manifest", {"package": "a", "android:versionName": Ref(id=1)})
    found = read_manifest(document(root), lambda _: Value(kind=0x1C, data=0xFFFFFFFF))
    assert found is not None
    assert found.manifest.version_name == "-1"


def test_attribute_ids_are_those_of_the_framework() -> None:
    """The numbers the reader knows are those the writer took from the framework's own table."""
    from audit.endpoints import manifest  # noqa: PLC0415 - all its constants are compared

    own = {
        "name": manifest.NAME,
        "sharedUserId": manifest.SHARED_USER,
        "isStatic": manifest.IS_STATIC,
        "networkSecurityConfig": manifest.NETWORK_CONFIG,
        "requiredSystemPropertyValue": manifest.PROPERTY_VALUE,
    }
    assert own == {name: IDS[name] for name in own}


def _config(permitted: str | bool | None, *children: Node, tag: str = "domain-config") -> Node:
    return node(tag, {"cleartextTrafficPermitted": permitted}, *children)


def _domain(host: str) -> Node:
    return node("domain", {"includeSubdomains": "true"}, host)


@pytest.mark.parametrize(
    ("parts", "hosts"),
    [
        ([], ()),
        ([_config("true", tag="base-config")], ("*",)),
        ([_config("false", tag="base-config")], ()),
        ([_config(None, tag="base-config")], ()),
        (
            [_config("true", _domain("A.example.org"), _domain("b.example.org"))],
            ("a.example.org", "b.example.org"),
        ),
        ([_config("false", _domain("a.example.org"))], ()),
        ([_config("true", _config(None, _domain("inner.example.org")))], ("inner.example.org",)),
        ([_config("true", _config("false", _domain("inner.example.org")))], ()),
        ([_config(True, _domain("typed.example.org"))], ("typed.example.org",)),
        ([_config("true", tag="base-config"), _config("true", _domain("x.org"))], ("*", "x.org")),
        ([_config("true", _domain("d.example.org"), tag="debug-overrides")], ()),
    ],
)
def test_hosts_clear_text_is_permitted_to(parts: list[Node], hosts: tuple[str, ...]) -> None:
    """The base config stands for everybody; a domain inherits from what is around it."""
    assert cleartext_hosts(document(node("network-security-config", {}, *parts))) == hosts
