"""From what was asked on the command line to what a unit is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audit.asked import Asked
from audit.cli import config, markets
from audit.model.profiles import Rulebook
from audit.model.report import Expectation

DEFAULT_POLICY = "default"


def load_rulebook(profiles: Path | None) -> Rulebook:
    """The rulebook in *profiles*; None = the shipped one."""
    from audit.rulebook.loader import load

    return load(profiles)


def folder_of(profiles: Path | None, settings: config.Config) -> Path | None:
    """The rulebook's folder: as asked, else as configured; None = the shipped one."""
    if profiles is not None or settings.profiles is None:
        return profiles
    return Path(settings.profiles).expanduser()


def asked(
    market: str | None,
    policy: str | None,
    profiles: Path | None,
    settings: config.Config,
    *,
    iocs: Sequence[Path] | None = None,
    uad: Path | None = None,
    baseline: Path | None = None,
) -> Asked:
    """What was asked for, with the user's own defaults where an option says nothing.

    iocs, uad: files of the operator's own, see `audit.rulebook.indicators` and `.descriptions`
    baseline: file of a golden unit
    Raises UsageError for a market or policy nobody defined, BadProfile for a rulebook that does not load,
    BadInput for a file of indicators or descriptions, or of a golden unit, that is none.
    """
    from audit.pipeline import checked_policy

    rulebook = load_rulebook(folder_of(profiles, settings))
    if iocs or uad is not None:
        from audit.rulebook.descriptions import with_descriptions
        from audit.rulebook.indicators import with_indicators

        rulebook = with_descriptions(with_indicators(rulebook, tuple(iocs or ())), uad)
    code = settings.market if market is None else market
    expectation = Expectation(
        market=None if code is None else markets.resolve(code, rulebook.markets),
        policy=(settings.policy or DEFAULT_POLICY) if policy is None else policy,
    )
    checked_policy(rulebook, expectation)
    made = Asked(rulebook=rulebook, expectation=expectation)
    return made if baseline is None else _held_against(made, baseline)


def _held_against(asked_: Asked, path: Path) -> Asked:
    from audit import codec
    from audit.signoff.files import check_file, envelope_path
    from audit.sources import golden

    baseline = golden.load(path)
    if envelope_path(path).exists():  # who signs one wants to know when it is another
        from audit.signoff import trust

        check_file(path, trust.load(trust.default_file()))
    expectation = replace(asked_.expectation, baseline=codec.sha256(baseline))
    return replace(asked_, expectation=expectation, baseline=baseline)
