"""The agents, as they are built from ``hooks/src``: found, and told by their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from audit.errors import BadInput
from audit.model.record import record


@record
class Bundle:
    """An agent ready to be loaded. name: "native" or "java"."""

    name: str
    source: str
    sha256: str


def shipped_agents() -> Path:
    """The agents that come with the program: inside a wheel's package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_shipped" / "hooks" / "agents"
    return shipped if shipped.is_dir() else package.parent / "hooks" / "agents"


def load_bundles(folder: Path | None, *, java: bool) -> tuple[Bundle, ...]:
    """The agents to load, from *folder* (None = the shipped ones); BadInput where one is missing."""
    folder = folder or shipped_agents()
    return tuple(_load(folder, name) for name in (("native", "java") if java else ("native",)))


def _load(folder: Path, name: str) -> Bundle:
    path = folder / f"{name}.js"
    try:
        data = path.read_bytes()
        source = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"the {name} agent cannot be read ({error})", where=str(path), fix="Install this program again."
        ) from error
    return Bundle(name=name, source=source, sha256=hashlib.sha256(data).hexdigest())
