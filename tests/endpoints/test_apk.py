from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.endpoints.apk import read_apk
from audit.endpoints.part import Limits
from audit.model.code import Code, CodeFile, FoundKind
from tests.build.apk import NetworkConfig, Overlay, make_apk, make_zip
from tests.build.arsc import Resources
from tests.build.axml import node, write_axml
from tests.build.dex import write_dex
from tests.build.signing import make_key

LIMITS = Limits()
URL = "http://zzhc.vnet.cn"
CLIENT = make_apk(
    "com.example.client",
    dex=[
        write_dex([URL, "persist.vendor.radio.ps.registration.enabled"]),
        write_dex(["http://second.example.org/"]),
    ],
    strings={"server_url": "https://strings.example.org/path"},
    receivers={".Boot": ["android.intent.action.BOOT_COMPLETED"]},
    shared_user="android.uid.phone",
    version_code=28,
    version_name="9",
    network_config=NetworkConfig(base=False, hosts=("zzhc.vnet.cn",)),
    permissions=["android.permission.INTERNET"],
    files={
        "assets/deep/servers.json": b'{"url": "http://json.example.org/"}',
        "assets/plugin.jar": make_zip({"classes.dex": write_dex(["http://plugin.example.org/"])}),
        "res/xml/post_params.xml": write_axml(node("x", {"url": "http://xml.example.org/"})),
        "lib/arm64-v8a/libx.so": b"http://native.example.org/",
    },
    sign=(2,),
)


def read(data: bytes, limits: Limits = LIMITS) -> CodeFile:
    """Read *data* as "client.apk"."""
    return read_apk(io.BytesIO(data), path="client.apk", limits=limits)


def urls(file: CodeFile) -> dict[str, str]:
    """Tell where each URL was found."""
    return {found.value: found.where for found in file.found if found.kind is FoundKind.URL}


def test_all_parts_of_an_apk_are_looked_through() -> None:
    """Addresses in code, resources, XML, assets and nested archives are found, each with its place."""
    file = read(CLIENT)
    assert urls(file) == {
        URL: "classes.dex",
        "http://second.example.org/": "classes2.dex",
        "https://strings.example.org/path": "resources.arsc string/server_url",
        "http://json.example.org/": "assets/deep/servers.json",
        "http://plugin.example.org/": "assets/plugin.jar > classes.dex",
        "http://xml.example.org/": "res/xml/post_params.xml",
    }
    assert "persist.vendor.radio.ps.registration.enabled" in {f.value for f in file.found}
    assert (file.code, file.form, file.troubles) == (Code.READ, "apk", ())
    assert (file.path, file.size, file.package) == ("client.apk", len(CLIENT), "com.example.client")
    assert file.strings > 30


def test_the_manifest_says_who_it_is() -> None:
    """Package, versions, shared user, components and clear text come with the file."""
    file = read(CLIENT)
    assert file.manifest is not None
    assert (file.manifest.version_code, file.manifest.version_name) == (28, "9")
    assert file.manifest.shared_user == "android.uid.phone"
    assert file.manifest.components[0].actions == ("android.intent.action.BOOT_COMPLETED",)
    assert file.manifest.cleartext_hosts == ("zzhc.vnet.cn",)
    assert [(s.scheme, s.sha256) for s in file.signers] == [(2, make_key().sha256)]


def test_an_apk_without_code_says_so() -> None:
    """A stripped system APK has no code in it, which is not the same as having read it."""
    file = read(make_apk("com.example.stripped", strings={"title": "x"}))
    assert (file.code, file.form) == (Code.NONE, "apk without code")


def test_an_overlay_is_called_one() -> None:
    """The server an overlay sets is found, and whom it is for is told."""
    overlay = Overlay(target="com.evenwell.autoregistration", static=True, required=("ro.boot.sku", "600WW"))
    file = read(
        make_apk(
            "com.example.overlay", strings={"server": "https://a.c2dms.com/"}, overlay=overlay, utf8=False
        )
    )
    assert (file.code, file.form) == (Code.NONE, "resource overlay")
    assert urls(file) == {"https://a.c2dms.com/": "resources.arsc string/server"}
    assert file.manifest is not None
    assert file.manifest.overlay is not None
    assert file.manifest.overlay.package == "com.evenwell.autoregistration"


