from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.errors import BadInput, UsageError
from audit.model.signing import Flaw, Problem
from audit.signoff.canonical import sha256
from audit.signoff.envelope import sign
from audit.signoff.files import Approval, check_file, envelope_path, sign_file, verify_file
from audit.signoff.statement import TEST_RESULT, file_statement
from audit.signoff.trust import Trust
from tests.signoff.made import at, one, pair, trusting


@pytest.fixture
def key(tmp_path: Path) -> tuple[Any, str]:
    """A signer, and its public key."""
    return pair(tmp_path / "keys")


@pytest.fixture
def golden(tmp_path: Path, key: tuple[Any, str]) -> Path:
    """A file that somebody approved of."""
    path = tmp_path / "golden.json"
    path.write_bytes(b'{"schema": "adb-audit/baseline/1"}')
    made = sign_file(path, key[0], inspector="Kari", signed_at=at(0), note="lot 7")
    assert made == envelope_path(path) == tmp_path / "golden.json.dsse"
    return path


def test_an_approved_file_is_genuine(golden: Path, key: tuple[Any, str]) -> None:
    """Who approved of it, when and why is told."""
    found = check_file(golden, trusting(key[1]))
    assert (found.inspector, found.signed_at, found.note) == ("Kari", at(0), "lot 7")


def test_what_is_wrong_with_a_file_is_named_and_refused(
    golden: Path, key: tuple[Any, str], tmp_path: Path
) -> None:
    """Another content, a stranger's key, a revoked one, another signature, a record of another kind."""
    trust = trusting(key[1])
    beside = envelope_path(golden)
    signed = beside.read_bytes()

    def flaw(trusted: Trust) -> Flaw:
        found = verify_file(golden, trusted)
        assert isinstance(found, Problem)
        with pytest.raises(BadInput, match="not genuine"):
            check_file(golden, trusted)
        return found.flaw

    assert flaw(Trust()) is Flaw.UNKNOWN_KEY
    assert flaw(trust.revoke(key[0].public_key.keyid, at=at(1), why="")) is Flaw.REVOKED_KEY
    stranger = pair(tmp_path / "stranger")
    sign_file(golden, stranger[0], inspector="Kari", signed_at=at(0))
    forged = beside.read_bytes().replace(
        stranger[0].public_key.keyid.encode(), key[0].public_key.keyid.encode()
    )
    beside.write_bytes(forged)
    assert flaw(trust) is Flaw.SIGNATURE
    beside.write_bytes(one(key[0]).envelope)
    assert flaw(trust) is Flaw.DAMAGED
    content = file_statement("golden.json", sha256(golden.read_bytes()), inspector="Kari", signed_at=at(0))
    content["predicateType"] = TEST_RESULT
    beside.write_bytes(sign(content, key[0]).envelope)
    assert flaw(trust) is Flaw.DAMAGED
    beside.write_bytes(signed[:-9])
    assert flaw(trust) is Flaw.DAMAGED
    beside.write_bytes(signed)
    assert isinstance(verify_file(golden, trust), Approval)
    golden.write_bytes(golden.read_bytes() + b" ")
    assert flaw(trust) is Flaw.REPORT


def test_a_file_nobody_signed_is_told(tmp_path: Path, key: tuple[Any, str]) -> None:
    """And so is one that is not there."""
    path = tmp_path / "golden.json"
    with pytest.raises(BadInput, match="no such file"):
        sign_file(path, key[0], inspector="Kari", signed_at=at(0))
    path.write_bytes(b"{}")
    with pytest.raises(BadInput, match="no signature"):
        check_file(path, trusting(key[1]))


def test_what_cannot_be_approved(golden: Path, key: tuple[Any, str]) -> None:
    """By nobody, or at no moment; the former signature stays."""
    before = envelope_path(golden).read_bytes()
    for inspector, moment in ((" ", at(0)), ("Kari", "now")):
        with pytest.raises(UsageError):
            sign_file(golden, key[0], inspector=inspector, signed_at=moment)
    assert envelope_path(golden).read_bytes() == before
