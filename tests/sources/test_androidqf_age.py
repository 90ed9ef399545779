"""Encrypted acquisitions: the right key opens them in memory, anything else says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from audit.errors import BadInput, UsageError
from audit.sources import Keys, open_source
from audit.sources.androidqf import age
from tests.build.age_file import with_passphrase
from tests.sources.acquisitions import acquisition, hashed, lay, zipped

SESAME, WRONG = "open sesame", "open barley"
PLAIN = zipped(hashed(acquisition()))


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    """A file of one age identity, with the comment age-keygen writes."""
    path = tmp_path / "key.txt"
    path.write_text(f"# created: 2024-05-10\n{pyrage.x25519.Identity.generate()}\n")
    return path


def recipient(identity: Path) -> object:
    """To whom to encrypt for that file."""
    return pyrage.x25519.Identity.from_str(identity.read_text().splitlines()[1]).to_public()


def to_key(path: Path, identity: Path, *, armored: bool = False) -> Path:
    """The acquisition, encrypted to a key."""
    path.write_bytes(pyrage.encrypt(PLAIN, [recipient(identity)], armored=armored))
    return path


def to_passphrase(path: Path) -> Path:
    """The acquisition, encrypted with a passphrase that is tried in no time."""
    path.write_bytes(with_passphrase(PLAIN, SESAME))
    return path


@pytest.mark.parametrize("armored", [False, True])
def test_an_identity_opens_it_and_nothing_touches_the_disk(
    tmp_path: Path, identity: Path, *, armored: bool
) -> None:
    """The same evidence as unencrypted, and no new file anywhere near."""
    path = to_key(tmp_path / "a.zip.age", identity, armored=armored)
    before = sorted(tmp_path.iterdir())
    snapshot = open_source(path, keys=Keys(identities=(identity,)))
    assert sorted(tmp_path.iterdir()) == before
    plain = open_source(lay(tmp_path / "plain", hashed(acquisition())))
    assert sorted(map(repr, snapshot.artifacts)) == sorted(map(repr, plain.artifacts))
    assert snapshot.gaps == ()


@pytest.mark.parametrize(
    "encrypt",
    [
        with_passphrase,
        # takes a second to make and for each time it is opened, as it should where it is no test
        pytest.param(pyrage.passphrase.encrypt, id="its own", marks=pytest.mark.slow),
    ],
)
def test_a_passphrase_opens_it(tmp_path: Path, encrypt: Callable[[bytes, str], bytes]) -> None:
    """Given beforehand, or asked for when it is needed."""
    path = tmp_path / "a.zip.age"
    path.write_bytes(encrypt(PLAIN, SESAME))
    asked = []

    def ask() -> str:
        asked.append(1)
        return SESAME

    given = open_source(path, keys=Keys(passphrase=SESAME, ask=ask))
    assert not asked
    assert open_source(path, keys=Keys(ask=ask)) == given
    assert asked == [1]


def test_the_wrong_key_is_told(tmp_path: Path, identity: Path) -> None:
    """Nothing of it is judged, and the words say that the key is wrong."""
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    path = to_key(tmp_path / "a.zip.age", identity)
    with pytest.raises(BadInput, match="none of the identities given opens it"):
        open_source(path, keys=Keys(identities=(other,)))
    with pytest.raises(BadInput, match="encrypted to a key"):
        open_source(path, keys=Keys(passphrase=WRONG))
    locked = to_passphrase(tmp_path / "b.zip.age")
    with pytest.raises(BadInput, match="the passphrase does not open it"):
        open_source(locked, keys=Keys(passphrase=WRONG))
    with pytest.raises(BadInput, match="none of the identities given opens it"):
        open_source(locked, keys=Keys(identities=(identity,)))


def test_without_a_key_it_says_which_is_needed(tmp_path: Path, identity: Path) -> None:
    """A key's file for one, a passphrase for the other."""
    with pytest.raises(UsageError) as caught:
        open_source(to_key(tmp_path / "a.zip.age", identity))
    assert "--identity" in caught.value.fix
    with pytest.raises(UsageError) as caught:
        open_source(to_passphrase(tmp_path / "b.zip.age"))
    assert "--passphrase-file" in caught.value.fix


@pytest.mark.parametrize("part", range(1, 8))
def test_half_an_encrypted_acquisition_is_refused(tmp_path: Path, identity: Path, part: int) -> None:
    """Cut anywhere, it is not judged."""
    path = to_key(tmp_path / "a.zip.age", identity)
    data = path.read_bytes()
    path.write_bytes(data[: max(30, len(data) * part // 8)])
    with pytest.raises(BadInput, match="cannot be decrypted"):
        open_source(path, keys=Keys(identities=(identity,)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no age identity"),
        (b"# only a comment\n", "holds no age identity"),
        (b"AGE-SECRET-KEY-1X\n", "is no file of age identities"),
        (b"\xff\xfe", "is no file of age identities"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n", "is no file of age"),
    ],
)
def test_a_file_that_is_no_identity_is_told(
    tmp_path: Path, identity: Path, content: bytes, words: str
) -> None:
    """The key file is what is wrong, not the acquisition."""
    path = to_key(tmp_path / "a.zip.age", identity)
    bad = tmp_path / "bad.txt"
    bad.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        open_source(path, keys=Keys(identities=(bad,)))
    assert words in caught.value.what
    assert caught.value.where == str(bad)


def test_what_is_inside_must_be_an_acquisition(tmp_path: Path, identity: Path) -> None:
    """Any file may be encrypted."""
    path = tmp_path / "a.zip.age"
    path.write_bytes(pyrage.encrypt(b"hello", [recipient(identity)]))
    with pytest.raises(BadInput, match="no whole ZIP archive"):
        open_source(path, keys=Keys(identities=(identity,)))
    path.write_bytes(pyrage.encrypt(zipped({"a": b""}), [recipient(identity)]))
    with pytest.raises(BadInput, match="no AndroidQF acquisition"):
        open_source(path, keys=Keys(identities=(identity,)))


def test_one_too_large_for_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file stands for a huge one."""
    path = tmp_path / "a.zip.age"
    with path.open("wb") as file:
        file.write(b"age-encryption.org/v1\n-> X25519 x\n")
        file.truncate(age.LARGEST_BYTES + 1)
    with pytest.raises(BadInput) as caught:
        open_source(path)
    assert "decrypted in memory" in caught.value.what
    assert "age --decrypt" in caught.value.fix