def test_a_bundle_of_apks_is_who_its_base_is() -> None:
    """APKs as stores bundle them are all read; the split gives the name to nothing."""
    split = make_zip(
        {"AndroidManifest.xml": write_axml(node("manifest", {"package": "x", "split": "config.en"}))}
    )
    file = read(make_zip({"manifest.json": b"{}", "config.en.apk": split, "base.apk": CLIENT}))
    assert (file.form, file.package, file.code) == ("bundle of APKs", "com.example.client", Code.READ)
    assert urls(file)[URL] == "base.apk > classes.dex"
    assert [signer.scheme for signer in file.signers] == [2]


def test_an_archive_of_nothing_known_says_so() -> None:
    """Finding nothing where nothing was read is told."""
    file = read(make_zip({"desc.txt": b"1080 2160 30", "part0/000.png": b"http://a.example.org/"}))
    assert (file.form, file.code) == ("zip", Code.NONE)
    assert "nothing in this archive" in file.troubles[0].reason


def test_a_dex_before_the_archive_is_read_and_told() -> None:
    """Old Android runs such a dex in place of the one that was signed."""
    file = read(write_dex(["http://before.example.org/"]) + CLIENT)
    assert urls(file)["http://before.example.org/"] == ""
    assert urls(file)[URL] == "classes.dex"
    assert "CVE-2017-13156" in file.troubles[0].reason


def test_a_jar_is_called_one() -> None:
    """A framework JAR is an archive with code and without a manifest of Android's."""
    file = read(make_zip({"classes.dex": write_dex([URL])}))
    assert (file.form, file.code, file.package) == ("jar", Code.READ, None)


def test_an_apex_tells_its_name_and_what_was_not_read() -> None:
    """Name and version come from its own manifest; its file system is named as unread."""
    pb = b"\x0a\x12com.android.resolv\x10\xa0\xf2\x9a\x92\x01"
    file = read(make_zip({"apex_manifest.pb": pb[:1] + bytes([18]) + pb[2:], "apex_payload.img": b"x"}))
    assert file.form.startswith("apex")
    assert "not read" in file.form
    assert file.package == "com.android.resolv"
    assert file.manifest is not None
    assert file.manifest.version_code == 306624800


@pytest.mark.parametrize(
    "data", [b"\x0a", b"\x0a\xff\x01x", b"\x10" + b"\xff" * 20, b"\x0b", b"\x10\xff"], ids=lambda d: d.hex()
)
def test_a_damaged_apex_manifest_is_told(data: bytes) -> None:
    """A protobuf that breaks off or is none is a trouble."""
    assert [t.where for t in read(make_zip({"apex_manifest.pb": data})).troubles] == ["apex_manifest.pb"]


def test_a_renamed_xml_file_is_found_by_the_table() -> None:
    """Build tools shorten the names of resources; the table knows which are XML."""
    apk = make_apk("com.example", network_config=NetworkConfig(hosts=("a.example.org",)))
    short = apk.replace(b"res/xml/network_security_config.xml", b"res/aaa/network_security_config.bin")
    file = read(short)
    assert file.manifest is not None
    assert file.manifest.cleartext_hosts == ("a.example.org",)


def test_xml_nobody_names_but_the_table_is_read() -> None:
    """Shortened names of XML resources lie outside res/xml."""
    resources = Resources(
        package="a", values={"xml": {"params": "res/aA.xml"}, "raw": {"conf": "res/bB.json"}}
    )
    parts = {
        "AndroidManifest.xml": write_axml(node("manifest", {"package": "a"})),
        "resources.arsc": resources.write(),
        "res/aA.xml": write_axml(node("post", {"url": URL})),
        "res/bB.json": b'{"url": "http://raw.example.org/"}',
        "res/cC.json": b'{"url": "http://unlisted.example.org/"}',
    }
    assert urls(read(make_zip(parts))) == {URL: "res/aA.xml", "http://raw.example.org/": "res/bB.json"}


