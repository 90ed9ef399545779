from __future__ import annotations

import os
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import rsa

from audit.errors import AuditError, BadInput, UsageError
from audit.signoff.keys import (
    find_keys,
    key_info,
    load_signer,
    needs_passphrase,
    new_key,
    public_key,
    read_public,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


def test_a_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, encrypted, with the public key beside it, in a folder of the owner's."""
    made = new_key(tmp_path / "keys", "qa", b"correct horse")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert b"ENCRYPTED" in made.path.read_bytes()
    assert needs_passphrase(made.path)
    assert key_info(tmp_path / "keys", "qa") == made
    assert find_keys(tmp_path / "keys") == (made,)


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    """Neither half of a pair, also when only one of them is there."""
    made = new_key(tmp_path, "qa", None)
    before = made.path.read_bytes()
    with pytest.raises(UsageError, match="there already"):
        new_key(tmp_path, "qa", None)
    (tmp_path / "qa.pub.pem").unlink()
    with pytest.raises(UsageError, match="there already"):
        new_key(tmp_path, "qa", None)
    assert made.path.read_bytes() == before
    assert not (tmp_path / "qa.pub.pem").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a b", "-n", "a\n"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is made outside the folder."""
    with pytest.raises(UsageError):
        new_key(tmp_path, name, None)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    """It would look protected and not be."""
    with pytest.raises(UsageError, match="empty"):
        new_key(tmp_path, "qa", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_key_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    """A wrong one and none are refused in words; the right one signs."""
    made = new_key(tmp_path, "qa", b"right")
    for wrong in (None, b"", b"wrong"):
        with pytest.raises(UsageError, match="passphrase"):
            load_signer(made.path, wrong)
    signature = load_signer(made.path, b"right").sign(b"text")
    public_key(made.public, where="test").verify_signature(signature, b"text")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """As ssh does."""
    made = new_key(tmp_path, "qa", None)
    made.path.chmod(0o640)
    with pytest.raises(UsageError, match="others may read"):
        load_signer(made.path, None)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"-----BEGIN PRIVATE KEY-----\nAAAA\n", b"x" * 100_000]
)
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    """Private or public, in words."""
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadInput):
        load_signer(path, None)
    with pytest.raises(BadInput):
        read_public(path)
    with pytest.raises(BadInput):
        load_signer(tmp_path / "nowhere", None)


def test_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    """RSA is no key to sign with here, nor is a private key a public one."""
    private = rsa.generate_private_key(65537, 2048)
    path = tmp_path / "rsa"
    path.write_bytes(
        private.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    )
    path.chmod(0o600)
    with pytest.raises(BadInput, match="no Ed25519 key"):
        load_signer(path, None)
    public = private.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(BadInput, match="kind rsa"):
        public_key(public.decode(), where="test")
    with pytest.raises(BadInput, match="no public key"):
        read_public(new_key(tmp_path, "qa", None).path)


def test_a_token_without_its_library_is_told() -> None:
    """What to install is said."""
    if find_spec("pkcs11") is not None:
        pytest.skip("python-pkcs11 is installed")
    with pytest.raises(AuditError, match="not installed") as found:
        load_signer("hsm:2", b"1234")
    assert "securesystemslib[hsm]" in found.value.fix


def test_a_private_key_is_one_of_openssls(tmp_path: Path) -> None:
    """OpenSSL opens it, gives the same public key, and a key it encrypts with more rounds opens here."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    made = new_key(tmp_path, "qa", b"right")

    def run(*arguments: str | Path) -> bytes:
        return subprocess.run([openssl, *arguments], capture_output=True, check=True).stdout

    public = run("pkey", "-in", made.path, "-passin", "pass:right", "-pubout")
    assert public.decode() == made.public
    slower = tmp_path / "slower.key.pem"
    same = ("-passin", "pass:right", "-passout", "pass:right")
    run("pkcs8", "-topk8", "-in", made.path, "-out", slower, "-iter", "100000", *same)
    slower.chmod(0o600)
    assert load_signer(slower, b"right").public_key.keyid == made.key_id
