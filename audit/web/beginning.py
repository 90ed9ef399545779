"""What somebody fills in to begin a crate, and what is wrong with it, beside the field it is wrong in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.errors import AuditError, BadManifest
from audit.model.record import record
from audit.station.bench import Choices
from audit.web.forms import Form

LONGEST_NAME = 64
"""Of a crate, since its folder is called so."""
FIELDS = ("name", "market", "policy", "baseline")
_ABOUT = (("name", "name"), ("market", "market"), ("policy", "policy"), ("golden unit", "baseline"))
"""What an error speaks of, and the field that it is of."""
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
    kept = {name: form.line(name) for name in FIELDS}
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
    fix = f" Fix: {error.fix.rstrip('.')}." if error.fix else ""
    sentence = f"{error.what[:1].upper()}{error.what[1:].rstrip('.')}.{fix}"
    if isinstance(error, BadManifest):
        return Begin(
            kept=begin.kept, problems={"manifest": f"{sentence} {_AGAIN}"}, lines=tuple(error.problems)
        )
    field = next((field for word, field in _ABOUT if word in error.what), "")
    return Begin(kept=begin.kept, problems={field: sentence})


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
