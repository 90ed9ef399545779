from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from audit.errors import BadInput
from audit.model.report import Report
from audit.model.signing import Flaw, Problem, SignedRecord
from audit.signoff.canonical import canonical
from audit.signoff.chain import Expected
from audit.signoff.envelope import PAYLOAD_TYPE, sign
from audit.signoff.statement import file_statement
from audit.signoff.verify import MOST_PROBLEMS, kept, read_log, verify
from tests.signoff.made import at, chain, extended, one, pair, report, trusting


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A signer, and its public key."""
    return pair(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """Another one."""
    return pair(tmp_path_factory.mktemp("others"))


def flaws(problems: Sequence[Problem]) -> list[tuple[Flaw, int]]:
    """What is wrong, and with which number."""
    return [(problem.flaw, problem.number) for problem in problems]


def payload(record: SignedRecord) -> dict[str, Any]:
    """The Statement in an envelope."""
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(record.envelope)["payload"]))
    return found


def edited(record: SignedRecord, change: Callable[[dict[str, Any]], None]) -> SignedRecord:
    """The record with another Statement under the old signature."""
    content = payload(record)
    change(content)
    envelope = json.loads(record.envelope)
    envelope["payload"] = base64.b64encode(canonical(content)).decode()
    return kept(canonical(envelope))


def test_a_chain_as_it_was_signed_is_genuine(key: tuple[Any, str]) -> None:
    """Nothing is wrong with it, as records, as bytes, and with what is remembered of it."""
    made = chain(key[0], 5)
    trust = trusting(key[1])
    assert verify(made, trust) == ()
    assert verify(made[2].envelope, trust) == ()
    assert verify(made, trust, expected=Expected(count=5, head_sha256=made[-1].sha256)) == ()


def test_an_edited_record_shows(key: tuple[Any, str]) -> None:
    """Its signature does not fit, and the record after it was signed after another one."""
    made = chain(key[0], 4)
    made[1] = edited(made[1], lambda content: content["predicate"].update(result="FAILED"))
    assert flaws(verify(made, trusting(key[1]))) == [(Flaw.SIGNATURE, 2), (Flaw.CHANGED, 3)]


@pytest.mark.parametrize(("gone", "number"), [(0, 1), (1, 2), (2, 3)])
def test_a_deleted_record_shows(key: tuple[Any, str], gone: int, number: int) -> None:
    """Its number is missing, wherever it stood."""
    made = chain(key[0], 4)
    del made[gone]
    assert flaws(verify(made, trusting(key[1]))) == [(Flaw.MISSING, number)]


def test_the_last_record_is_missed_by_who_remembers_it(key: tuple[Any, str]) -> None:
    """By the count of records, or by the hash of the last; by nobody else."""
    made = chain(key[0], 4)
    trust, rest = trusting(key[1]), made[:-1]
    assert verify(rest, trust) == ()
    assert flaws(verify(rest, trust, expected=Expected(count=4))) == [(Flaw.MISSING, 4)]
    assert flaws(verify(rest, trust, expected=Expected(head_sha256=made[-1].sha256))) == [(Flaw.MISSING, 0)]


def test_swapped_records_show(key: tuple[Any, str]) -> None:
    """One stands after a later one."""
    made = chain(key[0], 5)
    made[1], made[2] = made[2], made[1]
    assert flaws(verify(made, trusting(key[1]))) == [(Flaw.ORDER, 2)]


def test_a_record_twice_shows(key: tuple[Any, str]) -> None:
    """The second one is out of order."""
    made = chain(key[0], 3)
    assert flaws(verify([made[0], made[1], made[1], made[2]], trusting(key[1]))) == [(Flaw.ORDER, 2)]


def test_a_strangers_key_shows(key: tuple[Any, str], other: tuple[Any, str]) -> None:
    """A record signed by a key nobody trusts; one that claims the trusted key has the wrong signature."""
    trust, made = trusting(key[1]), chain(other[0], 1)
    assert flaws(verify(made, trust)) == [(Flaw.UNKNOWN_KEY, 1)]
    envelope = json.loads(made[0].envelope)
    envelope["signatures"][0]["keyid"] = key[0].public_key.keyid
    assert flaws(verify([kept(canonical(envelope))], trust)) == [(Flaw.SIGNATURE, 1)]


def test_a_clock_set_back_shows(key: tuple[Any, str]) -> None:
    """A record signed before the one before it; the next is held against the latest."""
    made = chain(key[0], 2)
    made.append(one(key[0], number=3, previous_sha256=made[-1].sha256, signed_at=at(-60)))
    made.append(one(key[0], number=4, previous_sha256=made[-1].sha256, signed_at=at(9)))
    assert flaws(verify(made, trusting(key[1]))) == [(Flaw.CLOCK, 3)]


def test_a_sign_off_before_its_report_shows(key: tuple[Any, str]) -> None:
    """Nobody can sign what was not judged yet."""
    late = report(judged_at="2027-01-01T00:00:00Z")
    made = one(key[0], report=late)
    assert flaws(verify([made], trusting(key[1]), lambda _: late)) == [(Flaw.CLOCK, 1)]


def test_another_report_beside_a_record_shows(key: tuple[Any, str]) -> None:
    """The one that was signed is genuine, another is not, one that is not at hand is no flaw."""
    made, trust = one(key[0]), trusting(key[1])
    other = report(rulebook_sha256="9" * 64)

    def found(given_: Report | None) -> list[tuple[Flaw, int]]:
        return flaws(verify(made.envelope, trust, lambda _: given_))

    assert found(report()) == []
    assert found(other) == [(Flaw.REPORT, 1)]
    assert found(None) == []


# Revoked keys


def test_records_before_a_revocation_stay_genuine(key: tuple[Any, str]) -> None:
    """Those the log held then are proved by its last record; what the key signs later is not."""
    made = chain(key[0], 4)
    trust = trusting(key[1]).revoke(key[0].public_key.keyid, at=at(100), why="lost", last=made[2])
    assert verify(made[:3], trust) == ()
    assert flaws(verify(made, trust)) == [(Flaw.REVOKED_KEY, 4)]


def test_a_thief_cannot_put_a_record_before_the_revocation(key: tuple[Any, str]) -> None:
    """Who has the key rewrites the log with dates of long ago: no record of it is the one that was there."""
    made = chain(key[0], 4)
    trust = trusting(key[1]).revoke(key[0].public_key.keyid, at=at(100), why="stolen", last=made[3])
    forged = extended([one(key[0], signed_at=at(1), note="forged")], key[0], 3)
    assert flaws(verify(forged, trust)) == [(Flaw.REVOKED_KEY, number) for number in (1, 2, 3, 4)]


def test_a_revocation_without_a_log_takes_all_back(key: tuple[Any, str]) -> None:
    """Nothing proves any record to be older; nor does one alone prove itself."""
    made = chain(key[0], 2)
    revoked = trusting(key[1])
    without = revoked.revoke(key[0].public_key.keyid, at=at(100), why="")
    assert flaws(verify(made, without)) == [(Flaw.REVOKED_KEY, 1), (Flaw.REVOKED_KEY, 2)]
    with_log = revoked.revoke(key[0].public_key.keyid, at=at(100), why="", last=made[1])
    assert flaws(verify(made[0].envelope, with_log)) == [(Flaw.REVOKED_KEY, 1)]


def test_a_log_goes_on_with_another_key(key: tuple[Any, str], other: tuple[Any, str]) -> None:
    """After a revocation the next key signs after the last record of the old one."""
    old = chain(key[0], 2)
    made = extended(old, other[0], 2)
    trust = trusting(key[1], other[1]).revoke(key[0].public_key.keyid, at=at(3), why="gone", last=old[1])
    assert verify(made, trust) == ()


# Damage


@given(data=st.data())
def test_any_byte_that_is_changed_shows(key: tuple[Any, str], data: st.DataObject) -> None:
    """Whatever byte of a record becomes whatever other, alone or in a log."""
    made, trust = chain(key[0], 2), trusting(key[1])
    envelope = bytearray(made[0].envelope)
    place = data.draw(st.integers(0, len(envelope) - 1))
    envelope[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != envelope[place]))
    changed = bytes(envelope)
    assert verify(changed, trust)
    assert {problem.number for problem in verify([kept(changed), made[1]], trust)} & {0, 1}


@given(cut=st.integers(0, 400), tail=st.binary(max_size=3))
def test_a_record_cut_short_or_grown_shows(key: tuple[Any, str], cut: int, tail: bytes) -> None:
    """A torn write, and anything after the end but its one newline."""
    whole = one(key[0]).envelope
    trust = trusting(key[1])
    changed = whole[: len(whole) - cut] + tail
    assert bool(verify(changed, trust)) == (changed not in {whole, whole + b"\n"})


@given(garbage=st.binary(max_size=200) | st.text(alphabet='[]{}":,0', max_size=80).map(str.encode))
def test_garbage_is_damaged(key: tuple[Any, str], garbage: bytes) -> None:
    """No bytes whatever are more than a damaged record."""
    assert [problem.flaw for problem in verify(garbage, trusting(key[1]))] == [Flaw.DAMAGED]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.clear(),
        lambda content: content.update(subject=[]),
        lambda content: content.update(subject=[{"digest": {"sha256": 7}}]),
        lambda content: content.update(predicate=[]),
        lambda content: content.update(predicateType="https://example.org/other"),
        lambda content: content.update(_type="https://example.org/other"),
        lambda content: content["predicate"].update(result="SHIPPED"),
        lambda content: content["predicate"]["adbAudit"].update(number=0),
        lambda content: content["predicate"]["adbAudit"].update(number=True),
        lambda content: content["predicate"]["adbAudit"].update(signedAt="yesterday"),
        lambda content: content["predicate"]["adbAudit"].update(previousSha256="x"),
        lambda content: content["predicate"].pop("adbAudit"),
    ],
)
def test_what_is_signed_and_no_sign_off_is_damaged(
    key: tuple[Any, str], change: Callable[[dict[str, Any]], None]
) -> None:
    """A trusted key's signature makes no sign-off of something else."""
    content = payload(one(key[0]))
    change(content)
    assert [p.flaw for p in verify(sign(content, key[0]).envelope, trusting(key[1]))] == [Flaw.DAMAGED]


