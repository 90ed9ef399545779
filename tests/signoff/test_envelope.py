from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # names no exports

from audit.errors import UsageError
from audit.model.report import Decision, Report
from audit.model.signing import Result
from audit.signoff.canonical import report_sha256, sha256
from audit.signoff.envelope import opened, sign_record
from audit.signoff.keys import new_key
from audit.signoff.verify import signed_off, verify
from tests.signoff.made import at, one, pair, report, trusting
from tests.signoff.test_canonical import reports


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A signer, and its public key."""
    return pair(tmp_path_factory.mktemp("keys"))


def test_securesystemslib_alone_accepts_a_record(key: tuple[Any, str], tmp_path: Path) -> None:
    """A verifier that shares nothing with this program but the file and the public key."""
    path = tmp_path / "record.dsse"
    path.write_bytes(one(key[0]).envelope)
    public = SSlibKey.from_crypto(load_pem_public_key(key[1].encode()))
    envelope = Envelope.from_dict(json.loads(path.read_bytes()))
    assert list(envelope.verify([public], 1)) == [public.keyid]
    statement = json.loads(envelope.payload)
    assert statement["subject"][0]["digest"]["sha256"] == report_sha256(report())
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([public], 1)


def test_cryptography_alone_accepts_a_record(key: tuple[Any, str]) -> None:
    """With DSSE's encoding of what is signed written out as its protocol says."""
    found = json.loads(one(key[0]).envelope)
    kind, payload = found["payloadType"].encode(), base64.b64decode(found["payload"])
    pae = b" ".join((b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload))
    public = load_pem_public_key(key[1].encode())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(base64.b64decode(found["signatures"][0]["sig"]), pae)


@given(of=reports)
def test_any_report_is_signed_and_found_again(key: tuple[Any, str], of: Report) -> None:
    """Whatever a unit said, with the report beside it; the record says what was decided."""
    made = one(key[0], report=of, result=Result.FAILED, note="as it was \u5c0f\U0001f600")
    assert verify([made], trusting(key[1]), lambda _: of) == ()
    said = signed_off(made.envelope)
    assert (said.signoff.result, said.signoff.report_sha256) == (Result.FAILED, report_sha256(of))
    assert said.signoff.note == "as it was \u5c0f\U0001f600"
    assert (made.sha256, made.number) == (sha256(made.envelope), 1)
    assert b"\n" not in made.envelope


@given(inspector=st.text(max_size=20), note=st.text(max_size=40), station=st.text(max_size=20))
def test_whatever_people_write_is_refused_or_verifies(
    key: tuple[Any, str], inspector: str, note: str, station: str
) -> None:
    """No text of an inspector makes a record that cannot be read."""
    try:
        made = one(key[0], inspector=inspector, note=note, station=station)
    except UsageError:
        return
    assert verify([made], trusting(key[1])) == ()


def test_the_redacted_report_is_accepted_beside_it_too(key: tuple[Any, str]) -> None:
    """Who has only that one can check it; nobody else's is accepted."""
    of = report()
    redacted = report(identity=replace(of.identity, serial="serial#4f2a9c"))
    other = report(identity=replace(of.identity, serial="serial#000000"))
    signoff = replace(signed_off(one(key[0]).envelope).signoff, number=1)
    made = sign_record(of, signoff, key[0], redacted=redacted)
    trust = trusting(key[1])
    assert verify(made.envelope, trust, lambda _: redacted) == ()
    assert len(verify(made.envelope, trust, lambda _: other)) == 1


def test_what_may_not_be_signed_is_not(key: tuple[Any, str]) -> None:
    """The rules hold wherever a record is made; nor is one made of another report."""
    with pytest.raises(UsageError, match="INCONCLUSIVE"):
        one(key[0], report=report(Decision.INCONCLUSIVE), note="please")
    with pytest.raises(UsageError, match="note"):
        one(key[0], report=report(Decision.FAIL))
    with pytest.raises(UsageError, match="another report"):
        one(key[0], report_sha256="0" * 64)


def test_the_passphrase_is_in_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in a file nor in a log."""
    made = new_key(tmp_path, "qa", b"a very secret passphrase")
    assert not any(b"secret" in path.read_bytes() for path in tmp_path.iterdir())
    assert "secret" not in repr(made) + caplog.text


def test_an_envelope_is_taken_apart_as_it_was_put_together(key: tuple[Any, str]) -> None:
    """The payload is RFC 8785 JSON, the key's id the signer's, an Ed25519 signature 64 bytes."""
    found = opened(one(key[0], signed_at=at(3)).envelope)
    assert json.loads(found.payload)["predicate"]["adbAudit"]["signedAt"] == at(3)
    assert (found.key_id, len(found.signature)) == (key[0].public_key.keyid, 64)
