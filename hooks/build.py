# ruff: noqa: INP001, T201 - a program of its own in a folder of data; it prints
"""Build the agents: ``python hooks/build.py [--check] [native] [java]``.

Writes ``hooks/agents/*.js`` from ``hooks/src`` with the compiler inside the pinned frida wheel, offline; the
same sources give the same bytes. The Java agent needs ``npm ci --ignore-scripts`` in this folder once, the
native one nothing. ``--check`` writes nothing and fails where a bundle is not what its sources give.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
AGENTS = ("native", "java")
NEEDS = {"java": "frida-java-bridge"}
FRIDA = "17.26.0"
"""The compiler that gives these bytes."""
NOTICES = {
    "native": ("adb-audit's native agent, Apache-2.0: made from hooks/src by hooks/build.py.",),
    "java": (
        "adb-audit's Java agent, Apache-2.0: made from hooks/src by hooks/build.py.",
        "Holds frida-java-bridge 7.0.13, under the GNU Library General Public License, version 2 or later,",
        "with the exception of the wxWindows Library Licence 3.1, and what that uses: see hooks/NOTICE.",
    ),
}


class CannotBuild(Exception):
    """Says what is missing or wrong, and what to do."""


def build(agent: str, folder: Path = HERE) -> str:
    """Make the bundle of *agent* from the sources in *folder*.

    Raises CannotBuild when frida or an npm package is missing or of another version, or when the sources do
    not compile.
    """
    frida = _frida()
    if agent in NEEDS:
        _demand(NEEDS[agent], folder)
    compiler = frida.Compiler()
    said: list[str] = []
    compiler.on("diagnostics", lambda diagnostics: said.extend(_line(one) for one in diagnostics))
    try:
        bundle: str = compiler.build(
            f"src/{agent}/index.ts",
            project_root=str(folder),
            bundle_format="iife",
            compression="terser",
            source_maps="omitted",
        )
    except frida.InvalidArgumentError as error:
        raise CannotBuild("\n".join([str(error), *said])) from error
    return "".join(f"// {line}\n" for line in NOTICES[agent]) + bundle.strip() + "\n"


def _frida():  # noqa: ANN202 - the module's own type
    try:
        import frida  # noqa: PLC0415 - an extra, and 50 MB of it
    except ImportError as error:
        raise CannotBuild("frida is not installed; pip install 'adb-audit[frida]'") from error
    if frida.__version__ != FRIDA:
        raise CannotBuild(f"frida {FRIDA} compiles these agents, found {frida.__version__}")
    return frida


def _demand(package: str, folder: Path) -> None:
    """Ask for the npm *package* in the version that the lock names."""
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    wanted = lock["packages"][f"node_modules/{package}"]["version"]
    found = folder / "node_modules" / package / "package.json"
    version = json.loads(found.read_text(encoding="utf-8"))["version"] if found.is_file() else "not installed"
    if version != wanted:
        raise CannotBuild(
            f"{package} {wanted} is needed, found: {version}; run `npm ci --ignore-scripts` in {folder}"
        )


def _line(diagnostic: dict[str, object]) -> str:
    file = diagnostic.get("file")
    where = f"{file['path']}:{file.get('line', 0) + 1}" if isinstance(file, dict) else "?"
    return f"{where}: {diagnostic.get('text')}"


def main() -> int:
    """Build what was named, or everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with what is there, write nothing")
    parser.add_argument("agents", nargs="*", metavar="AGENT", help=f"of {', '.join(AGENTS)}; without: all")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.agents) - set(AGENTS)):
        parser.error(f"there is no agent {unknown[0]!r}; there are {', '.join(AGENTS)}")
    try:
        bundles = {agent: build(agent) for agent in asked.agents or AGENTS}
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    stale = False
    for agent, bundle in bundles.items():
        path = HERE / "agents" / f"{agent}.js"
        if not asked.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(bundle, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != bundle:
            print(f"{path} is not what its sources give; run python hooks/build.py", file=sys.stderr)
            stale = True
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
