from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import UsageError
from audit.model.evidence import Kind
from audit.sources import plan
from audit.sources.plan import Ask, Command, Flag

READ_ONLY = {
    "getprop",
    "pm list users",
    "cmd package list packages",
    "pm list packages",
    "cmd overlay list",
    "settings list global",
    "settings list system",
    "settings list secure",
    "dumpsys -t 60 package",
    "cat",
    "dd",
    "service call iphonesubinfo",
    "content query --uri content://telephony/siminfo --projection icc_id:sim_id",
    "ip -o link",
}


def test_the_list_of_commands_is_closed() -> None:
    """Every word a unit can be given by an audit stands here; a new one must be added on purpose."""
    assert {str(ask) for ask in Ask} == READ_ONLY


@given(st.text())
def test_no_text_becomes_a_command_unless_it_is_a_name(text: str) -> None:
    """Whatever is given as package or path, nothing a shell would read gets into the line."""
    for ask, package, path in (
        (Ask.DUMP_PACKAGE, text, None),
        (Ask.FILE, None, text),
        (Ask.BLOCKS, None, text),
    ):
        blocks = (0, 1) if ask is Ask.BLOCKS else None
        try:
            line = Command(ask=ask, package=package, path=path, blocks=blocks).line
        except UsageError:
            continue
        line = line.removeprefix("dd if=").removesuffix(" bs=4096 skip=0 count=1")
        assert not set(line) & set("\n\r\t;&|<>()$`\\\"'*?[]#~=%!{} ".replace(" ", ""))
        assert ".." not in line.split("/")


@pytest.mark.parametrize("sdk", [None, 24, 27, 28, 29, 30, 36])
def test_telephony_is_asked_by_getters_only(sdk: int | None) -> None:
    """Transactions of one service also write; those asked come before the first of them on every Android."""
    lines = [step.commands[0].line for step in plan.identity_steps(sdk)]
    calls = [line for line in lines if line.startswith("service call")]
    assert len(calls) == 4
    first_setter = 22  # setCarrierInfoForImsiEncryption, Android 8 on; it moved to higher numbers only
    for line in calls:
        _, _, service, number, *arguments = line.split()
        assert service == "iphonesubinfo"
        assert 1 <= int(number) < first_setter
        assert set(arguments) <= {"i32", "1", "s16", "com.android.shell"}


def test_the_ways_to_identity_are_told_apart() -> None:
    """Each is an artifact of its own, with what was asked for."""
    steps = plan.identity_steps(34)
    assert {step.kind for step in steps} == {Kind.IDENTITY}
    assert len({step.argument for step in steps}) == len(steps)


@pytest.mark.parametrize(("ask", "call"), [(Ask.PHONE, None), (Ask.GETPROP, plan.Call.DEVICE)])
def test_a_call_goes_with_its_service_only(ask: Ask, call: plan.Call | None) -> None:
    """No other service is called, and none without its closed list."""
    with pytest.raises(UsageError):
        Command(ask=ask, call=call)


@pytest.mark.parametrize("name", ["com.acme", "android", "com.Acme_1.x9"])
def test_package_names(name: str) -> None:
    """Names the package manager takes are taken."""
    assert Command(ask=Ask.DUMP_PACKAGE, package=name).line == f"dumpsys -t 60 package {name}"


@pytest.mark.parametrize(
    "name", ["", "com.acme;reboot", "com..acme", "-h", "1com.acme", "com.acme\n", "a" * 300]
)
def test_what_is_no_package_name_is_refused(name: str) -> None:
    """A name from a hostile profile or unit never reaches a shell."""
    with pytest.raises(UsageError):
        Command(ask=Ask.DUMP_PACKAGE, package=name)


@pytest.mark.parametrize("path", ["", "etc/x", "/etc/../data", "/etc/x y", "/etc/$(id)", "/-x", "/etc//x"])
def test_what_is_no_plain_path_is_refused(path: str) -> None:
    """Only absolute, plain paths are read."""
    with pytest.raises(UsageError):
        Command(ask=Ask.FILE, path=path)


@pytest.mark.parametrize(
    "parts",
    [
        {"ask": Ask.GETPROP, "package": "com.acme"},
        {"ask": Ask.FILE, "path": "/a", "flags": (Flag.PATH,)},
        {"ask": Ask.FILE},
        {"ask": Ask.GETPROP, "user": -1},
        {"ask": Ask.BLOCKS, "path": "/a"},
        {"ask": Ask.FILE, "path": "/a", "blocks": (0, 1)},
        {"ask": Ask.BLOCKS, "path": "/a", "blocks": (-1, 1)},
        {"ask": Ask.BLOCKS, "path": "/a", "blocks": (0, 0)},
        {"ask": Ask.BLOCKS, "path": "/a", "blocks": (0, 1 << 20)},
    ],
)
def test_parts_that_do_not_belong_to_a_command_are_refused(parts: dict[str, Any]) -> None:
    """No package for getprop, no options for cat, no cat without a file."""
    with pytest.raises(UsageError):
        Command(**parts)


@pytest.mark.parametrize("sdk", [None, *range(24, 38)])
@pytest.mark.parametrize("kind", [Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.PACKAGES_DISABLED])
def test_lists_are_always_of_one_user(sdk: int | None, kind: Kind) -> None:
    """Android 16 lists the packages of all users unless told otherwise, so no list goes without --user."""
    step = plan.list_step(kind, 10, sdk)
    assert all(command.line.endswith("--user 10") for command in step.commands)


def test_rule_files_join_the_known_ones() -> None:
    """A path a rule names is looked for too, once, and only when it is a plain one."""
    known = plan.known_files(["/odm/etc/x", plan.FILES[0], "/a;b"])
    assert known == (*plan.FILES, "/odm/etc/x")


def test_a_range_of_a_file_is_asked_for_in_blocks() -> None:
    """Without an output file there is nothing ``dd`` could write to."""
    line = Command(ask=Ask.BLOCKS, path=plan.FRAMEWORK, blocks=(12, 3)).line
    assert line == "dd if=/system/framework/framework-res.apk bs=4096 skip=12 count=3"
