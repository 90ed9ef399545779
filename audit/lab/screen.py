"""The screen of a virtual unit: asleep or awake, locked or not, what is in front, what is notified."""

from __future__ import annotations

from audit.lab.changes import Change
from audit.lab.living import ScreenSpec
from audit.model.record import record


@record
class Notice:
    """A notification. text: its title and its text"""

    package: str
    number: int
    tag: str
    text: str


class Screen:
    """Its state; each change is noted in *changes*.

    front: activities, the one in front last; notices: what is notified
    """

    def __init__(self, spec: ScreenSpec, changes: list[Change]) -> None:
        self.awake = spec.awake
        self.locked = spec.locked
        self.keys = spec.keys
        self.front = [spec.front] if spec.front else []
        self.notices: list[Notice] = []
        self._locks = spec.locks
        self._changes = changes

    @property
    def resumed(self) -> str:
        """The activity that runs in front; "" while the screen is dark or locked."""
        return self.front[-1] if self.front and self.awake and not self.locked else ""

    def wake(self) -> None:
        """Light the screen."""
        self._note("screen", "awake", self.awake, True)
        self.awake = True

    def sleep(self) -> None:
        """Darken the screen, which locks it where it has a lock."""
        self._note("screen", "awake", self.awake, False)
        self.awake = False
        if self._locks:
            self._note("screen", "locked", self.locked, True)
            self.locked = True

    def back(self) -> None:
        """Close what is in front, unless it is the last."""
        if self.resumed and len(self.front) > 1:
            self._fronted(self.front[:-1])

    def show(self, activity: str) -> None:
        """Put *activity* in front."""
        self._fronted([*self.front, activity])

    def post(self, notice: Notice) -> None:
        """Notify, in a category that stays."""
        self.notices.append(notice)
        self._note("channel", "shell_cmd", None, "Shell command")
        self._note("notification", notice.tag, None, notice.text)

    def cancel(self, package: str) -> None:
        """Take away what *package* notified."""
        for notice in [one for one in self.notices if one.package == package]:
            self.notices.remove(notice)
            self._note("notification", notice.tag, notice.text, None)

    def _fronted(self, front: list[str]) -> None:
        self._note("screen", "front", " ".join(self.front), " ".join(front))
        self.front = front

    def _note(self, what: str, name: str, was: object, now: object) -> None:
        if was != now:
            self._changes.append(
                Change(
                    what=what,
                    name=name,
                    was=None if was is None else str(was),
                    now=None if now is None else str(now),
                )
            )
