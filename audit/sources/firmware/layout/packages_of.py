"""Whose code a compiled file is: ``…/X/oat/arm64/X.vdex`` belongs to the package of ``…/X/X.apk``.

Sources: AOSP ``DexoptUtils``/``OatFileAssistant::DexLocationToOdexFilename`` (Android 6 on:
``<folder>/oat/<isa>/<name>.odex``), and before ``<folder>/<isa>/<name>.odex`` (5) or ``<name>.odex`` (4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from audit.model.code import CodeFile

_COMPILED = (".vdex", ".odex", ".oat")
_ISAS = frozenset(("arm", "arm64", "x86", "x86_64", "riscv64", "mips", "mips64"))
_PACKAGES = (".apk", ".apk.gz")


def named(files: Iterable[CodeFile]) -> Iterator[CodeFile]:
    """*files*, with the package on all whose APK is among them and says its name."""
    given = tuple(files)
    packages = {f.path: f.manifest.package for f in given if f.manifest is not None and f.manifest.package}
    for file in given:
        yield file if file.package is not None else replace(file, package=_package(file, packages))


def _package(file: CodeFile, packages: dict[str, str]) -> str | None:
    if file.path in packages:
        return packages[file.path]
    owner = owner_of(file.path)
    return next((packages[owner + end] for end in _PACKAGES if owner and owner + end in packages), None)


def owner_of(path: str) -> str | None:
    """The path of the package whose compiled code is at *path*, without its ending; None for other files."""
    if not path.lower().endswith(_COMPILED):
        return None
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0].removesuffix(".apk")
    above, _, last = folder.rpartition("/")
    if last in _ISAS:
        folder = above.removesuffix("/oat")
    return f"{folder}/{stem}"