def test_an_approval_of_a_file_is_no_sign_off(key: tuple[Any, str]) -> None:
    """One kind of Statement does not stand for another."""
    made = file_statement("golden.json", "0" * 64, inspector="Kari", signed_at=at(0))
    assert [p.flaw for p in verify(sign(made, key[0]).envelope, trusting(key[1]))] == [Flaw.DAMAGED]


def test_another_spelling_of_a_statement_is_damaged(key: tuple[Any, str]) -> None:
    """What is signed is RFC 8785: nobody reads another thing out of it, as of a field that is there twice."""
    text = json.dumps(payload(one(key[0])), indent=1).encode()
    for spelt in (text, text.replace(b'"result"', b'"result": "FAILED", "result"')):
        envelope = Envelope(spelt, PAYLOAD_TYPE, {})
        envelope.sign(key[0])
        found = verify(canonical(envelope.to_dict()), trusting(key[1]))
        assert [problem.flaw for problem in found] == [Flaw.DAMAGED]


def test_a_first_record_has_none_before_it(key: tuple[Any, str]) -> None:
    """A chain whose beginning was cut off and numbered anew shows."""
    made = one(key[0], number=1, previous_sha256="0" * 64)
    assert flaws(verify([made], trusting(key[1]))) == [(Flaw.CHANGED, 1)]


