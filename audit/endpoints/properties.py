"""Is this string the name of a system property? Gates live there: an audit asks which ones code reads."""

from __future__ import annotations

import re

# First words of names that init, the framework and makers' code use (AOSP system/sepolicy property_contexts);
# where packages begin with the same word, the second word as well.
_PLAIN = (
    *(
        "persist",
        "ro",
        "gsm",
        "sys",
        "ril",
        "cdma",
        "vendor",
        "dhcp",
        "vold",
        "selinux",
        "qcom",
        "qemu",
        "apexd",
    ),
    *("odm", "oem", "hw", "debug"),
)
_QUALIFIED = {
    "ctl": r"start|stop|restart",
    "dev": r"bootcomplete|mnt",
    "init": r"svc",
    "log": r"tag",
    "net": r"dns[0-9]*|hostname|bt|tcp|gprs|(?:ppp|pdp|eth|wlan)[0-9]*|rmnet\w*|lte|change|cdma",
    "security": r"perf_harden",
    "service": r"adb|bootanim|sf|camera",
    "telephony": r"[a-z]\w+",
    "wifi": r"interface|direct|active",
    "wlan": r"driver",
}
PREFIXES = (*_PLAIN, *_QUALIFIED)
_FIRST = "|".join((*_PLAIN, *(rf"{first}\.(?:{second})" for first, second in _QUALIFIED.items())))
_NAME = re.compile(rf"(?:{_FIRST})(?:\.[A-Za-z0-9_:@-]+)*", re.ASCII)
# Alone, only words that end no sentence.
_BEGINNING = re.compile(rf"(?:{_FIRST})\.[A-Za-z0-9_.:@%${{}}-]+|(?:persist|ro|gsm|ril|sys|cdma)\.", re.ASCII)
_FILES = re.compile(
    r"\.(?:txt|log|rc|xml|so|apk|jar|db|json|prop|conf|cfg|bin|img|java|kt|html?|png|sh|dat)\Z"
)
# PROP_NAME_MAX was 31 until Android 8; since then there is no bound.
_LONGEST = 128


def is_template(text: str) -> bool:
    """Whether *text* is what names of properties are put together from ("persist.radio.", "ro.boot.%s")."""
    return (
        len(text) <= _LONGEST
        and (text[-1:] in {".", "_", "-"} or "%" in text or "{" in text)
        and _BEGINNING.fullmatch(text) is not None
    )


def is_property(text: str) -> bool:
    """Whether *text*, whole, is a system property's name ("persist.vendor.radio.ps.registration.enabled")."""
    return (
        len(text) <= _LONGEST
        and "." in text
        and _NAME.fullmatch(text) is not None
        and _FILES.search(text) is None
        and text[-1] not in "-:@"
    )
