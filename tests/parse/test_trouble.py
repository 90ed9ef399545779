from __future__ import annotations

import pytest

from audit.parse.trouble import TROUBLES, noise, recognise


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("*** SERVICE 'package' DUMP TIMEOUT (60000ms) EXPIRED ***", "did not finish in time"),
        ("*** SERVICE DUMP TIMEOUT EXPIRED ***", "did not finish in time"),
        ("Permission Denial: can't dump Package from pid=1", "refused"),
        ("cmd: Can't find service: overlay", "not running"),
        ("Can't find service: -t", "not running"),
        ("Killed", "killed"),
        ("Killed ", "killed"),
        ('CANNOT LINK EXECUTABLE "app_process": library "libskia.so" not found', "start its own programs"),
        ("java.lang.SecurityException: Shell does not have permission to access user 10", "not visible"),
        ("Security exception: Shell does not have permission to access user 10", "not visible"),
        ("Security exception: Neither user 2000 nor current process has x", "for security reasons"),
        ("Error: Unknown option: -U", "does not know"),
        ("Unknown command: list", "does not know"),
        ("/system/bin/sh: cmd: not found", "does not have the command"),
        ("/system/bin/sh: cmd: inaccessible or not found", "does not have the command"),
        ("cat: /vendor/build.prop: No such file or directory", "does not have the command or file"),
        ("cat: /vendor/build.prop: Permission denied", "refused"),
        ("Error: Could not access the Package Manager.  Is the system running?", "framework is not running"),
        ("cmd: Failure calling service package: Failed transaction (2147483646)", "went away"),
        ("error: device unauthorized.", "ADB could not reach"),
        ("adb: error: device 'x' not found", "ADB could not reach"),
        ("Exception occurred while executing 'list':", "reported an error"),
        ("Unable to find package: com.acme.a", "does not have the package"),
    ],
)
def test_what_units_say_is_recognised(line: str, reason: str) -> None:
    """The more exact meaning is found, with a fix unless it is an answer."""
    trouble = recognise(line)
    assert trouble is not None
    assert reason in trouble.reason
    assert bool(trouble.fix) is not trouble.answers


@pytest.mark.parametrize(
    "line",
    [
        "package:com.acme.permissionkiller",
        "com.acme.killed",
        "Killedby",
        "    Terminated",
        "ro.error=none",
        "android.permission.DUMP",
        "Kernel: not found yet",
        "",
    ],
)
def test_honest_lines_are_no_trouble(line: str) -> None:
    """Words that fail elsewhere may be part of an answer."""
    assert recognise(line) is None


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "blank lines"),
        (" \t", "blank lines"),
        ("\tat android.os.Binder.execTransact(Binder.java:1)", "stack trace"),
        ("\t... 12 more", "stack trace"),
        ("WARNING: linker: libdvm.so has text relocations", "linker warnings"),
        ("* daemon started successfully", "adb's own lines"),
        ("--------- 0.3s was the duration of dumpsys package", "frame of a bug report"),
        ("DUMP OF SERVICE package:", "frame of a bug report"),
        ("at home", None),
        ("---", None),
    ],
)
def test_noise_has_a_name(line: str, what: str | None) -> None:
    """Lines without meaning are counted under what they are."""
    assert noise(line) == what


def test_reasons_and_fixes_are_sentences() -> None:
    """Both go to an operator as they stand."""
    for trouble in TROUBLES:
        assert trouble.reason.endswith(".")
        assert trouble.fix.endswith(".") or trouble.answers
