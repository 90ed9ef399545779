"""``dumpsys``: the package service, whole or for one package.

Sources: ``Settings.dumpPackageLPr`` of AOSP and recorded phones of Android 4.4, 7.1, 8.1, 9 and 12 for
order and spelling; what an auditing host does not read (resolver tables, permissions) is
represented by a few lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from zlib import crc32

from audit.lab.say_packages import java_hash
from audit.lab.shell import Answer
from audit.lab.spec import USER_OFFSET, PackageSpec, StateSpec, UnitSpec
from audit.model.facts import Enabled

Args = tuple[str, ...]

_ENABLED_NUMBER = {
    Enabled.DEFAULT: 0,
    Enabled.ENABLED: 1,
    Enabled.DISABLED: 2,
    Enabled.DISABLED_USER: 3,
    Enabled.DISABLED_UNTIL_USED: 4,
}
_BUILT = "2009-01-01 00:00:00"
_INSTALLED = "2026-01-12 09:30:00"


def dumpsys(unit: UnitSpec, args: Args) -> Answer:
    """Answer to ``dumpsys ARGS``."""
    rest = list(args)
    if rest[:1] == ["-t"] and unit.sdk >= 23:
        rest = rest[2:]
    match rest:
        case ["-l"]:
            return Answer(
                stdout=b"Currently running services:\n  activity\n  overlay\n  package\n  settings\n"
            )
        case ["package", "packages"]:
            return _text("\n".join(_packages(unit, sorted_names(unit))))
        case ["package", name]:
            return _text("\n".join(_one(unit, name)))
        case ["package"]:
            return _filled(_text("\n".join(_whole(unit))), unit.dump_kb)
        case [name, *_]:
            return Answer(stderr=f"Can't find service: {name}\n".encode())
        case _:
            return Answer(stdout=b"Currently running services:\n  package\n")


def sorted_names(unit: UnitSpec) -> list[str]:
    """Package names in the order of the service's ``ArrayMap``."""
    return sorted(unit.packages, key=java_hash)


def _text(text: str) -> Answer:
    return Answer(stdout=f"{text}\n".encode(errors="surrogateescape"))


def _filled(said: Answer, size_kb: int) -> Answer:
    """With as much of an activity resolver table before it as a phone of that size has."""
    missing = size_kb * 1024 - len(said.stdout)
    return replace(said, stdout=resolver_table(missing) + said.stdout) if missing > 0 else said


@cache
def resolver_table(size: int) -> bytes:
    """An activity resolver table of about *size* bytes; remembered, as a hundred units print the same."""
    lines = [b"Activity Resolver Table:", b"  Non-Data Actions:"]
    while size > 0:
        name = f"org.example.filler{len(lines)}"
        lines.append(
            f"      {name}.ACTION:\n        {_tag(name)} {name}/.Main filter {_tag('f' + name)}".encode()
        )
        size -= len(lines[-1]) + 1
    return b"\n".join((*lines, b"", b""))


def _tag(text: str) -> str:
    """What ``System.identityHashCode`` would be: different for each, the same at every call."""
    return f"{crc32(text.encode(errors='surrogateescape')) & 0xFFFFFFF:x}"


def _one(unit: UnitSpec, name: str) -> Iterator[str]:
    if name not in unit.packages:
        if unit.sdk >= 33:
            yield f"Unable to find package: {name}"
            return
        yield from ("Dexopt state:", f"  Unable to find package: {name}", "", "")
        yield from ("Compiler stats:", f"  Unable to find package: {name}")
        return
    yield from _key_sets([name])
    yield from _packages(unit, [name])
    yield from _hidden(unit, [name])
    yield from _dexopt(unit, [name])