def test_garbage_without_end_is_left(key: tuple[Any, str]) -> None:
    """What is wrong is told in bounds, and then nothing more is read."""
    garbage = iter([kept(b"x")] * 5 * MOST_PROBLEMS)
    assert len(verify(garbage, trusting(key[1]))) == MOST_PROBLEMS + 1
    assert len(list(garbage)) > 3 * MOST_PROBLEMS


def test_fields_of_a_later_version_do_no_harm(key: tuple[Any, str]) -> None:
    """As in-toto has it, what is unknown is passed over."""
    content = payload(one(key[0]))
    content["predicate"]["adbAudit"]["later"] = {"more": [1.5, None]}
    assert verify(sign(content, key[0]).envelope, trusting(key[1])) == ()


def test_other_spellings_of_an_envelope_are_refused(key: tuple[Any, str]) -> None:
    """The same content with a blank, another order or a second signature is not the record that was kept."""
    record = one(key[0])
    found = json.loads(record.envelope)
    spelt = [
        json.dumps(found).encode(),
        json.dumps(dict(reversed(found.items())), separators=(",", ":")).encode(),
        canonical(found | {"more": 1}),
        canonical(found | {"signatures": found["signatures"] * 2}),
        canonical(found | {"payloadType": PAYLOAD_TYPE + "2"}),
    ]
    for other_way in spelt:
        assert flaws(verify(other_way, trusting(key[1]))) == [(Flaw.DAMAGED, 0)]


