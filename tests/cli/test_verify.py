from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audit import codec
from audit.cli.keys import signer_for
from audit.errors import UsageError
from audit.history import History
from audit.model.signing import Result, SignedRecord
from audit.signoff.files import sign_file
from audit.signoff.keys import Signer
from audit.signoff.trust import default_file, load
from tests.cli.conftest import Cli, Ran
from tests.signoff.made import at, chain, one, report

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "proof.md"


@pytest.fixture
def signer(cli: Cli) -> Signer:
    """What signs with a key of this home, which is trusted there."""
    assert cli("keys", "new", "--no-passphrase").code == 0
    return signer_for(None, None)


def written(path: Path, *records: SignedRecord) -> Path:
    """Records in a file, one a line."""
    path.write_bytes(b"".join(record.envelope + b"\n" for record in records))
    return path


def test_a_genuine_record_is_told(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """What was decided, by whom, when; with the report beside it too."""
    path = written(tmp_path / "record.dsse", one(signer))
    beside = tmp_path / "report.json"
    beside.write_text(codec.to_json(report(), indent=2), encoding="utf-8")
    for more in ((), ("--report", beside)):
        done = cli("verify", path, *more)
        assert done.code == 0, done
        assert "genuine: PASSED by Kari Nordmann at 2026-01-31T12:00:00Z, number 1" in done.out


def test_what_is_wrong_is_named_with_its_number(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """In a log and in a record; the exit code is that of a failure, whatever else is genuine."""
    made = chain(signer, 4)
    good = written(tmp_path / "good.jsonl", *made)
    bad = written(tmp_path / "bad.jsonl", made[0], made[2], made[3])
    done = cli("verify", good, bad)
    assert done.code == 3
    assert "4 records" in done.out
    assert "number 2: a record is missing" in done.out
    other = tmp_path / "other.json"
    other.write_text(codec.to_json(report(rulebook_sha256="9" * 64)), encoding="utf-8")
    for path in (written(tmp_path / "record.dsse", made[0]), good):
        done = cli("verify", path, "--report", other)
        assert done.code == 3
        assert "the report beside it is another one" in done.out


def test_the_end_of_a_log_is_missed_by_who_remembers_it(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """By --count or --head, which a genuine log prints."""
    made = chain(signer, 3)
    log = written(tmp_path / "log.jsonl", *made)
    assert f"3 records; the last has the hash {made[2].sha256}" in cli("verify", "--log", log).out
    assert cli("verify", "--log", log, "--count", "3", "--head", made[2].sha256.upper()).code == 0
    short = written(tmp_path / "short.jsonl", *made[:1])
    assert cli("verify", "--log", short).code == 0
    assert cli("verify", "--log", short, "--count", "3").code == 3
    assert cli("verify", "--log", short, "--head", made[2].sha256).code == 3


def test_a_revoked_key_is_named(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """Its records that the log held then stay genuine; one that came later is not."""
    made = chain(signer, 3)
    log = written(tmp_path / "log.jsonl", *made[:2])
    done = cli("keys", "revoke", "station", "--why", "laptop stolen", "--log", log)
    assert done.code == 0
    assert "up to number 2" in done.err
    assert "revoked" in cli("keys", "list").out
    with pytest.raises(UsageError, match="revoked"):
        signer_for("station", None)
    assert cli("verify", log).code == 0
    late = cli("verify", written(tmp_path / "late.jsonl", *made))
    assert late.code == 3
    assert "number 3: signed by a key that was revoked before" in late.out
    assert "laptop stolen" in late.out


def test_what_cannot_be_told_is_no_failure(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """No key trusted, no file, an empty log, no signature beside a file."""
    path = written(tmp_path / "record.dsse", one(signer))
    default_file().unlink()
    done = cli("verify", path)
    assert done.code == 5
    assert "no key is trusted" in done.err
    assert cli("verify", tmp_path / "nowhere").code == 5
    assert cli("verify", "--log", written(tmp_path / "empty.jsonl")).code == 5
    golden = tmp_path / "golden.json"
    golden.write_text('{"schema": "adb-audit/baseline/1"}', encoding="utf-8")
    done = cli("verify", golden)
    assert done.code == 5
    assert "no signature beside" in done.err


def test_a_given_key_is_enough(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """Who trusts nobody yet names the key; then only that one counts."""
    path = written(tmp_path / "record.dsse", one(signer))
    pem = tmp_path / "station.pem"
    pem.write_text(cli("keys", "show").out, encoding="utf-8")
    cli("keys", "new", "other", "--no-passphrase")
    other = tmp_path / "other.pem"
    other.write_text(cli("keys", "show", "other").out, encoding="utf-8")
    default_file().unlink()
    assert cli("verify", path, "--key", pem).code == 0
    assert cli("verify", path, "--key", other).code == 3


def test_an_approved_file_is_verified_from_either_end(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """By its own name or its envelope's; changed, it is named."""
    golden = tmp_path / "golden.json"
    golden.write_text('{"schema": "adb-audit/baseline/1"}', encoding="utf-8")
    beside = sign_file(golden, signer, inspector="Kari", signed_at=at(0))
    for path in (golden, beside):
        done = cli("verify", path)
        assert (done.code, "approved by Kari" in done.out) == (0, True), done
    golden.write_text("{}", encoding="utf-8")
    assert cli("verify", beside).code == cli("verify", golden).code == 3


def test_the_history_of_the_station_is_a_log(cli: Cli, signer: Signer) -> None:
    """With nothing signed there is nothing to tell."""
    assert signer is not None
    done = cli("verify", "--log")
    assert done.code == 5
    assert "no record" in done.err


@pytest.mark.parametrize(
    "words", [[], ["x", "--count", "3"], ["--log", "--head", "zz"], ["--log", "a", "b", "--count", "1"]]
)
def test_what_makes_no_sense_is_refused(cli: Cli, words: list[str]) -> None:
    """Nothing to verify, --count of no log, a hash that is none."""
    assert cli("verify", *words).code == 2


def test_hostile_words_of_a_record_harm_no_terminal(cli: Cli, signer: Signer, tmp_path: Path) -> None:
    """Neither an inspector's name nor a file's."""
    path = written(tmp_path / "re\x1b[2Jcord.dsse", one(signer, inspector="Ka\x1b[31mri\u202e"))
    done = cli("verify", path)
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.out


def test_the_log_of_the_station_is_written_out_and_verified_elsewhere(
    cli: Cli, signer: Signer, tmp_path: Path
) -> None:
    """Byte for byte, one record a line."""
    db = tmp_path / "history.db"
    made: list[SignedRecord] = []

    def make(number: int, previous: str) -> SignedRecord:
        made.append(one(signer, number=number, previous_sha256=previous, signed_at=at(number)))
        return made[-1]

    with History.open(str(db)) as history:
        id_ = history.record(report(), None)
        for _ in range(3):
            history.append(make, id_, Result.PASSED)
    out = tmp_path / "log.jsonl"
    done = cli("verify", "--log", "--db", db, "--output", out)
    assert done.code == 0, done
    assert out.read_bytes() == b"".join(record.envelope + b"\n" for record in made)
    assert cli("verify", "--log", out, "--count", "3", "--head", made[2].sha256).code == 0
    assert cli("verify", out, "--output", out).code == 2
    revoked = cli("keys", "revoke", "station", "--why", "lost", "--db", db)
    assert "up to number 3" in revoked.err
    assert cli("verify", "--log", "--db", db).code == 0


# Keys


def test_a_key_needs_a_passphrase_or_a_word_that_it_has_none(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None and an empty one are refused; a file's and the environment's open it, and are shown nowhere."""
    monkeypatch.setattr(sys, "stdin", None)
    assert cli("keys", "new").code == 2
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    assert cli("keys", "new", "--passphrase-file", empty).code == 2
    assert not default_file().exists()
    file = tmp_path / "pass"
    file.write_text("very secret\nmore\n", encoding="utf-8")
    done = cli("keys", "new", "--passphrase-file", file)
    assert done.code == 0
    assert "secret" not in done.out + done.err
    with pytest.raises(UsageError, match="no passphrase"):
        signer_for(None, None)
    assert signer_for(None, file).public_key.keyid == done.out.strip()
    monkeypatch.setenv("ADB_AUDIT_PASSPHRASE", "very secret")
    assert signer_for("station", None).public_key.keyid == done.out.strip()
    monkeypatch.setenv("ADB_AUDIT_PASSPHRASE", "wrong")
    with pytest.raises(UsageError, match="does not open"):
        signer_for("station", None)


def test_which_key_signs_is_clear_or_asked(cli: Cli) -> None:
    """None, one, several, one by its name or its file."""
    with pytest.raises(UsageError, match="no key to sign with"):
        signer_for(None, None)
    ids = {name: cli("keys", "new", name, "--no-passphrase").out.strip() for name in ("a", "b")}
    with pytest.raises(UsageError, match="several keys"):
        signer_for(None, None)
    assert signer_for("b", None).public_key.keyid == ids["b"]
    path = default_file().with_name("a.key.pem")
    assert signer_for(str(path), None).public_key.keyid == ids["a"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [key_id for key_id, _ in load(default_file()).listed()] == list(ids.values())


def test_a_key_is_not_made_twice(cli: Cli) -> None:
    """The first one stays, and stays trusted."""
    first = cli("keys", "new", "--no-passphrase").out.strip()
    assert cli("keys", "new", "--no-passphrase").code == 2
    assert signer_for(None, None).public_key.keyid == first
    assert len(load(default_file())) == 1


def test_another_stations_key_is_trusted_and_revoked(cli: Cli, tmp_path: Path) -> None:
    """By name; a file that holds none is refused, so is a name nobody has."""
    cli("keys", "new", "--no-passphrase")
    pem = tmp_path / "other.pem"
    pem.write_text(cli("keys", "show").out, encoding="utf-8")
    default_file().unlink()
    assert cli("keys", "trust", pem, "--name", "bench 2").code == 0
    assert "bench 2" in cli("keys", "list").out
    done = cli("keys", "revoke", "bench 2", "--why", "gone")
    assert done.code == 0
    assert "none of this key's is genuine" in done.err
    assert cli("keys", "trust", pem).code == 2
    assert cli("keys", "revoke", "nobody", "--why", "gone").code == 2
    pem.write_text("x", encoding="utf-8")
    assert cli("keys", "trust", pem).code == 5


# The page


def shown() -> str:
    """The commands of the page that run without this program, as one script."""
    lines = [line[4:] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("    ")]
    return "\n".join(line for line in lines if not line.startswith(("adb-audit ", "find audit ")))


@pytest.fixture
def bench(cli: Cli, signer: Signer, tmp_path: Path) -> Path:
    """A folder with the files the page speaks of."""
    for tool in ("openssl", "jq", "base64", "sha256sum", "bash"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here")
    made = chain(signer, 2)
    written(tmp_path / "record.dsse", made[1])
    written(tmp_path / "log.jsonl", *made)
    (tmp_path / "station.pem").write_text(cli("keys", "show").out, encoding="utf-8")
    (tmp_path / "report.json").write_text(codec.to_json(report(), indent=2), encoding="utf-8")
    return tmp_path


def run_page(folder: Path) -> Ran:
    """What the script does in *folder*, with this Python for python3."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shown()],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def test_the_page_proves_a_genuine_record(bench: Path) -> None:
    """Its commands, run as they are shown, accept the signature, the report and the chain."""
    done = run_page(bench)
    assert done.code == 0, done
    assert "Signature Verified Successfully" in done.out
    signed, actual = [line.split()[0] for line in done.out.splitlines() if len(line.split()[0]) == 64]
    assert signed == actual


def test_the_page_refuses_what_is_not_genuine(bench: Path) -> None:
    """A changed statement stops at the signature, a changed log at its hashes."""
    record = json.loads((bench / "record.dsse").read_bytes())
    log = (bench / "log.jsonl").read_bytes()
    (bench / "log.jsonl").write_bytes(log.replace(b'"keyid":"', b'"keyid": "', 1))
    assert run_page(bench).code != 0
    (bench / "log.jsonl").write_bytes(log)
    assert run_page(bench).code == 0
    record["payload"] = "AAAA" + record["payload"][4:]
    (bench / "record.dsse").write_text(json.dumps(record), encoding="utf-8")
    done = run_page(bench)
    assert done.code != 0
    assert "Verified Successfully" not in done.out
