"""APKs that the Android SDK's own tools build and sign, and what these tools say of APKs our tests make."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from audit.endpoints.apk import read_apk
from audit.endpoints.part import Limits
from audit.model.code import Code, CodeFile, FoundKind
from tests.build.apk import NetworkConfig, Overlay, make_apk
from tests.build.dex import write_dex
from tests.build.signing import make_key

FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
TOOLS = ("aapt", "zipalign", "apksigner", "smali", "keytool")
FINGERPRINT = re.compile(r"certificate SHA-256 digest: ([0-9a-f]{64})")
MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.example.real"
    android:versionCode="1234" android:versionName="@string/version" android:sharedUserId="android.uid.phone">
  <uses-sdk android:minSdkVersion="21" android:targetSdkVersion="28"/>
  <uses-permission android:name="android.permission.INTERNET"/>
  <application android:label="@string/app" android:usesCleartextTraffic="true"
      android:process="com.android.phone" android:networkSecurityConfig="@xml/security">
    <receiver android:name=".Boot" android:permission="android.permission.RECEIVE_BOOT_COMPLETED">
      <intent-filter><action android:name="android.intent.action.BOOT_COMPLETED"/></intent-filter>
    </receiver>
    <service android:name=".Upload" android:enabled="@bool/on"/>
  </application>
</manifest>"""
VALUES = """<resources>
  <string name="app">Überraschung</string><string name="version">4.5</string>
  <string name="server_url">https://real.example.org/report</string><bool name="on">false</bool>
</resources>"""
SECURITY = """<network-security-config><base-config cleartextTrafficPermitted="false"/>
  <domain-config cleartextTrafficPermitted="true">
    <domain includeSubdomains="true">zzhc.vnet.cn</domain>
  </domain-config>
</network-security-config>"""
PARAMETERS = '<post url="http://parameters.example.org/post"/>'
SMALI = """.class public Lcom/example/real/Boot;
.super Ljava/lang/Object;
.method public static url()Ljava/lang/String;
    .registers 1
    const-string v0, "http://zzhc.vnet.cn"
    return-object v0
.end method
"""


def run(*command: str | Path) -> str:
    """Run a tool; its output, or the reason it failed."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An APK made of the sources above, aligned and signed with v1, v2 and v3."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not FRAMEWORK.is_file():
        pytest.skip(f"not installed: {', '.join(missing) or 'android-framework-res'}")
    folder = tmp_path_factory.mktemp("real")
    sources = {
        "AndroidManifest.xml": MANIFEST,
        "res/values/values.xml": VALUES,
        "res/xml/security.xml": SECURITY,
        "res/xml/parameters.xml": PARAMETERS,
        "Boot.smali": SMALI,
    }
    for name, text in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    raw, aligned, keys = folder / "raw.apk", folder / "real.apk", folder / "keys.p12"
    manifest = folder / "AndroidManifest.xml"
    run("aapt", "package", "-f", "-M", manifest, "-S", folder / "res", "-I", FRAMEWORK, "-F", raw)
    run("smali", "assemble", folder / "Boot.smali", "-o", folder / "classes.dex")
    with zipfile.ZipFile(raw, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "classes.dex", "classes.dex")
    run("zipalign", "-f", "4", raw, aligned)
    secret = ("-storepass", "password", "-keypass", "password", "-alias", "k")
    name = "CN=Real Key, O=Example\\, Inc., C=FI"
    run(
        "keytool",
        "-genkeypair",
        "-keystore",
        keys,
        *secret,
        "-keyalg",
        "RSA",
        "-keysize",
        "2048",
        "-dname",
        name,
    )
    run(
        "apksigner",
        "sign",
        "--ks",
        keys,
        "--ks-pass",
        "pass:password",
        "--v1-signing-enabled",
        "true",
        aligned,
    )
    return aligned


def read(path: Path) -> CodeFile:
    """Read the APK at *path*."""
    with path.open("rb") as file:
        return read_apk(file, path=path.name, limits=Limits())


def test_a_real_apk_is_read_back(built: Path) -> None:
    """What was written into the sources is what is read, through aapt's, smali's and zipalign's formats."""
    file = read(built)
    manifest = file.manifest
    assert manifest is not None
    assert (manifest.package, manifest.version_code, manifest.version_name) == (
        "com.example.real",
        1234,
        "4.5",
    )
    assert (manifest.shared_user, manifest.process) == ("android.uid.phone", "com.android.phone")
    assert (manifest.min_sdk, manifest.target_sdk, manifest.cleartext) == (21, 28, True)
    assert manifest.cleartext_hosts == ("zzhc.vnet.cn",)
    (receiver,) = manifest.components
    assert receiver.name.endswith(".Boot")
    assert receiver.actions == ("android.intent.action.BOOT_COMPLETED",)
    assert receiver.permission == "android.permission.RECEIVE_BOOT_COMPLETED"
    assert (file.form, file.code, file.troubles) == ("apk", Code.READ, ())
    assert {(f.value, f.where) for f in file.found if f.kind is FoundKind.URL} == {
        ("http://zzhc.vnet.cn", "classes.dex"),
        ("https://real.example.org/report", "resources.arsc string/server_url"),
        ("http://parameters.example.org/post", "res/xml/parameters.xml"),
    }


