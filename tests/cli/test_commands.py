from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from audit.cli import exits, reference
from audit.cli.main import run
from tests.cli.conftest import Cli

PAGES = reference.pages()
# Libraries and parts that only some commands need; --help waits for none of them.
HEAVY = (
    "pydantic",
    "rich",
    "asyncio",
    "platformdirs",
    "cryptography",
    "adb_shell",
    "usb1",
    "jinja2",
    "tabulate",
    "frida",
    "sqlalchemy",
    "starlette",
    "audit.model",
    "audit.rulebook",
    "audit.codec",
    "audit.adb",
    "audit.lab",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_help_shows_examples_within_80_columns(cli: Cli, page: reference.Page) -> None:
    """Every command explains itself with an example on the narrowest terminal."""
    ran = cli(*page.path.split()[1:], "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "..." not in ran.out.partition("Commands:")[2].partition("Example")[0]


def test_help_imports_nothing_heavy() -> None:
    """`--help` answers at once because it loads neither libraries nor the rulebook."""
    code = (
        "import sys; from audit.cli.main import run; run(['--help']); "
        "sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert not set(HEAVY) & set(done.stderr.split())


def test_exit_codes_are_in_the_help(cli: Cli) -> None:
    """Scripts are written against them."""
    text = cli("--help").out
    for code, meaning in exits.MEANINGS:
        assert f"{code}  {meaning}" in text


def test_exit_codes_of_verdicts_are_those_of_reports() -> None:
    """The documented numbers and those the reports give are one set."""
    from audit.reports import EXIT_CODES  # noqa: PLC0415 - only here

    assert list(EXIT_CODES.values()) == [exits.PASS, exits.FAIL, exits.REVIEW, exits.INCONCLUSIVE]


def test_version(cli: Cli) -> None:
    """--version names program and version and nothing else."""
    ran = cli("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.split()[0] == "adb-audit"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "Usage: adb-audit"), (("scann",), "Did you mean 'scan'?"), (("judge",), "FILE|DIR")],
)
def test_a_command_line_that_cannot_be_read(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    """Nothing, a misspelt command, a missing argument: exit code 2 and a hint."""
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize("what", ["report", "snapshot"])
def test_schemas_are_valid(cli: Cli, what: str) -> None:
    """What `schema` prints is a JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(json.loads(cli("schema", what).out))


def test_a_report_is_as_its_schema_says(cli: Cli, tmp_path: Path) -> None:
    """`judge --format json` and `schema` agree."""
    (tmp_path / "getprop.txt").write_text("[ro.product.model]: [X]\n")
    report = json.loads(cli("judge", tmp_path, "-f", "json").out)
    jsonschema.validate(report, json.loads(cli("schema").out))


@pytest.mark.parametrize("kind", ["clients", "regions", "advisories", "policies", "markets", "volatile"])
def test_the_rulebook_can_be_listed(cli: Cli, kind: str) -> None:
    """Every kind of entry has a table."""
    ran = cli("profiles", "list", kind)
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 1


def test_a_role_selects_clients(cli: Cli) -> None:
    """Only clients of that role, and an unknown one names those there are."""
    rows = cli("profiles", "list", "--role", "carrier-lock").out.splitlines()[1:]
    assert rows
    assert all("carrier-lock" in line for line in rows)
    assert "carrier-lock" in cli("profiles", "list", "--role", "x").err


@pytest.mark.parametrize("name", ["com.qualcomm.qti.autoregistration", "hmd", "strict", "EEA", "android-usb"])
def test_an_entry_is_shown_whole(cli: Cli, name: str) -> None:
    """As JSON, whatever kind it is of."""
    assert isinstance(json.loads(cli("profiles", "show", name).out), dict)


def test_explain_says_what_a_client_does(cli: Cli) -> None:
    """Endpoint, identifiers, market and sources of the client of 2019."""
    text = cli("profiles", "explain", "com.qualcomm.qti.autoregistration").out
    for part in ("zzhc.vnet.cn", "ICCID", "Mainland China", "https://", "acts when"):
        assert part in text


@pytest.mark.parametrize("verb", ["show", "explain"])
def test_an_unknown_name_brings_the_nearest(cli: Cli, verb: str) -> None:
    """A letter too few is the usual case."""
    ran = cli("profiles", verb, "com.qualcomm.qti.autoregistratio")
    assert ran.code == 2
    assert "did you mean com.qualcomm.qti.autoregistration" in ran.err


def test_the_shipped_rulebook_holds(cli: Cli) -> None:
    """All its examples come out as they say."""
    ran = cli("profiles", "test")
    assert ran.code == 0, ran.out
    assert "examples hold" in ran.out


def test_a_broken_rulebook_is_found_by_lint_and_test(cli: Cli, tmp_path: Path) -> None:
    """Linting says what is wrong and exits 3; test cannot begin and exits 2."""
    (tmp_path / "markets.toml").write_text("[country]\nNO = 47\n")
    linted = cli("profiles", "lint", tmp_path)
    assert linted.code == 3
    assert "markets.toml" in linted.err
    assert cli("profiles", "test", tmp_path).code == 2


def test_the_doctor_looks_at_configuration_and_rulebook(cli: Cli, home: Path) -> None:
    """A wrong default market is found before a unit is plugged in."""
    well = cli("doctor")
    assert "rulebook" in well.out
    assert max(len(line) for line in well.out.splitlines() if "/" not in line) <= 80
    (home / "config" / "adb-audit").mkdir(parents=True)
    (home / "config" / "adb-audit" / "config.toml").write_text('market = "UK"\n')
    ill = cli("doctor")
    assert ill.code == 5
    assert "did you mean GB" in ill.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("adb-audit scan --market N", "NO"),
        ("adb-audit judge --format js", "json"),
        ("adb-audit scan --policy st", "strict"),
        ("adb-audit scan --transport se", "server"),
        ("adb-audit profiles explain com.qualcomm.qti.autor", "com.qualcomm.qti.autoregistration"),
        ("adb-audit ca", "capture"),
    ],
)
def test_the_shell_is_offered_what_fits(home: Path, words: str, offered: str) -> None:
    """Completion by the shell's own protocol."""
    assert home.is_dir()
    environment = os.environ | {
        "_ADB_AUDIT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    command = [sys.executable, "-c", "from audit.cli.main import main; main()"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert offered in done.stdout.split()


def test_a_defect_stays_a_traceback(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no AuditError tells of is not dressed up: the process ends with 1 and says where."""
    assert home.is_dir()
    monkeypatch.setenv("ADB_SERVER_SOCKET", "tcp:127.0.0.1:1")
    monkeypatch.setattr("audit.codec.schema", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run(["schema"])


def test_the_manual_page_has_every_option() -> None:
    """Nothing a command takes is missing from the page."""
    page = reference.man().replace("\\-", "-")
    for one in PAGES:
        for spelling, _ in one.options:
            assert spelling in page
    assert reference.markdown().count("\n## ") == len(PAGES)


def test_explanations_keep_label_and_text_apart(cli: Cli) -> None:
    """A long label is no reason to run into its text."""
    out = cli("profiles", "explain", "com.evenwell.autoregistration.overlay.base.s600cn").out
    assert "region signal (hmd)  An overlay" in out
