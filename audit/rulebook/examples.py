"""Examples of profiles: a unit in words, made into facts, judged, and compared with what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from audit.model.code import Code, CodeFile, Found, FoundKind
from audit.model.facts import (
    ConfigFile,
    Enabled,
    Facts,
    Overlay,
    Package,
    Property,
    UserState,
)
from audit.model.profiles import Example, Rulebook
from audit.model.record import record

_ORIGIN = "example"


@record
class ExampleCase:
    """One example and whose it is.

    kind: client, advisory or region; subject: the package, the advisory's id or the region's oem
    path: of the file it stands in
    """

    kind: str
    subject: str
    path: str
    example: Example


@record
class ExampleResult:
    """What came of an example. got: in the words of `Example.expect`."""

    case: ExampleCase
    got: str

    @property
    def holds(self) -> bool:
        """Whether what was promised came true."""
        return self.got == self.case.example.expect


Judge = Callable[[ExampleCase, Facts], str]
"""Judges the facts of an example and says what came of its subject, in the words of `Example.expect`."""


def run_examples(rulebook: Rulebook, judge: Judge) -> tuple[ExampleResult, ...]:
    """Every example of *rulebook*, judged by *judge*."""
    return tuple(
        ExampleResult(case=case, got=judge(case, facts_of(case.example))) for case in cases(rulebook)
    )


def cases(rulebook: Rulebook) -> Iterator[ExampleCase]:
    """Every example of the rulebook: regions', then clients', then advisories'."""
    for region in rulebook.regions:
        for example in region.examples:
            yield ExampleCase(kind="region", subject=region.oem, path=region.path, example=example)
    for client in rulebook.clients.values():
        for example in client.examples:
            yield ExampleCase(kind="client", subject=client.package, path=client.path, example=example)
    for advisory in rulebook.advisories:
        for example in advisory.examples:
            yield ExampleCase(kind="advisory", subject=advisory.id, path=advisory.path, example=example)


def facts_of(example: Example) -> Facts:
    """The facts a unit like this would give, had everything on it been readable."""
    return Facts(
        properties={
            name: Property(name=name, value=value, origin=_ORIGIN)
            for name, value in example.properties.items()
        },
        packages={package.name: package for package in _packages(example)},
        overlays=tuple(
            Overlay(package=name, target="", enabled=True, user=0, origin=_ORIGIN)
            for name in example.overlays
        ),
        files={
            path: ConfigFile(path=path, text=text, origin=_ORIGIN) for path, text in example.files.items()
        },
        code=tuple(_code(package, held) for package, held in example.code.items()),
        listing=frozenset(example.listing) if example.listing else None,
    )


def _code(package: str, held: tuple[str, ...]) -> CodeFile:
    """A package's code, read whole, that holds the strings *held*."""
    found = tuple(_found(text) for text in held)
    path = f"{_ORIGIN}/{package}.vdex"
    return CodeFile(
        path=path, size=0, form="vdex", package=package, code=Code.READ, strings=len(found), found=found
    )


def _found(text: str) -> Found:
    if "://" in text:
        return Found(kind=FoundKind.URL, value=text)
    if text.startswith("sms:"):
        return Found(kind=FoundKind.SMS, value=text.removeprefix("sms:"))
    return Found(kind=FoundKind.PROPERTY, value=text)


def _packages(example: Example) -> Iterator[Package]:
    for names, installed, enabled in (
        (example.packages, True, Enabled.DEFAULT),
        (example.disabled, True, Enabled.DISABLED_USER),
        (example.uninstalled, False, Enabled.DEFAULT),
    ):
        for name in names:
            yield Package(
                name=name,
                version_name=example.version_names.get(name),
                system=True,
                users=(UserState(user=0, installed=installed, enabled=enabled),),
                origin=_ORIGIN,
            )