def _whole(unit: UnitSpec) -> Iterator[str]:
    names = sorted_names(unit)
    fingerprint = unit.properties.get("ro.build.fingerprint", "")
    yield from ("Database versions:", "  Internal:")
    yield from (f"    sdkVersion={unit.sdk} databaseVersion=3 ", f"    fingerprint={fingerprint} ", "")
    yield from ("Verifiers:", "  Required: null (uid=-1)", "")
    yield from ("Libraries:", "  javax.obex ->  (jar) /system/framework/javax.obex.jar", "")
    yield from ("Features:", "  android.hardware.telephony", "")
    yield from _key_sets(names)
    yield from _packages(unit, names)
    yield from _hidden(unit, names)
    yield from _shared_users(unit)
    if unit.sdk >= 26:
        yield from ("Package Changes:", "  Sequence number=1", "  User 0:", "", "")
    yield from ("Frozen packages:", "  (none)", "")
    if unit.sdk >= 26:
        yield from ("", "Loaded volumes:", "  (none)", "")
    yield from _dexopt(unit, names)
    yield from ("", "Settings parse messages:")
    yield f"Read completed successfully: {len(names)} packages, {len(_shared(unit))} shared uids"


def _key_sets(names: list[str]) -> Iterator[str]:
    yield "Key Set Manager:"
    for name in names:
        yield from (f"  [{name}]", "      Signing KeySets: 1")
    yield ""


def _packages(unit: UnitSpec, names: list[str]) -> Iterator[str]:
    yield "Packages:"
    for name in names:
        yield from _package(unit, name, unit.packages[name])
    yield ""


def _hidden(unit: UnitSpec, names: list[str]) -> Iterator[str]:
    hidden = [name for name in names if unit.packages[name].hidden_copy]
    if hidden:
        yield "Hidden system packages:"
        for name in hidden:
            yield from _hidden_package(unit, name, unit.packages[name])
        yield ""


def _hidden_package(unit: UnitSpec, name: str, package: PackageSpec) -> Iterator[str]:
    yield f"  Package [{name}] ({_tag('hidden ' + name)}):"
    yield f"    {_uid_key(unit)}={package.uid}"
    yield f"    codePath={package.hidden_copy}"
    yield f"    resourcePath={package.hidden_copy}"
    yield f"    versionCode={(package.version_code or 1) - 1} minSdk=21 targetSdk={unit.sdk}"
    yield "    pkgFlags=[ SYSTEM ]"


def _uid_key(unit: UnitSpec) -> str:
    return "appId" if unit.sdk >= 34 else "userId"


def _package(unit: UnitSpec, name: str, package: PackageSpec) -> Iterator[str]:
    tag = _tag(name)
    yield f"  Package [{name}] ({tag}):"
    yield f"    {_uid_key(unit)}={package.uid}"
    if package.shared_user:
        shared = f"{_tag(package.shared_user)} {package.shared_user}/{package.uid}"
        yield f"    sharedUser=SharedUserSetting{{{shared}}}"
    yield f"    pkg=Package{{{tag} {name}}}"
    yield f"    codePath={package.path}"
    yield f"    resourcePath={package.path}"
    yield f"    legacyNativeLibraryDir={package.path}/lib"
    if unit.sdk >= 31:
        yield "    extractNativeLibs=true"
    yield from ("    primaryCpuAbi=arm64-v8a", "    secondaryCpuAbi=null")
    yield f"    versionCode={package.version_code} minSdk=21 targetSdk={unit.sdk}"
    if unit.sdk >= 31:
        yield "    minExtensionVersions=[]"
    yield f"    versionName={package.version_name}"
    yield f"    splits=[{', '.join(('base', *package.splits))}]"
    yield "    apkSigningVersion=3"
    yield from _flags(unit, name, package)
    yield from _origin(unit, package, tag)
    for number in sorted(unit.users):
        yield from _user_line(unit, number, package.state(number))
    if package.overlay_target:
        yield f"    overlayTarget={package.overlay_target}"


