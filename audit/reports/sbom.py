"""A unit's packages as a CycloneDX 1.6 inventory (ECMA-424), for programs that keep and compare such lists.

The unit is the component the document is about, and each package one component in it. Android's packages have
no package URL type (package-url/purl-spec), so none is given: `bom-ref`, path, signers and hashes tell them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from audit.errors import AuditError
from audit.model.evidence import Snapshot
from audit.model.facts import Facts, Package, UserState
from audit.model.report import Coverage, Reach, Report
from audit.model.text import clean_line
from audit.reports import head
from audit.reports.format import Options
from audit.reports.redact import redact

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import BomMetaData
    from cyclonedx.model.component import Component
    from cyclonedx.model.dependency import Dependency

_INSTALL = "pip install 'adb-audit[sbom]'"
_PREFIX = "adb-audit:"
_UNIT = "unit"
_LONGEST = 500
# Three times what the fullest unit has; a hostile one may name as many as it likes, and the time that the
# library takes grows with their square.
_MOST_PACKAGES = 2_000
_MOST_FILES = 100
_ALGORITHMS = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}
"""By length in hex digits."""

_Said = list[tuple[str, str]]


def sbom(snapshot: Snapshot, facts: Facts, report: Report, options: Options) -> str:
    """The packages of *facts* as CycloneDX 1.6 in JSON; equal input gives equal text.

    facts, report: of *snapshot*. The inventory's number is made of the snapshot's hash; its time is when the
    unit was read, and left out where nobody knows. Identifiers are masked unless *options* reveal them.
    Raises `AuditError` where cyclonedx-python-lib is not installed.
    """
    try:
        from cyclonedx.model.bom import Bom  # noqa: PLC0415 - of an extra
        from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise AuditError("writing an inventory needs cyclonedx-python-lib", fix=_INSTALL) from error
    packages = tuple(islice(facts.packages.values(), _MOST_PACKAGES))
    texts = _Texts(_strings(packages), report, options)
    read_at = _time(snapshot.acquired_at)
    about = _about(facts, texts, read_at)
    components = _components(packages, _hashes(facts), texts)
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"urn:adb-audit:sbom:{report.snapshot_sha256}:{options.reveal}"),
        metadata=about,
        components=components,
        dependencies=_dependencies(components),
    )
    made = JsonV1Dot6(bom).output_as_string(indent=2)
    return f"{made if read_at else _without_time(made)}\n"


class _Texts:
    """Texts of a unit as they may be shown: identifiers masked, on one line, bounded."""

    def __init__(self, strings: Iterable[str], report: Report, options: Options) -> None:
        given = tuple(dict.fromkeys(strings))
        # as sentences of the report they are masked by all that the report names
        whole = replace(report, limits=(*report.limits, *given))
        self.report = whole if options.reveal else redact(whole, key=options.key)
        masked = self.report.limits[len(report.limits) :]
        self._masked: Mapping[str, str] = dict(zip(given, masked, strict=True))

    def __call__(self, text: str) -> str:
        """*text* as it may be shown; of the report's own texts those of `report` are to be given."""
        line = clean_line(self._masked.get(text, text))
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _strings(packages: Iterable[Package]) -> Iterator[str]:
    """What a unit may have put an identifier into; digests and numbers are none."""
    for package in packages:
        texts = (
            package.name,
            package.version_name,
            package.installer,
            package.shared_user,
            package.overlay_of,
        )
        yield from (text for text in (*texts, *package.paths) if text)


def _about(facts: Facts, texts: _Texts, read_at: datetime | None) -> BomMetaData:
    from cyclonedx.model.bom import BomMetaData  # noqa: PLC0415 - of an extra
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 - of an extra
    from cyclonedx.model.contact import OrganizationalEntity  # noqa: PLC0415 - of an extra
    from cyclonedx.model.tool import ToolRepository  # noqa: PLC0415 - of an extra

    report = texts.report
    maker = report.identity.manufacturer or report.identity.brand
    unit = Component(
        type=ComponentType.DEVICE,
        bom_ref=_UNIT,
        name=texts(head.unit_name(report)),
        version=texts(head.build(report)) or None,
        manufacturer=OrganizationalEntity(name=texts(maker)) if maker else None,
        properties=_properties(_of_unit(report), texts),
    )
    tool = Component(type=ComponentType.APPLICATION, name="adb-audit", version=texts(report.tool_version))
    return BomMetaData(
        component=unit,
        timestamp=read_at or datetime(1970, 1, 1, tzinfo=UTC),  # else it would be now; it is taken out again
        tools=ToolRepository(components=[tool]),
        properties=_properties(_of_reading(facts, report), texts),
    )


def _of_unit(report: Report) -> _Said:
    identity = report.identity
    return [
        ("serial", head.serial(report)),
        ("device", identity.device),
        ("product", identity.product),
        ("fingerprint", identity.fingerprint),
        ("android", identity.android),
        ("patch", identity.patch),
    ]


