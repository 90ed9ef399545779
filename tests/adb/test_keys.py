from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from audit.adb.keys import create_key, key_label, load_key, load_keys, own_key_path, vendor_paths
from audit.errors import BadInput
from tests.adb.conftest import RealAdb


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key pair of our own making."""
    path = tmp_path_factory.mktemp("made") / ".android" / "adbkey"
    create_key(path, name="me@pc")
    return path


def test_a_new_key_is_for_its_owner_alone(made: Path) -> None:
    """The private half is 0600, its folder 0700; the public half is the structure and a name."""
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert made.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    encoded, name = made.with_name("adbkey.pub").read_bytes().split(b" ")
    assert len(base64.b64decode(encoded)) == 524
    assert name == b"me@pc"


@pytest.mark.peer
def test_the_public_half_is_what_adb_makes_of_the_private(made: Path, real_adb: RealAdb) -> None:
    """The real adb computes the same structure from our private key, byte for byte, and we from adb's."""
    assert (
        real_adb.call("pubkey", str(made)).split(" ")[0]
        == made.with_name("adbkey.pub").read_text().split(" ")[0]
    )
    theirs = real_adb.home / "theirs"
    real_adb.call("keygen", str(theirs))
    assert load_key(theirs).public == theirs.with_name("theirs.pub").read_bytes()
    theirs.with_name("theirs.pub").unlink()
    assert load_key(theirs, name="a@b").public.endswith(b" a@b")


def test_a_signature_is_pkcs1_of_the_token_as_a_digest(made: Path) -> None:
    """The public key verifies it with the token in place of the SHA-1 digest."""
    token = bytes(range(20))
    private = serialization.load_pem_private_key(made.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    private.public_key().verify(
        load_key(made).sign(token),
        token,
        padding.PKCS1v15(),
        utils.Prehashed(hashes.SHA1()),  # noqa: S303 - ADB's own
    )


def test_the_fingerprint_is_the_one_the_phone_shows(made: Path) -> None:
    """MD5 of the structure in pairs of hex digits; the label adds where the key lies."""
    packed = base64.b64decode(made.with_name("adbkey.pub").read_bytes().split(b" ")[0])
    expected = ":".join(f"{byte:02X}" for byte in hashlib.md5(packed, usedforsecurity=False).digest())
    assert load_key(made).fingerprint == expected
    assert key_label(made.parent.parent) == f"{expected}, {made}"


def test_a_key_that_is_there_is_never_overwritten(made: Path) -> None:
    """Creating again leaves both halves as they were."""
    before = made.read_bytes(), made.with_name("adbkey.pub").read_bytes()
    create_key(made, name="other@pc")
    assert (made.read_bytes(), made.with_name("adbkey.pub").read_bytes()) == before


def test_vendor_keys_go_first_and_the_users_own_last(made: Path, tmp_path: Path) -> None:
    """Files and folders of ADB_VENDOR_KEYS are offered, then ~/.android/adbkey, created when missing."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    for name in ("b.adb_key", "a.adb_key", "c.txt"):
        (folder / name).write_bytes(made.read_bytes())
    listed = os.pathsep.join([str(folder), "", str(made)])
    assert vendor_paths(listed) == (folder / "a.adb_key", folder / "b.adb_key", made)
    home = tmp_path / "home"
    assert key_label(home) == ""
    keys = load_keys(listed, home, name="me@pc")
    assert [key.path for key in keys] == [
        folder / "a.adb_key",
        folder / "b.adb_key",
        made,
        own_key_path(home),
    ]
    assert own_key_path(home).stat().st_mode & 0o777 == 0o600


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        _pem(ec.generate_private_key(ec.SECP256R1())),
        _pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - it is to be refused
    ],
    ids=["empty", "text", "elliptic", "too short"],
)
def test_a_key_android_would_not_take_is_refused(content: bytes, tmp_path: Path) -> None:
    """The file is named, and what to do."""
    path = tmp_path / "adbkey"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load_key(path)
    assert caught.value.where == str(path)
    assert caught.value.fix


def test_a_missing_vendor_key_is_named(tmp_path: Path) -> None:
    """ADB_VENDOR_KEYS that leads nowhere is an error, not a silence."""
    with pytest.raises(BadInput, match="No such file"):
        load_key(tmp_path / "nowhere")
