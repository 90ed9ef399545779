"""Commands about the screen: keys, pages of the settings, notifications, and the dumps that tell of them.

Sources: AOSP KeyguardServiceDelegate.java (``dump``, in ``dumpsys window policy``), NotificationShellCmd.java
(``post``), INotificationManager.aidl (its first call is ``cancelAllNotifications``); of ``dumpsys power``,
``dumpsys activity activities`` and ``dumpsys notification`` the lines that scripts for phones look for. None
was held against a phone.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from audit.lab import say_change, say_identity, say_log
from audit.lab.caller import Args, Caller, complained, said
from audit.lab.screen import Notice
from audit.lab.shell import Answer

_SHELL = "com.android.shell"
_SETTINGS = "com.android.settings"
_POST_SINCE = 29
_TOP_SINCE = 31
_PAGES = {"android.settings.DEVICE_INFO_SETTINGS": "/.Settings$MyDeviceInfoActivity"}
_NO_KEYS = "java.lang.SecurityException: Injecting to another application requires INJECT_EVENTS permission\n"


def press(caller: Caller, args: Args) -> Answer:
    """``input keyevent KEYCODE_WAKEUP|KEYCODE_SLEEP|KEYCODE_BACK``."""
    screen = caller.life.screen
    keys = {"KEYCODE_WAKEUP": screen.wake, "KEYCODE_SLEEP": screen.sleep, "KEYCODE_BACK": screen.back}
    match args:
        case ("keyevent", name) if name in keys:
            if not screen.keys:
                return complained(_NO_KEYS, 255)
            keys[name]()
            return Answer()
        case _:
            return complained("Error: Invalid arguments for command: keyevent\n", 255)


def activity(caller: Caller, args: Args) -> Answer:
    """``am start -a PAGE`` of the settings; all else of ``am``."""
    action = next((value for name, value in pairwise(args) if name == "-a"), "")
    if args[:1] != ("start",) or action not in _PAGES:
        return say_change.activity(caller, args)
    heading = f"Starting: Intent {{ act={action} flg=0x58800000 }}\n"
    if _SETTINGS not in caller.unit.packages:
        no = f"Error: Activity not started, unable to resolve Intent {{ act={action} flg=0x58800000 }}\n"
        return Answer(stdout=heading.encode(), stderr=no.encode(), exit_code=1)
    caller.life.screen.show(_SETTINGS + _PAGES[action])
    return said(heading)


def power(caller: Caller, _args: Args) -> Answer:
    """``dumpsys power``, its head."""
    state = "Awake" if caller.life.screen.awake else "Asleep"
    return said(
        "POWER MANAGER (dumpsys power)\n\nPower Manager State:\n  mDirty=0x0\n"
        f"  mWakefulness={state}\n  mWakefulnessChanging=false\n  mIsPowered=true\n"
    )


def window(caller: Caller, args: Args) -> Answer:
    """``dumpsys window policy``, what it says of the lock screen."""
    if args[:1] != ("policy",):
        return said("WINDOW MANAGER (dumpsys window)\n")
    showing = str(caller.life.screen.locked).lower()
    return said(
        "WINDOW MANAGER POLICY STATE (dumpsys window policy)\n    mSafeMode=false mSystemReady=true\n"
        f"    KeyguardServiceDelegate\n      showing={showing}\n      showingAndNotOccluded={showing}\n"
        f"      inputRestricted={showing}\n      occluded=false\n      secure=true\n"
    )


def activities(caller: Caller, args: Args) -> Answer:
    """``dumpsys activity activities``: what runs in front; all else of that service."""
    if args[:1] != ("activities",):
        return say_log.broadcasts(caller, args)
    front = caller.life.screen.resumed
    one = f"ActivityRecord{{1a2b3c4 u0 {front} t12}}" if front else "null"
    told = (
        f"    topResumedActivity={one}\n  ResumedActivity: {one}\n"
        if caller.unit.sdk >= _TOP_SINCE
        else f"    mResumedActivity: {one}\n"
    )
    return said(f"ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\nDisplay #0:\n{told}")


def notification(caller: Caller, args: Args) -> Answer:
    """``cmd notification post [-t TITLE] TAG TEXT``, of Android 10 and later."""
    if args[:1] != ("post",) or caller.unit.sdk < _POST_SINCE:
        return said("usage: cmd notification SUBCMD [args]\n\nSUBCMDs:\n  allow_listener COMPONENT\n")
    title, rest = (args[2], args[3:]) if args[1:2] == ("-t",) and len(args) > 2 else ("", args[1:])
    if len(rest) != 2:
        return said("usage: cmd notification post [flags] <tag> <text>\n", 255)
    number = 2020 if caller.unit.sdk >= _TOP_SINCE else 1138
    caller.life.screen.post(
        Notice(package=_SHELL, number=number, tag=rest[0], text=f"{title} {rest[1]}".strip())
    )
    return said("posting:\n  Notification(channel=shell_cmd pri=0 contentView=null)\n")


def notifications(caller: Caller, _args: Args) -> Answer:
    """``dumpsys notification``, its list."""
    listed = "".join(
        f"    NotificationRecord(0x0a1b2c3d: pkg={one.package} user=UserHandle{{0}} id={one.number}"
        f" tag={one.tag} importance=3 key=0|{one.package}|{one.number}|{one.tag}|2000:"
        " Notification(channel=shell_cmd))\n"
        for one in caller.life.screen.notices
    )
    return said(
        f"Current Notification Manager state:\n  Notification List:\n{listed}  \n  mUseAttentionLight=0\n"
    )


def service(caller: Caller, args: Args) -> Answer:
    """``service call notification 1 s16 PACKAGE i32 USER``; all else of ``service``."""
    match args:
        case ("call", "notification", "1", "s16", package, "i32", user) if user.isdecimal():
            if package != _SHELL:
                return said(say_identity.parcel(struct.pack("<i", -1)))
            caller.life.screen.cancel(package)
            return said(say_identity.parcel(struct.pack("<i", 0)))
        case _:
            return say_identity.service(caller, args)
