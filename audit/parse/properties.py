"""All places that state a unit's properties, in one table: what runs counts before what was built."""

from __future__ import annotations

from collections.abc import Mapping

from audit.model.facts import ConfigFile, Property
from audit.model.record import record
from audit.parse.prop_files import PropFile, derived, merge

_SDK = ("ro.build.version.sdk", "ro.system.build.version.sdk", "ro.vendor.build.version.sdk")


@record
class Merged:
    """The table. left: files that init does not load, kept as files among others; skipped: what they held."""

    properties: Mapping[str, Property]
    left: tuple[ConfigFile, ...] = ()
    skipped: Mapping[str, int]


class Stated:
    """Collects what ``getprop`` answered and what property files hold."""

    def __init__(self) -> None:
        self._live: dict[str, list[tuple[str, str]]] = {}
        self._files: list[tuple[PropFile, str]] = []

    def live(self, origin: str, values: Mapping[str, str]) -> None:
        """What a running unit states."""
        for name, value in values.items():
            self._live.setdefault(name, []).append((origin, value))

    def file(self, file: PropFile, text: str) -> None:
        """A property file, parsed, and as it was."""
        self._files.append((file, text))

    def merged(self) -> Merged:
        """All of it; the order of files is AOSP's load order, which the API level decides."""
        live_sdk = next((_number(self._live[name][-1][1]) for name in _SDK if name in self._live), None)
        files = tuple(file for file, _ in self._files)
        merged = merge(files, live_sdk)
        if live_sdk is None and (sdk := sdk_of(merged.properties)) is not None:
            merged = merge(files, sdk)
        skipped = {
            f"{left.origin}: properties of a file that init does not load": len(left.statements)
            for left in merged.not_loaded
        }
        for origin, count in merged.not_here.items():
            skipped[f"{origin}: imports of files that are not here"] = count
        properties = dict(merged.properties)
        for name, stated in self._live.items():
            origin, value = stated[-1]
            built = properties.get(name)
            if built is None and len(stated) == 1:
                properties[name] = Property(name=name, value=value, origin=origin)
                continue
            shadowed = stated[-2::-1]
            if built is not None:
                shadowed += [(built.origin, built.value), *built.shadowed]
            properties[name] = Property(name=name, value=value, origin=origin, shadowed=tuple(shadowed))
        return Merged(
            properties={**properties, **derived(properties)},
            left=tuple(map(self._as_file, merged.not_loaded)),
            skipped=skipped,
        )

    def _as_file(self, left: PropFile) -> ConfigFile:
        text = next(text for file, text in self._files if file is left)
        return ConfigFile(path=left.path, text=text, origin=left.origin)


def sdk_of(properties: Mapping[str, Property]) -> int | None:
    """The API level; None where nothing states one."""
    return next((_number(properties[name].value) for name in _SDK if name in properties), None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None