def test_its_signers_are_those_apksigner_names(built: Path) -> None:
    """All three schemes give the digest that apksigner prints."""
    said = FINGERPRINT.findall(run("apksigner", "verify", "--print-certs", built))
    signers = read(built).signers
    assert [signer.scheme for signer in signers] == [1, 2, 3]
    assert {signer.sha256 for signer in signers} == set(said)
    assert {signer.subject for signer in signers} == {"CN=Real Key,O=Example\\, Inc.,C=FI"}


def test_the_frameworks_own_apk_is_read_whole() -> None:
    """The largest table there is, of Android itself, has no trouble."""
    if not FRAMEWORK.is_file():
        pytest.skip("not installed: android-framework-res")
    file = read(FRAMEWORK)
    assert (file.package, file.form, file.troubles) == ("android", "apk without code", ())
    places = {f.value: f.where for f in file.found}
    assert places["time.android.com"] == "resources.arsc string/config_ntpServer"


@pytest.mark.parametrize("utf8", [True, False])
def test_aapt_reads_the_apks_our_tests_make(tmp_path: Path, *, utf8: bool) -> None:
    """Our writer's manifest and resources mean to aapt what they mean to us."""
    if shutil.which("aapt") is None:
        pytest.skip("not installed: aapt")
    apk = tmp_path / "made.apk"
    overlay = Overlay(target="com.example.target", static=True, priority=3)
    apk.write_bytes(
        make_apk(
            "com.example.made",
            dex=[write_dex(["http://a.example.org/"])],
            strings={"url": "http://zzhc.vnet.cn"},
            receivers={".Boot": ["android.intent.action.BOOT_COMPLETED"]},
            permissions=["android.permission.INTERNET"],
            version_code=77,
            overlay=overlay,
            network_config=NetworkConfig(hosts=("a.example.org",)),
            utf8=utf8,
        )
    )
    badging = run("aapt", "dump", "badging", apk)
    assert "package: name='com.example.made' versionCode='77' versionName='1.0'" in badging
    assert "uses-permission: name='android.permission.INTERNET'" in badging
    tree = run("aapt", "dump", "xmltree", apk, "AndroidManifest.xml")
    assert 'android:targetPackage(0x01010021)="com.example.target"' in tree
    assert "android:isStatic(0x0101055a)=(type 0x12)0xffffffff" in tree
    width = 8 if utf8 else 16
    assert f'(string{width}) "http://zzhc.vnet.cn"' in run("aapt", "dump", "--values", "resources", apk)


@pytest.mark.parametrize(("schemes", "min_sdk"), [((1,), 21), ((1, 2), 21), ((2, 3), 24)])
@pytest.mark.parametrize("elliptic", [False, True])
def test_apksigner_accepts_the_signatures_our_tests_make(
    tmp_path: Path, schemes: tuple[int, ...], min_sdk: int, *, elliptic: bool
) -> None:
    """Each scheme our writer signs with verifies, with the certificate we say."""
    if shutil.which("apksigner") is None:
        pytest.skip("not installed: apksigner")
    key = make_key(elliptic=elliptic)
    apk = tmp_path / "made.apk"
    apk.write_bytes(
        make_apk("com.example.made", dex=[write_dex(["x"])], min_sdk=min_sdk, sign=schemes, key=key)
    )
    said = run("apksigner", "verify", "--verbose", "--print-certs", apk)
    for scheme in schemes:
        assert re.search(rf"Verified using v{scheme} scheme.*: true", said), said
    assert FINGERPRINT.findall(said) == [key.sha256]