def _flags(unit: UnitSpec, name: str, package: PackageSpec) -> Iterator[str]:
    flags = " ".join(
        (
            *(("SYSTEM",) if package.on_image else ()),
            "HAS_CODE",
            "ALLOW_CLEAR_USER_DATA",
            *(("UPDATED_SYSTEM_APP",) if package.hidden_copy else ()),
            "ALLOW_BACKUP",
        )
    )
    private = "PRIVILEGED " if "/priv-app/" in package.path else ""
    kind = "PackageImpl" if unit.sdk >= 31 else "ApplicationInfo"
    yield f"    applicationInfo={kind}{{{_tag('info ' + name)} {name}}}"
    yield f"    flags=[ {flags} ]"
    yield f"    privateFlags=[ PRIVATE_FLAG_ACTIVITIES_RESIZE_MODE_RESIZEABLE_VIA_SDK_VERSION {private}]"
    yield f"    dataDir=/data/user/0/{name}"
    yield "    supportsScreens=[small, medium, large, xlarge, resizeable, anyDensity]"


def _origin(unit: UnitSpec, package: PackageSpec, tag: str) -> Iterator[str]:
    when = _BUILT if package.on_image and not package.hidden_copy else _INSTALLED
    yield f"    timeStamp={when}"
    if unit.sdk < 33:
        yield f"    firstInstallTime={_BUILT if package.on_image else _INSTALLED}"
    yield f"    lastUpdateTime={when}"
    if package.installer:
        yield f"    installerPackageName={package.installer}"
    if unit.sdk >= 28:
        signatures = f"signatures:[{package.signature}], past signatures:[]"
        yield f"    signatures=PackageSignatures{{{tag} version:3, {signatures}}}"
        yield "    installPermissionsFixed=true"
    else:
        yield f"    signatures=PackageSignatures{{{tag} [{package.signature}]}}"
        yield "    installPermissionsFixed=true installStatus=1"
    flags = "SYSTEM HAS_CODE" if package.on_image else "HAS_CODE"
    yield f"    pkgFlags=[ {flags} ALLOW_CLEAR_USER_DATA ALLOW_BACKUP ]"


def _user_line(unit: UnitSpec, number: int, state: StateSpec) -> Iterator[str]:
    def flag(name: str, *, on: bool) -> str:
        return f"{name}={'true' if on else 'false'}"

    yield "    User " + " ".join(
        (
            f"{number}: ceDataInode={1000 + number}",
            flag("installed", on=state.installed),
            flag("hidden", on=state.hidden),
            flag("suspended", on=state.suspended),
            *(("distractionFlags=0",) if unit.sdk >= 29 else ()),
            flag("stopped", on=state.stopped),
            flag("notLaunched", on=False),
            f"enabled={_ENABLED_NUMBER[state.enabled]}",
            *(("instant=false", "virtual=false") if unit.sdk >= 26 else ()),
        )
    )
    if state.enabled in (Enabled.DISABLED, Enabled.DISABLED_USER):
        yield "      lastDisabledCaller: com.android.settings"
    if unit.sdk >= 33:
        yield f"      firstInstallTime={_BUILT}"
    if state.installed:
        yield "      gids=[3003]"


def _shared(unit: UnitSpec) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted_names(unit):
        shared = unit.packages[name].shared_user
        if shared:
            found.setdefault(shared, []).append(name)
    return found


def _shared_users(unit: UnitSpec) -> Iterator[str]:
    yield "Shared users:"
    for shared, names in _shared(unit).items():
        uid = (unit.packages[names[0]].uid or 0) % USER_OFFSET
        yield f"  SharedUser [{shared}] ({_tag(shared)}):"
        yield f"    {_uid_key(unit)}={uid}"
        yield "    install permissions:"
        yield "      android.permission.INTERNET: granted=true"
    yield ""


def _dexopt(unit: UnitSpec, names: list[str]) -> Iterator[str]:
    yield from ("", "Dexopt state:")
    for name in names:
        yield f"  [{name}]"
        if not unit.packages[name].overlay_target:
            yield f"    path: {unit.packages[name].apk}"
            yield "      arm64: [status=speed-profile] [reason=prebuilt]"
    yield from ("", "", "Compiler stats:")
    for name in names:
        yield from (f"  [{name}]", "    (No recorded stats)")