def test_a_dex_that_cannot_be_unpacked_makes_the_code_unreadable() -> None:
    """Code that is there and was not read is never taken for no code."""
    data = make_apk("com.example", dex=[write_dex([URL])])
    at = data.index(b"classes.dex") + len("classes.dex")
    file = read(data[:at] + b"\xff" * 9 + data[at + 9 :])
    assert file.code is Code.UNREADABLE
    assert file.package == "com.example"
    assert file.troubles[0].reason.startswith("classes.dex cannot be unpacked")


def test_a_bomb_in_code_ends_at_the_bound() -> None:
    """A dex that unpacks without end is a trouble with its place, and the rest is read."""
    bomb = make_apk("com.example", dex=[bytes(30 << 20)], strings={"s": URL})
    file = read(bomb, replace(LIMITS, part_bytes=1 << 20))
    assert file.code is Code.UNREADABLE
    assert "unpacks to more than" in file.troubles[0].reason
    assert file.troubles[0].offset is not None
    assert urls(file) == {URL: "resources.arsc string/s"}


def test_archives_in_archives_share_one_bound() -> None:
    """Bombs one level down do not each get the whole allowance."""
    inner = make_zip({"classes.dex": bytes(900_000)})
    apk = make_apk("com.example", files={f"assets/{n}.jar": inner for n in range(5)})
    file = read(apk, replace(LIMITS, file_bytes=2 << 20))
    assert sum("unpacks to more than" in t.reason for t in file.troubles) == 1
    assert sum("all that may be unpacked" in t.reason for t in file.troubles) == 2
    assert file.code is Code.UNREADABLE


def test_no_archive_is_unreadable() -> None:
    """A truncated download has an answer that says where it ends."""
    file = read(CLIENT[:-40])
    assert file.code is Code.UNREADABLE
    assert file.troubles[0].offset == len(CLIENT) - 40


def test_more_finds_than_kept_are_told() -> None:
    """The bound on finds cuts, and says so."""
    dexes = [
        write_dex([f"http://h{n}.example.org/" for n in numbers]) for numbers in (range(7), range(10, 17))
    ]
    data = make_apk("com.example", dex=dexes)
    file = read(data, replace(LIMITS, found=10))
    assert len(file.found) == 10
    assert file.troubles[-1].reason == "14 finds; the first 10 are kept"


def test_a_manifest_that_is_none_is_told() -> None:
    """Text where the manifest should be is a trouble, not an app without a name."""
    file = read(
        make_zip({"AndroidManifest.xml": b"<manifest package='text'/>", "classes.dex": write_dex([URL])})
    )
    assert file.manifest is None
    assert "AndroidManifest.xml" in {t.where for t in file.troubles}


@settings(max_examples=60)
@given(st.data())
def test_damaged_apks_never_raise(data: st.DataObject) -> None:
    """Whatever is flipped or cut, there is an answer."""
    whole = bytearray(CLIENT)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file = read(bytes(whole[: len(whole) - data.draw(st.sampled_from([0, 0, 0, 1, 30]))]))
    assert file.size


@settings(max_examples=60)
@given(st.data())
def test_damage_within_the_parts_never_raises(data: st.DataObject) -> None:
    """The same with the archive whole and what is in it damaged, which deflate would otherwise hide."""
    parts = {
        "AndroidManifest.xml": write_axml(node("manifest", {"package": "a"})),
        "classes.dex": write_dex([URL]),
        "res/xml/a.xml": write_axml(node("x", {"url": URL})),
    }
    name = data.draw(st.sampled_from(sorted(parts)))
    part = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    assert read(make_zip(parts | {name: bytes(part)})).form in {"apk", "apk without code"}
