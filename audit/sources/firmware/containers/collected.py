"""Partition images as they are found: each once, and what comes a second time is told from what differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from functools import partial

from audit.errors import BadInput
from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.sources.firmware.containers.file_names import OTHER_SYSTEM
from audit.sources.firmware.containers.image import Image
from audit.sources.firmware.containers.reader import equal, open_image
from audit.sources.firmware.containers.volume import Package, Volume

_MOST_LEFT = 200
_LOST = (Topic.PROPERTIES, Topic.PACKAGES)
"""What a partition that cannot be opened may have spoken of."""
_ONE = "give the package or the folder of one build, with one image of each partition"


@record
class _Taken:
    slot: str
    image: Image


@record
class Collected:
    """What was found so far.

    kinds: what was opened on the way, for people; left: what was named and not opened; errors: what should
        have been opened and could not be
    """

    kinds: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    errors: list[BadInput] = field(default_factory=list)
    _taken: dict[str, _Taken] = field(default_factory=dict)

    def package(self) -> Package | None:
        """All of it; None where no partition was found."""
        if not self._taken:
            return None
        left = self.left[:_MOST_LEFT]
        if len(self.left) > _MOST_LEFT:
            left.append(f"and {len(self.left) - _MOST_LEFT} more")
        return Package(
            kind=", ".join(dict.fromkeys(self.kinds)),
            volumes=tuple(_volume(name, taken.image) for name, taken in self._taken.items()),
            gaps=tuple(_gap(error, topic) for error in self.errors for topic in _LOST),
            left=tuple(left),
        )

    @contextmanager
    def missing(self) -> Iterator[None]:
        """What is damaged in here is missing, and the rest is gone on with."""
        try:
            yield
        except BadInput as error:
            self.errors.append(error)

    def add(self, name: str, slot: str, found: Image) -> None:
        """The image of the partition *name*; the slot that is not in use is empty.

        Raises BadInput where another image of it was found, for then one of them is not judged. The other
        slot's system may be what factory packages keep there, compiled code: it is one more partition.
        """
        known = self._taken.get(name)
        if not found.size:
            self.left.append(f"{name}_{slot} (empty)" if slot else f"{name} (empty)")
        elif known is None:
            self._taken[name] = _Taken(slot=slot, image=found)
        elif equal(found, known.image):
            self.left.append(f"{found.origin} ({name} was taken from {known.image.origin})")
        elif name == "system" and slot != known.slot:
            self.add(OTHER_SYSTEM, "", found)
        else:
            raise BadInput(
                f"differs from {known.image.origin}, which was taken for {name}", where=found.origin, fix=_ONE
            )


def _volume(name: str, found: Image) -> Volume:
    return Volume(name=name, origin=found.origin, size=found.size, open=partial(open_image, found))


def _gap(error: BadInput, topic: Topic) -> Gap:
    return Gap(topic=topic, reason=f"{error.where}: {error.what}", fix=error.fix, origin=error.where)
