"""Loads virtual units: one TOML file each, on top of the bases they name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from audit.errors import BadInput, UsageError
from audit.lab.derive import complete
from audit.lab.living import PROTOCOLS
from audit.lab.read import Problems, read_record
from audit.lab.spec import SDKS, UnitSpec

Table = dict[str, Any]

_VERDICTS = ("", "PASS", "REVIEW", "FAIL", "INCONCLUSIVE", "unauthorized")


def shipped_units() -> tuple[UnitSpec, ...]:
    """The documented units, by id."""
    folder = resources.files("audit.lab") / "units"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_load(folder / name, name.removesuffix(".toml"), name) for name in names)


def shipped_unit(name: str) -> UnitSpec:
    """One documented unit. Raises UsageError for a name there is none of, listing those there are."""
    folder = resources.files("audit.lab") / "units"
    file = folder / f"{name}.toml"
    if "/" in name or not file.is_file():
        known = ", ".join(
            sorted(
                entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
            )
        )
        raise UsageError(f"there is no virtual unit {name!r}", fix=f"choose one of: {known}")
    return _load(file, name, file.name)


def load_unit(path: Path) -> UnitSpec:
    """A unit of somebody's own. Raises BadInput naming file, key and cure of everything wrong in it."""
    return _load(path, path.stem, str(path))


def unit_from_table(table: Table, *, name: str, where: str = "") -> UnitSpec:
    """A unit from an already read table; bases are looked for among the shipped ones."""
    merged = _on_bases(table, where or name, ())
    without = merged.pop("without", [])
    problems = Problems()
    _remove(merged, without, problems)
    merged.setdefault("id", name)
    spec = read_record(UnitSpec, merged, problems)
    if spec is not None:
        _sensible(spec, problems)
    if spec is None or problems.lines:
        listed = "\n".join(f"  {line}" for line in problems.lines)
        raise BadInput(f"this is no virtual unit:\n{listed}", where=where or name, fix=_FIX)
    return complete(spec)


_FIX = "correct the keys named above; the shipped units in audit/lab/units are examples"


def _load(file: Traversable | Path, name: str, where: str) -> UnitSpec:
    return unit_from_table(_parse(file, where), name=name, where=where)


def _parse(file: Traversable | Path, where: str) -> Table:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("there is no such file", where=where, fix="check the path") from None
    except OSError as trouble:
        raise BadInput(
            f"cannot be read: {trouble.strerror}", where=where, fix="check path and rights"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise BadInput(f"is not TOML: {trouble}", where=where, fix="correct it at that place") from None


def _on_bases(table: Table, where: str, above: tuple[str, ...]) -> Table:
    if "base" not in table:
        return dict(table)
    name = table["base"]
    folder = resources.files("audit.lab") / "bases"
    known = sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )
    if name not in known:
        raise BadInput(
            f"base: there is no base {name!r}", where=where, fix=f"choose one of: {', '.join(known)}"
        )
    if name in above:
        raise BadInput(
            f"base: {' -> '.join((*above, name))} goes in a circle", where=where, fix="break the circle"
        )
    below = _on_bases(_parse(folder / f"{name}.toml", f"base {name}"), where, (*above, name))
    return _merge(below, {key: value for key, value in table.items() if key != "base"})


def _merge(below: Table, above: Table) -> Table:
    """Tables key by key, anything else replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, dict) and isinstance(under, dict):
            merged[key] = _merge(under, value)
        else:
            merged[key] = value
    return merged


def _remove(merged: Table, without: object, problems: Problems) -> None:
    packages = merged.get("packages", {})
    if not isinstance(without, list) or not isinstance(packages, dict):
        problems.add("without", "must be a list of package names")
        return
    for name in without:
        if name not in packages:
            problems.add("without", f"{name!r} is not among the packages of the base")
    merged["packages"] = {name: value for name, value in packages.items() if name not in without}


def _sensible(spec: UnitSpec, problems: Problems) -> None:
    if spec.android not in SDKS:
        problems.add("android", f"must be one of {', '.join(SDKS)}, not {spec.android!r}")
    for name, package in spec.packages.items():
        if not package.path.startswith("/"):
            problems.add(f'packages."{name}".path', f"must begin with /, not {package.path!r}")
    for namespace in spec.settings:
        if namespace not in ("global", "system", "secure"):
            problems.add(f"settings.{namespace}", "must be one of global, system, secure")
    for number, expect in enumerate(spec.expect):
        if expect.verdict not in _VERDICTS:
            problems.add(f"expect[{number}].verdict", f"must be one of {', '.join(_VERDICTS[1:])}")
    _sensible_talks(spec, problems)
    _no_negative("latency_ms", spec.latency_ms, problems)


def _sensible_talks(spec: UnitSpec, problems: Problems) -> None:
    for number, talk in enumerate(spec.talks):
        if talk.package not in spec.packages:
            problems.add(f"talks[{number}].package", f"{talk.package!r} is not among the packages")
        if talk.protocol not in PROTOCOLS:
            problems.add(f"talks[{number}].protocol", f"must be one of {', '.join(PROTOCOLS)}")
        if not is_address(talk.ip):
            problems.add(f"talks[{number}].ip", f"must be an address, not {talk.ip!r}")


def is_address(text: str) -> bool:
    """Whether *text* is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _no_negative(key: str, values: Mapping[str, int], problems: Problems) -> None:
    for name, value in values.items():
        if value < 0:
            problems.add(f'{key}."{name}"', f"must not be negative, not {value}")
