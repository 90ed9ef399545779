from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.errors import BadInput, UsageError
from audit.signoff.keys import new_key
from audit.signoff.trust import Trust, load, save
from tests.signoff.made import at, chain, pair, trusting


def test_trust_is_kept_and_read_back(tmp_path: Path) -> None:
    """Keys, a revocation and what proves older records; the file is the owner's."""
    signer, pem = pair(tmp_path)
    _, other = pair(tmp_path, "other")
    last = chain(signer, 1)[0]
    trust = trusting(pem, other).revoke(signer.public_key.keyid, at=at(1), why="lost", last=last)
    path = tmp_path / "new" / "trusted.json"
    save(trust, path)
    assert load(path).listed() == trust.listed()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["trusted.json"]
    found = load(path).find(signer.public_key.keyid)
    assert found is not None
    assert (found[0].last_number, found[0].last_sha256, found[0].why) == (1, last.sha256, "lost")


def test_no_file_trusts_nobody(tmp_path: Path) -> None:
    """It is no error that there is none yet."""
    assert len(load(tmp_path / "nowhere")) == 0


def test_a_key_is_trusted_once_and_revoked_once(tmp_path: Path) -> None:
    """The same key again changes nothing; a revoked one does not come back, nor is it revoked later again."""
    signer, pem = pair(tmp_path)
    trust = trusting(pem)
    assert trust.trust(pem, name="again", since=at(5))[1].listed() == trust.listed()
    gone = trust.revoke(signer.public_key.keyid, at=at(1), why="")
    with pytest.raises(UsageError, match="revoked"):
        gone.trust(pem, name="again", since=at(5))
    with pytest.raises(UsageError, match="was revoked at"):
        gone.revoke(signer.public_key.keyid, at=at(9), why="")
    with pytest.raises(UsageError, match="no such key"):
        Trust().revoke("00", at=at(1), why="")


def test_a_key_is_named_by_name_or_id(tmp_path: Path) -> None:
    """By the beginning of its id too; not by too little of it, nor where two are meant."""
    pem, other = (new_key(tmp_path, name, None) for name in ("a", "b"))
    trust = Trust()
    for key in (pem, other):
        _, trust = trust.trust(key.public, name="bench", since=at(0))
    assert trust.resolve(pem.key_id) == trust.resolve(pem.key_id[:8].upper()) == pem.key_id
    for text in ("bench", pem.key_id[:7], "", "nobody"):
        with pytest.raises(UsageError):
            trust.resolve(text)


def test_a_damaged_file_is_told_and_trusts_nobody(tmp_path: Path) -> None:
    """Not JSON, not UTF-8, another version, a field nobody defined, no key, one twice, too large."""
    _, pem = pair(tmp_path)
    one = {"name": "a", "pem": pem, "since": at(0)}
    path = tmp_path / "trusted.json"
    for content in (
        b"{",
        b"\xff",
        json.dumps({"schema": "adb-audit/trusted/2", "keys": []}).encode(),
        json.dumps({"schema": "adb-audit/trusted/1", "keys": [], "more": 1}).encode(),
        json.dumps({"schema": "adb-audit/trusted/1", "keys": [one | {"pem": "x"}]}).encode(),
        json.dumps({"schema": "adb-audit/trusted/1", "keys": [one, one]}).encode(),
        b" " * (5 * 1024 * 1024),
    ):
        path.write_bytes(content)
        with pytest.raises(BadInput):
            load(path)
    with pytest.raises(BadInput):
        load(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """And what was there stays."""
    path = tmp_path / "file"
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError):
        save(Trust(), path / "trusted.json")
    assert path.read_text(encoding="utf-8") == "kept"
