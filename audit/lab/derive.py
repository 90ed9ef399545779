"""Fills in what follows from what a unit's file states: build properties, uids, versions, users."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from audit.lab.spec import FIRST_APP_UID, SHARED_UIDS, PackageSpec, UnitSpec, UserSpec

_FINGERPRINT = re.compile(
    r"(?P<brand>[^/]*)/(?P<name>[^/]*)/(?P<device>[^:]*):(?P<release>[^/]*)/(?P<id>[^/]*)/"
    r"(?P<incremental>[^:]*):(?P<type>[^/]*)/(?P<tags>.*)"
)
"""``ro.build.fingerprint`` as AOSP's build system composes it."""

_FROM_FINGERPRINT = {
    "ro.product.brand": "brand",
    "ro.product.name": "name",
    "ro.product.device": "device",
    "ro.build.version.release": "release",
    "ro.build.id": "id",
    "ro.build.version.incremental": "incremental",
    "ro.build.type": "type",
    "ro.build.tags": "tags",
}

_FIRST_APP = 10_040
"""Lower ones are usually taken by shared users of the image."""


def complete(spec: UnitSpec) -> UnitSpec:
    """*spec* with everything that follows from it filled in; what is stated stays."""
    return replace(
        spec,
        properties=_properties(spec),
        packages=_with_uids(spec.packages, spec),
        users=dict(spec.users) or {0: UserSpec(name="Owner")},
    )


def _properties(spec: UnitSpec) -> Mapping[str, str]:
    derived = {
        "ro.build.version.release": spec.android,
        "ro.build.version.sdk": str(spec.sdk),
        "ro.serialno": spec.serial,
        "ro.boot.serialno": spec.serial,
    }
    parts = _FINGERPRINT.fullmatch(spec.fingerprint)
    if parts:
        derived["ro.build.fingerprint"] = spec.fingerprint
        derived |= {name: parts[group] for name, group in _FROM_FINGERPRINT.items()}
        derived["ro.build.display.id"] = parts["incremental"]
        derived["ro.build.description"] = (
            f"{parts['name']}-{parts['type']} {parts['release']} {parts['id']} {parts['incremental']} "
            f"{parts['tags']}"
        )
        derived["ro.build.flavor"] = f"{parts['name']}-{parts['type']}"
    return derived | dict(spec.properties)


def _with_uids(packages: Mapping[str, PackageSpec], spec: UnitSpec) -> Mapping[str, PackageSpec]:
    """Every package with uid and version; a shared user's packages share theirs."""
    shared: dict[str, int] = dict(SHARED_UIDS)
    taken = {package.uid for package in packages.values()}
    following = _FIRST_APP
    done: dict[str, PackageSpec] = {}
    for name, package in packages.items():
        uid = shared.get(package.shared_user or "") if package.uid is None else package.uid
        if uid is None:
            following = _next_free(following, taken)
            uid = following
            taken.add(uid)
        if package.shared_user:
            shared.setdefault(package.shared_user, uid)
        done[name] = replace(
            package,
            uid=uid,
            version_code=spec.sdk if package.version_code is None else package.version_code,
            version_name=spec.android if package.version_name is None else package.version_name,
        )
    return done


def _next_free(uid: int, taken: set[int | None]) -> int:
    uid = max(uid, FIRST_APP_UID)
    while uid in taken:
        uid += 1
    return uid
