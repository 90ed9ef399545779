"""The commands that make a unit show itself and those that look how it lies there: a closed list. Pure.

Run on virtual units alone, on no phone: so each thing that is done is looked at afterwards.
keys       KEYCODE_WAKEUP and KEYCODE_SLEEP type nothing, and WAKEUP does nothing to a lit screen. MIUI lets
           the shell press keys only with “USB debugging (Security settings)”. A screen that slept is locked,
           where it has a lock: so an unlocked one is not put to sleep.
page       ``am start`` in a task of its own that no list of recent apps shows (Intent.parseCommandArgs);
           Back closes it. It cannot be seen while the unit is locked.
notice     ``cmd notification post``, of Android 10 or newer (NotificationShellCmd.java), and ``cmd`` takes
           none away. The first call of INotificationManager.aidl does, for all of the app Shell
           (cancelAllNotifications: the first in each of nine builds that were looked at, of different
           versions). The category it was posted in stays.
locked     KeyguardServiceDelegate.java (``dump``); what is not said is not guessed.
brightness is left alone: adaptive brightness learns from it, and makers count it in other steps.
"""

from __future__ import annotations

import re
import shlex
from enum import StrEnum

from audit.adb.device import Completed
from audit.model.record import record
from audit.model.text import clean_line

TAG = "adb-audit"
LONGEST_TEXT = 80
_LONGEST_SAID = 4096

_PLAIN = re.compile(r"[^\w .,:#/@+()\[\]-]")
_SETTINGS = ("com.android.settings/", "com.android.settings.")
_WAKEFULNESS = re.compile(r"^\s*mWakefulness=(\w{1,20})\s*$", re.MULTILINE)
_SHOWING = re.compile(r"(?<!\S)showing=(true|false)(?!\S)")
_FRONT = re.compile(r"ResumedActivity[:=] ?ActivityRecord\{\S{1,20} u\d{1,5} (\S{1,250}?)[ }]")
_NOTICE = re.compile(r"NotificationRecord\([^:\n]{1,40}: pkg=com\.android\.shell [^\n]{0,200}?tag=(\S{1,80})")
_CANCELLED = re.compile(r"Result: Parcel\(\s*(?:0x00000000: )?00000000\b")
_FAILED = ("error", "usage:", "exception", "failure", "unknown command", "cmd: can't")


class Order(StrEnum):
    """What is done to the unit."""

    WAKE = "input keyevent KEYCODE_WAKEUP"
    SLEEP = "input keyevent KEYCODE_SLEEP"
    BACK = "input keyevent KEYCODE_BACK"
    PAGE = (
        "am start -a android.settings.DEVICE_INFO_SETTINGS"
        " --activity-multiple-task --activity-exclude-from-recents --activity-no-history"
    )
    UNPOST = "service call notification 1 s16 com.android.shell i32 0"


class Question(StrEnum):
    """What is only read."""

    SDK = "getprop ro.build.version.sdk"
    POWER = "dumpsys power"
    LOCK = "dumpsys window policy"
    FRONT = "dumpsys activity activities"
    NOTICES = "dumpsys notification"


@record
class Screen:
    """How a unit lies there.

    awake: None = it does not say; locked: whether its lock screen shows, None = it does not say
    front: the activity that runs in front, "" = none, or it does not say
    """

    awake: bool | None
    locked: bool | None
    front: str = ""

    @property
    def in_settings(self) -> bool:
        """Whether its settings are in front."""
        return self.front.startswith(_SETTINGS)


def awake(power: str) -> bool | None:
    """Whether the screen is lit, of ``dumpsys power``; ambient display and screensavers are not."""
    found = _WAKEFULNESS.search(power)
    return None if found is None else found[1] == "Awake"


def locked(policy: str) -> bool | None:
    """Whether the lock screen shows, of ``dumpsys window policy``."""
    found = set(_SHOWING.findall(policy))
    return found == {"true"} if len(found) == 1 else None


def front(activities: str) -> str:
    """The activity in front, of ``dumpsys activity activities``; the words differ from Android 7 to 16."""
    found = _FRONT.search(activities)
    return clean_line(found[1]) if found else ""


def shell_notices(notifications: str) -> tuple[str, ...]:
    """The tags of what the app Shell notifies, of ``dumpsys notification``."""
    return tuple(clean_line(found[1]) for found in _NOTICE.finditer(notifications))


def post(text: str) -> str:
    """The command that notifies *text*, of which only plain characters are left."""
    return f"cmd notification post -t {shlex.quote(TAG)} {TAG} {shlex.quote(plain(text))}"


def plain(text: str) -> str:
    """*text* without anything that a shell or a person could take for something else."""
    return _PLAIN.sub("", clean_line(text))[:LONGEST_TEXT].strip(" -") or "here"


def refusal(answer: Completed, order: str = "") -> str:
    """Why the unit did not do it, "" when it did: ``am`` and ``cmd`` say no with exit code 0, too."""
    if answer.timed_out:
        return "the unit did not answer in time"
    if answer.truncated:
        return "the connection broke off"
    stdout, stderr = (
        clean_line(part[:_LONGEST_SAID].decode("utf-8", "replace")).strip()
        for part in (answer.stdout, answer.stderr)
    )
    words = f"{stderr} {stdout}".strip()
    no = any(part.lower().startswith(_FAILED) for part in (stdout, stderr))
    if order == Order.UNPOST and not no:
        no = _CANCELLED.search(stdout) is None
    if answer.exit_code not in (0, None) or no or "Exception" in words or "Error:" in words:
        return words[:200] or f"exit code {answer.exit_code}"
    return ""
