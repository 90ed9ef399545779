"""Is this string the name of a system property? Gates live there: an audit asks which ones code reads."""

from __future__ import annotations

import re

# First words of names that init, the framework and makers' code use (AOSP system/sepolicy property_contexts);
# where packages begin with the same word, the second word as well.
_PLAIN = r"persist|ro|gsm|sys|ril|cdma|vendor|dhcp|vold|selinux|qcom|qemu|apexd|odm|oem"
_QUALIFIED = (
    r"init\.svc|log\.tag|ctl\.(?:start|stop|restart)|dev\.(?:bootcomplete|mnt)|service\.(?:adb|bootanim|sf|camera)"
    r"|net\.(?:dns[0-9]*|hostname|bt|tcp|gprs|ppp[0-9]*|pdp[0-9]*|rmnet\w*|eth[0-9]*|wlan[0-9]*|lte|change|cdma)"
    r"|debug\.(?:sf|hwui|egl|atrace|mdpcomp|gralloc|layout|force_rtl|stagefright|camera|nfc|[a-z]+)"
    r"|hw\.[a-z]+|wlan\.driver|wifi\.(?:interface|direct|active)|security\.perf_harden|radio\.[a-z]+"
    r"|telephony\.[a-z]+|bluetooth\.[a-z]+|product\.[a-z]+"
)
_NAME = re.compile(rf"(?:(?:{_PLAIN})(?=\.)|(?:{_QUALIFIED})(?=[._]|\Z))(?:\.[A-Za-z0-9_:@-]+)*", re.ASCII)
_FILES = re.compile(
    r"\.(?:txt|log|rc|xml|so|apk|jar|db|json|prop|conf|cfg|bin|img|java|kt|html?|png|sh|dat)\Z"
)
# PROP_NAME_MAX was 31 until Android 8; since then there is no bound.
_LONGEST = 128


def is_property(text: str) -> bool:
    """Whether *text*, whole, is a system property's name ("persist.vendor.radio.ps.registration.enabled")."""
    return (
        len(text) <= _LONGEST
        and "." in text
        and _NAME.fullmatch(text) is not None
        and _FILES.search(text) is None
        and text[-1] not in "-:@"
    )
