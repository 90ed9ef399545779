"""What somebody fills in to begin a crate, and what is wrong with it, beside the field it is wrong in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.errors import AuditError, BadManifest
from audit.model.record import record
from audit.station.bench import Choices
from audit.web.forms import Form

LONGEST_NAME = 80
_FIELDS = ("name", "market", "policy", "baseline")
_AGAIN = "A browser does not keep the file: choose it again once it is corrected."


@record
class Begin:
    """A form as it was filled in.

    kept: what was typed, by field; problems: by field, "" = of the whole; lines: problems of the manifest
    """

    kept: Mapping[str, str]
    problems: Mapping[str, str]
    lines: tuple[str, ...] = ()


def blank(choices: Choices) -> Begin:
    """A form nobody has touched."""
    kept = {"name": "", "market": choices.market or "", "policy": choices.policy, "baseline": ""}
    return Begin(kept=kept, problems={})


def filled(form: Form, choices: Choices) -> Begin:
    """A form that was sent, with what can be said of it before anything is begun."""
    kept = {name: form.line(name) for name in _FIELDS}
    problems = {
        "name": ""
        if len(kept["name"]) <= LONGEST_NAME
        else f"The name has more than {LONGEST_NAME} characters.",
        "market": _unless(
            kept["market"], (code for code, _ in choices.markets), "That market is not known here"
        ),
        "policy": _unless(kept["policy"], choices.policies, "There is no such policy here"),
        "baseline": _unless(kept["baseline"], choices.baselines, "There is no such golden unit here"),
    }
    return Begin(
        kept={**kept, "name": kept["name"][:LONGEST_NAME]},
        problems={name: problem for name, problem in problems.items() if problem},
    )


def refused(begin: Begin, error: AuditError) -> Begin:
    """The same form, with why no crate could be begun with it."""
    of_file = isinstance(error, BadManifest)
    fix = f" Fix: {error.fix}." if error.fix else ""
    sentence = f"{error.what[:1].upper()}{error.what[1:]}.{fix}"
    return Begin(
        kept=begin.kept,
        problems={"manifest" if of_file else "": f"{sentence} {_AGAIN}" if of_file else sentence},
        lines=error.problems if isinstance(error, BadManifest) else (),
    )


def told(begin: Begin, choices: Choices) -> Mapping[str, object]:
    """What the form's template needs."""
    return {
        "kept": begin.kept,
        "problems": begin.problems,
        "lines": begin.lines,
        "choices": choices,
        "longest_name": LONGEST_NAME,
    }


def _unless(given: str, known: Iterable[str], problem: str) -> str:
    return "" if not given or given in tuple(known) else f"{problem}: choose one of the list."