def _of_reading(facts: Facts, report: Report) -> _Said:
    """What was judged with which rules, and how much could be read: what is missing may be there."""
    said = [
        ("verdict", report.verdict.decision.value),
        ("market", report.expectation.market or ""),
        ("judged-at", report.judged_at),
        ("rulebook-sha256", report.rulebook_sha256),
        ("snapshot-sha256", report.snapshot_sha256),
        ("source", head.evidence_kind(report)),
    ]
    said += [(f"coverage:{row.topic}", _reach(row)) for row in report.coverage]
    if (left := len(facts.packages) - _MOST_PACKAGES) > 0:
        said.append(("left-out", f"{left} packages"))
    if others := sum(map(len, facts.available.values())):
        said.append(
            ("inactive", f"{others} packages for other variants, in the image but not active, are not listed")
        )
    return said


def _reach(row: Coverage) -> str:
    read = f"{row.reach.value} ({row.count})" if row.reach in {Reach.READ, Reach.PARTLY} else row.reach.value
    reasons = "; ".join(dict.fromkeys(gap.reason for gap in row.gaps if gap.reason))
    return f"{read}: {reasons}" if reasons else read


def _components(
    packages: Iterable[Package], hashes: Mapping[str, tuple[str, ...]], texts: _Texts
) -> list[Component]:
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415 - of an extra
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 - of an extra

    made = []
    refs = {_UNIT}
    for package in packages:
        ref = _unused(f"package:{texts(package.name)}", refs)
        refs.add(ref)
        base = hashes.get(package.paths[0], ()) if package.paths else ()
        made.append(
            Component(
                type=ComponentType.APPLICATION,
                bom_ref=ref,
                name=texts(package.name),
                version=_version(package, texts),
                hashes=[HashType(alg=HashAlgorithm(_ALGORITHMS[len(one)]), content=one) for one in base],
                properties=_properties(_of_package(package, hashes), texts),
            )
        )
    return made


def _dependencies(components: Iterable[Component]) -> list[Dependency]:
    """The unit holds every package; what they need of each other is not known."""
    from cyclonedx.model.bom_ref import BomRef  # noqa: PLC0415 - of an extra
    from cyclonedx.model.dependency import Dependency  # noqa: PLC0415 - of an extra

    each = [Dependency(one.bom_ref) for one in components]
    return [Dependency(BomRef(_UNIT), each), *each]


def _unused(ref: str, refs: set[str]) -> str:
    """Names that differ only in what cannot be shown still get references of their own."""
    number = 2
    made = ref
    while made in refs:
        made = f"{ref}#{number}"
        number += 1
    return made


def _version(package: Package, texts: _Texts) -> str | None:
    if package.version_name:
        return texts(package.version_name)
    return None if package.version_code is None else str(package.version_code)


def _of_package(package: Package, hashes: Mapping[str, tuple[str, ...]]) -> _Said:
    said = [("path", path) for path in package.paths[:_MOST_FILES]]
    said += [
        ("version-code", "" if package.version_code is None else str(package.version_code)),
        ("system", _word(package.system)),
        ("uid", "" if package.uid is None else str(package.uid)),
        ("shared-user", package.shared_user or ""),
        ("installer", package.installer or ""),
        ("overlay-of", package.overlay_of or ""),
    ]
    said += [("signer", signer) for signer in package.signers[:_MOST_FILES]]
    said += [(f"user:{state.user}", _state(state)) for state in package.users[:_MOST_FILES]]
    # of the first path they are the component's own
    for path in package.paths[1:_MOST_FILES]:
        said += [(f"{_ALGORITHMS[len(one)]}:{path}", one) for one in hashes.get(path, ())]
    return said


def _state(state: UserState) -> str:
    """What was said of a package for one user; what nobody said is left out."""
    words = (
        {True: "installed", False: "not installed", None: ""}[state.installed],
        f"enabled={state.enabled.value}" if state.enabled else "",
        *(f"{name}={_word(value)}" for name, value in _flags(state) if value is not None),
    )
    return ", ".join(word for word in words if word) or "not said"


def _flags(state: UserState) -> Iterator[tuple[str, bool | None]]:
    yield from (("hidden", state.hidden), ("suspended", state.suspended), ("stopped", state.stopped))


def _word(value: bool | None) -> str:
    return {True: "true", False: "false", None: ""}[value]


def _properties(said: _Said, texts: _Texts) -> list[Property]:
    from cyclonedx.model import Property  # noqa: PLC0415 - of an extra

    return [Property(name=_PREFIX + texts(name), value=texts(value)) for name, value in said if value]


def _hashes(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Path to the hashes of the file there: those computed here before those that somebody stated."""
    found: dict[str, dict[str, None]] = {}
    for file in facts.code:
        found.setdefault(file.path, {}).update({file.sha256.lower(): None} if file.sha256 else {})
    for digest in facts.digests:
        found.setdefault(digest.path, {}).update({one.lower(): None for one in digest.digests})
    return {path: tuple(_one_of_each(given)) for path, given in found.items()}


def _one_of_each(digests: Iterable[str]) -> Iterator[str]:
    seen: set[int] = set()
    for one in digests:
        if len(one) in _ALGORITHMS and len(one) not in seen and not one.strip("0123456789abcdef"):
            seen.add(len(one))
            yield one


def _time(said: str | None) -> datetime | None:
    """A moment as a snapshot has it; None where it has none, or none that can be read."""
    try:
        read = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _without_time(made: str) -> str:
    document = json.loads(made)
    del document["metadata"]["timestamp"]
    return json.dumps(document, indent=2)