def test_a_record_kept_under_another_number_shows(key: tuple[Any, str]) -> None:
    """What a database says of a record must be what the record says of itself."""
    made = one(key[0])
    for wrong in (replace(made, number=7), replace(made, sha256="0" * 64), replace(made, key_id="")):
        assert flaws(verify([wrong], trusting(key[1]))) == [(Flaw.DAMAGED, 1)]


def test_a_damaged_line_of_a_log_is_the_only_thing_missed(key: tuple[Any, str], tmp_path: Path) -> None:
    """The others are still told to be genuine, and the one after it that it follows another one."""
    made = chain(key[0], 4)
    lines = [record.envelope for record in made]
    lines[1] = lines[1][:-20]
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(lines) + b"\n")
    assert flaws(verify(read_log(log), trusting(key[1]))) == [(Flaw.DAMAGED, 0), (Flaw.CHANGED, 3)]


def test_a_log_is_read_as_it_was_written(key: tuple[Any, str], tmp_path: Path) -> None:
    """With or without the newline at its end."""
    made = chain(key[0], 3)
    log = tmp_path / "log.jsonl"
    for end in (b"", b"\n"):
        log.write_bytes(b"\n".join(record.envelope for record in made) + end)
        assert list(read_log(log)) == made


def test_hostile_logs_end_as_errors(key: tuple[Any, str], tmp_path: Path) -> None:
    """A line without end is refused, a million empty ones are told in bounds, a folder is none."""
    log = tmp_path / "log"
    log.write_bytes(b"a" * 3_000_000)
    with pytest.raises(BadInput, match="line of more than"):
        list(read_log(log))
    log.write_bytes(b"\n" * 1_000_000)
    assert len(verify(read_log(log), trusting(key[1]))) == MOST_PROBLEMS + 1
    log.write_bytes(b'{"payload":' + b"[" * 500_000)
    assert flaws(verify(read_log(log), trusting(key[1]))) == [(Flaw.DAMAGED, 0)]
    with pytest.raises(BadInput):
        list(read_log(tmp_path))


def test_numbers_of_a_forger_stay_bounded(key: tuple[Any, str]) -> None:
    """A number of sixteen digits is one problem, not as many."""
    made = [*chain(key[0], 1), one(key[0], number=2**53 - 1, previous_sha256="0" * 64, signed_at=at(5))]
    assert flaws(verify(made, trusting(key[1]))) == [(Flaw.MISSING, 2)]


@pytest.mark.slow
def test_ten_thousand_records(key: tuple[Any, str]) -> None:
    """A long log is verified whole, and one record changed in its middle is named."""
    made = chain(key[0], 10_000)
    trust = trusting(key[1])
    assert verify(made, trust) == ()
    made[4_999] = edited(made[4_999], lambda content: content["predicate"].update(result="FAILED"))
    assert flaws(verify(made, trust)) == [(Flaw.SIGNATURE, 5_000), (Flaw.CHANGED, 5_001)]
