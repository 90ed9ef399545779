from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.facts import Apex
from audit.parse.apex import parse_apex
from audit.parse.packages import ListedPackage, parse_packages
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-zA-Z0-9_]{0,8}(\.[a-z0-9_]{1,8}){0,3}", fullmatch=True)
_PATHS = st.one_of(
    st.just(""), st.text(alphabet="abc=/ ~-_.1", max_size=20).map(lambda path: f"/data/app/{path}/base.apk")
)
_PACKAGES = st.builds(
    ListedPackage,
    name=_NAMES,
    path=_PATHS,
    version_code=st.none() | st.integers(0, 2**63 - 1),
    installer=st.none() | _NAMES,
    uids=st.lists(st.integers(1000, 9_999_999), max_size=3).map(tuple),
)


def _line(package: ListedPackage) -> str:
    """The line as runListPackages prints it."""
    path = f"{package.path}=" if package.path else ""
    version = "" if package.version_code is None else f" versionCode:{package.version_code}"
    installer = "" if package.installer is None else f"  installer={package.installer}"
    uids = f" uid:{','.join(map(str, package.uids))}" if package.uids else ""
    return f"package:{path}{package.name}{version}{installer}{uids}"


@given(st.lists(_PACKAGES, max_size=6))
def test_what_the_package_manager_prints_is_read_back(packages: list[ListedPackage]) -> None:
    """Any subset of the fields, and paths with blanks and equals signs, survive."""
    text = "\n".join(map(_line, packages))
    parsed = parse_packages(text)
    assert parsed.value == tuple(packages)
    assert parsed.unread == ()
    assert_accounted(text, parsed)


@given(texts(("package:", "/a/b==/base.apk=", "com.acme.a", " uid:10", " versionCode:1", "  installer=null")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_packages(text))


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("package:com.acme.a", ListedPackage(name="com.acme.a")),
        ("package:android", ListedPackage(name="android")),
        (
            "package:/data/app/~~Zq==/com.acme.a-y8==/base.apk=com.acme.a  installer=com.android.vending",
            ListedPackage(
                name="com.acme.a",
                path="/data/app/~~Zq==/com.acme.a-y8==/base.apk",
                installer="com.android.vending",
            ),
        ),
        ("package:com.acme.a uid:10123,1010123", ListedPackage(name="com.acme.a", uids=(10123, 1010123))),
        ("package:com.acme.a  installer=null uid:10", ListedPackage(name="com.acme.a", uids=(10,))),
        ("package:com.acme.a  installer=", ListedPackage(name="com.acme.a")),
        (
            "package:/system/app/My App/My App.apk=com.acme.a versionCode:7",
            ListedPackage(name="com.acme.a", path="/system/app/My App/My App.apk", version_code=7),
        ),
        ("package:com.acme.a   ", ListedPackage(name="com.acme.a")),
    ],
)
def test_odd_lines(line: str, package: ListedPackage) -> None:
    """What the options asked for is there, and nothing else is made of it."""
    assert parse_packages(line).value == (package,)


@pytest.mark.parametrize(
    "line",
    [
        "package:",
        "package:/system/app/A.apk=",
        "package:com.acme.a versionCode:latest",
        "package:com.acme.a uid:",
        "package:com.acme.a" + " uid:1" * 9,
        "package:com.acme.a frobnicated=true",
        "package:/system/app/A.apk=com.acme.a frobnicated=true",
        "com.acme.a",
    ],
)
def test_lines_that_are_not_understood_are_unread(line: str) -> None:
    """A line with anything unknown in it is shown whole rather than half read."""
    parsed = parse_packages(f"package:com.acme.z\n{line}\n")
    assert [package.name for package in parsed.value] == ["com.acme.z"]
    assert [(unread.line, unread.text) for unread in parsed.unread] == [(2, line)]


@pytest.mark.parametrize(
    "line",
    [
        "Error: Unknown option: -U",
        "Error: Could not access the Package Manager.  Is the system running?",
        'CANNOT LINK EXECUTABLE "app_process": library "libskia.so" not found',
        "Can't find service: package",
        "cmd: Can't find service: package",
        "Killed",
        "java.lang.SecurityException: Shell does not have permission to access user 10",
        "cmd: Failure calling service package: Failed transaction (2147483646)",
    ],
)
def test_the_units_own_errors_are_told_apart(line: str) -> None:
    """A failure is an error of the unit, not a line of unknown meaning."""
    parsed = parse_packages(line)
    assert parsed.errors == (line,)
    assert parsed.unread == ()


def test_a_stack_trace_is_one_error_and_its_frames() -> None:
    """Frames are counted, not shown one by one."""
    text = "java.lang.IllegalStateException: gone\n\tat android.os.A.b(A.java:1)\n\t... 7 more\n"
    parsed = parse_packages(text)
    assert parsed.errors == ("java.lang.IllegalStateException: gone",)
    assert parsed.skipped == {"stack trace": 2}


def test_modules_are_listed_like_packages() -> None:
    """An APEX has a path and a version, and no UID."""
    text = "package:/system/apex/com.android.adbd.apex=com.android.adbd versionCode:351010000\njunk\n"
    parsed = parse_apex(text, "apex")
    assert parsed.value == (
        Apex(
            name="com.android.adbd",
            version_code=351010000,
            path="/system/apex/com.android.adbd.apex",
            origin="apex",
        ),
    )
    assert_accounted(text, parsed)
