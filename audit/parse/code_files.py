"""Files of code into facts: the packages of an image, its overlays, the addresses a package's code names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from audit.model.code import CodeFile, Found, FoundKind, Manifest, OverlayTarget
from audit.model.evidence import Gap, Topic
from audit.model.facts import Apex, Endpoint, EndpointKind, Overlay, Package, Property
from audit.model.record import record

ADDRESSES: Mapping[FoundKind, EndpointKind] = {
    FoundKind.URL: EndpointKind.URL,
    FoundKind.HOST: EndpointKind.HOST,
    FoundKind.IP: EndpointKind.IP,
    FoundKind.SMS: EndpointKind.SMS,
}
"""The strings of interest that are addresses; the others are gates and issuer digits."""

_APEX = "apex"
_MOST_GAPS = 20
_AGAIN = (
    "Read the file again from the unit or the maker's package; if it is whole, report it: it is new to us."
)


@record
class CodeFacts:
    """What the code files of a snapshot say.

    packages: active ones by name; available: those of variant folders, by folder
    """

    packages: Mapping[str, Package] = field(default_factory=dict)
    available: Mapping[str, tuple[Package, ...]] = field(default_factory=dict)
    overlays: tuple[Overlay, ...] = ()
    apex: tuple[Apex, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_code_files(
    files: Iterable[CodeFile], properties: Mapping[str, Property], *, image: bool
) -> CodeFacts:
    """The facts in *files*.

    image: the files are an image's, so that their manifests say which packages there are; else the unit's
        own lists say that, and a file only tells what is in it
    """
    given = tuple(files)
    active = [file for file in given if not file.variant]
    return CodeFacts(
        packages=_packages(active) if image else {},
        available=_available(given) if image else {},
        overlays=tuple(_overlays(active, properties)) if image else (),
        apex=tuple(_apex(active)) if image else (),
        endpoints=tuple(_endpoints(active)),
        gaps=tuple(_gaps(active, image=image)),
    )


def origin_of(file: CodeFile, found: Found) -> str:
    """Where *found* lies, as reports name it."""
    return f"{file.path} > {found.where}" if found.where else file.path


def _packages(files: Iterable[CodeFile]) -> dict[str, Package]:
    """Base APKs by name; the first by path counts where two claim a name, as the scan's order differs."""
    packages: dict[str, Package] = {}
    for file in sorted(files, key=lambda file: file.path):
        manifest = file.manifest
        if manifest is None or file.form == _APEX or manifest.split or not manifest.package:
            continue
        known = packages.get(manifest.package)
        if known is None:
            packages[manifest.package] = _package(file, manifest)
        else:
            packages[manifest.package] = replace(known, paths=(*known.paths, file.path))
    return packages


def _package(file: CodeFile, manifest: Manifest) -> Package:
    return Package(
        name=manifest.package,
        paths=(file.path,),
        version_code=manifest.version_code,
        version_name=manifest.version_name,
        shared_user=manifest.shared_user,
        signers=tuple(dict.fromkeys(signer.sha256 for signer in file.signers)),
        system=True,
        overlay_of=manifest.overlay.package if manifest.overlay else None,
        origin=file.path,
    )


def _available(files: Iterable[CodeFile]) -> dict[str, tuple[Package, ...]]:
    variants: dict[str, dict[str, Package]] = {}
    for file in sorted(files, key=lambda file: file.path):
        if file.variant and file.manifest is not None and file.manifest.package:
            packages = variants.setdefault(file.variant, {})
            packages.setdefault(file.manifest.package, _package(file, file.manifest))
    return {variant: tuple(packages.values()) for variant, packages in variants.items()}


def _overlays(files: Iterable[CodeFile], properties: Mapping[str, Property]) -> Iterator[Overlay]:
    for file in sorted(files, key=lambda file: file.path):
        if file.manifest is not None and (target := file.manifest.overlay) is not None:
            yield Overlay(
                package=file.manifest.package,
                target=target.package,
                enabled=_enabled(target, properties),
                origin=file.path,
            )


def _enabled(target: OverlayTarget, properties: Mapping[str, Property]) -> bool:
    """Whether the overlay is on from the first start.

    A static one is, unless it asks for a property of another value; any other waits until something on the
    running unit enables it, which an image does not tell.
    Source: AOSP ``OverlayManagerServiceImpl``, ``PackageParser.parseBaseApkCommon`` (tag ``overlay``).
    """
    if not target.static or target.required is None:
        return target.static
    name, value = target.required
    return name in properties and properties[name].value == value


def _apex(files: Iterable[CodeFile]) -> Iterator[Apex]:
    for file in sorted(files, key=lambda file: file.path):
        if file.form == _APEX and file.manifest is not None:
            code = file.manifest.version_code
            yield Apex(name=file.manifest.package, version_code=code, path=file.path, origin=file.path)


def _endpoints(files: Iterable[CodeFile]) -> Iterator[Endpoint]:
    for file in files:
        for found in file.found:
            if (kind := ADDRESSES.get(found.kind)) is not None:
                yield Endpoint(
                    kind=kind,
                    value=found.value,
                    origin=origin_of(file, found),
                    package=file.package,
                    offset=found.offset,
                )


def _gaps(files: Iterable[CodeFile], *, image: bool) -> Iterator[Gap]:
    """A file that was not read whole: of an image it may hide a package, else only what it calls."""
    troubled = [file for file in files if file.troubles]
    for file in troubled[:_MOST_GAPS]:
        yield _gap(file, image=image)
    if more := troubled[_MOST_GAPS:]:
        hiding = [file for file in more if image and _may_hide_a_package(file)]
        yield Gap(
            topic=Topic.PACKAGES if hiding else Topic.ENDPOINTS,
            reason=f"{len(more)} more files could not be read whole, the first is {more[0].path}.",
            fix=_AGAIN,
            origin=more[0].path,
        )


def _gap(file: CodeFile, *, image: bool) -> Gap:
    first = file.troubles[0]
    where = f" in {first.where}" if first.where else ""
    at = f" at byte {first.offset}" if first.offset is not None else ""
    more = f" ({len(file.troubles) - 1} more in this file)" if len(file.troubles) > 1 else ""
    hides = image and _may_hide_a_package(file)
    return Gap(
        topic=Topic.PACKAGES if hides else Topic.ENDPOINTS,
        reason=f"{file.path}{where}{at}: {first.reason}{more}",
        fix=first.fix or _AGAIN,
        origin=file.path,
    )


def _may_hide_a_package(file: CodeFile) -> bool:
    """Whether an APK's name is not known, so that any package may be in it."""
    return file.manifest is None and file.path.endswith((".apk", ".apk.gz"))
