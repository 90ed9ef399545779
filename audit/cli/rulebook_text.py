"""The rulebook in words for a terminal. Pure: text out, nothing printed here."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

from audit import codec
from audit.errors import UsageError
from audit.model.profiles import ClientProfile, Condition, Gate, Role, Rulebook
from audit.rulebook.examples import ExampleResult
from audit.rulebook.explain import Explanation

_WIDTH = 80
_INDENT = "  "

Row = Sequence[str]


def listing(rulebook: Rulebook, kind: str, role: str | None) -> str:
    """A table of all entries of one *kind*. Raises UsageError for a kind or role there is none of."""
    if role is not None and kind != "clients":
        raise UsageError("only clients have roles", fix="leave --role out, or list clients")
    make = _LISTINGS.get(kind)
    if make is None:
        raise UsageError(f"nothing is listed as {kind!r}", fix=f"choose one of: {', '.join(_LISTINGS)}")
    head, rows = make(rulebook) if role is None else _clients(rulebook, _role(role))
    return _table(head, rows)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise UsageError(f"unknown role {name!r}", fix=f"choose one of: {known}") from None


def _clients(rulebook: Rulebook, role: Role | None = None) -> tuple[Row, list[Row]]:
    chosen = (c for c in rulebook.clients.values() if role is None or c.role is role)
    rows: list[Row] = [
        (c.package, c.role.value, " ".join(c.serves), c.confidence.value)
        for c in sorted(chosen, key=lambda c: c.package)
    ]
    return ("package", "role", "serves", "confidence"), rows


def _regions(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (r.oem, "none it states" if r.silent else f"{len(r.signals)} signals", r.title)
        for r in rulebook.regions
    ]
    return ("maker", "region", "title"), rows


def _advisories(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    return ("incident", "dates", "title"), [(a.id, a.dates, a.title) for a in rulebook.advisories]


def _policies(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    return ("policy", "title"), [(p.name, p.title) for p in rulebook.policies.values()]


def _destinations(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (d.id, " ".join(d.markets), " ".join(d.allowed), d.confidence.value, d.title)
        for d in rulebook.destinations
    ]
    return ("rule", "markets", "may call", "confidence", "title"), rows


def _anycast(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    return ("network", "operator"), [(one.network, one.operator) for one in rulebook.anycast]


def _volatile(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (one.id, one.kind.value, ", ".join(one.oems) or "all", f"{len(one.names)} names", one.names[0])
        for one in rulebook.volatile
    ]
    return ("not compared", "kind", "makers", "", "such as"), rows


def _markets(rulebook: Rulebook) -> tuple[Row, list[Row]]:
    sets = [(s.code, f"{len(s.markets)} markets", s.title) for s in rulebook.markets.sets.values()]
    countries = [(code, "", name) for code, name in rulebook.markets.countries.items()]
    return ("code", "", "name"), [*sets, *countries]


_LISTINGS: Mapping[str, Callable[[Rulebook], tuple[Row, list[Row]]]] = {
    "clients": _clients,
    "regions": _regions,
    "advisories": _advisories,
    "policies": _policies,
    "destinations": _destinations,
    "anycast": _anycast,
    "volatile": _volatile,
    "markets": _markets,
}


def _table(head: Row, rows: Iterable[Row]) -> str:
    """Columns as wide as their widest cell; the last one takes what is left and may run on."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    shown = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]])
        for line in lines
    )
    return "\n".join(line.rstrip() for line in shown)


def entry(rulebook: Rulebook, name: str) -> str:
    """One entry whole, as JSON. Raises UsageError, with near names, when nothing is called *name*."""
    named: dict[str, object] = {
        **rulebook.markets.sets,
        **rulebook.policies,
        **{one.network: one for one in rulebook.anycast},
        **{one.id: one for one in rulebook.volatile},
        **{rule.id: rule for rule in rulebook.destinations},
        **{region.oem: region for region in rulebook.regions},
        **{advisory.id: advisory for advisory in rulebook.advisories},
        **rulebook.clients,
    }
    if name not in named:
        near = difflib.get_close_matches(name, named, n=3, cutoff=0.5)
        fix = (
            f"did you mean {' or '.join(near)}?" if near else "`adb-audit profiles list` names what there is"
        )
        raise UsageError(f"the rulebook has no entry {name!r}", fix=fix)
    return codec.to_json(named[name], indent=2)


def failed_example(result: ExampleResult) -> str:
    """What an example expected, and what came of it."""
    case = result.case
    return (
        f"{case.path}: {case.kind} {case.subject}: example {case.example.name!r}"
        f" expects {case.example.expect}, got {result.got}"
    )


def explanation(found: Explanation) -> str:
    """Everything the rulebook says of a package."""
    parts = [found.package]
    if found.client is not None:
        parts += _client(found.client, found.markets)
    for advisory in found.advisories:
        parts += ["", *_pair(f"incident {advisory.id}", f"{advisory.title}. {advisory.summary}")]
    for region, rule in found.signals:
        parts += ["", *_pair(f"region signal ({region.oem})", rule.meaning)]
    return "\n".join(parts)


def _client(client: ClientProfile, markets: tuple[str, ...]) -> list[str]:
    serves = ", ".join(markets) if markets else "ships worldwide"
    lines = [client.title, ""]
    lines += _pair("role", client.role.value)
    lines += _pair("vendor", client.vendor)
    lines += _pair("made for", serves)
    lines += _pair("why", client.why)
    for endpoint in client.endpoints:
        extra = ", ".join(
            part
            for part in (endpoint.operator, "cleartext" if endpoint.cleartext else "", endpoint.note)
            if part
        )
        lines += _pair("calls", f"{endpoint.to} ({extra})" if extra else endpoint.to)
    if client.sends:
        lines += _pair("sends", ", ".join(client.sends))
    lines += _pair("acts when", _gate(client.armed_when))
    lines += _pair("fix", client.fix)
    if client.note:
        lines += _pair("note", client.note)
    lines += _pair("confidence", client.confidence.value)
    for source in client.sources:
        lines += [f"{'source':<12}{source}"]
    return lines


def _gate(gate: Gate | None) -> str:
    if gate is None:
        return "not established"
    conditions = [*map(_condition, gate.all)]
    if gate.any:
        conditions.append("one of: " + " or ".join(map(_condition, gate.any)))
    return "; ".join(conditions) or "always: it has no gate"


def _condition(condition: Condition) -> str:
    values = f" {', '.join(condition.values)}" if condition.values else ""
    return f"{condition.subject.value} {condition.name} {condition.test.value}{values}"


def _pair(label: str, text: str) -> list[str]:
    head = f"{label:<12}" if len(label) < 12 else f"{label}  "
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]
