"""Evidence that comes beside a snapshot: identifiers an operator knows, captures, what was watched."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from audit.cli.progress import FilesMeter
from audit.clock import now
from audit.errors import UsageError
from audit.model.evidence import Artifact, Gap, Kind, Snapshot
from audit.model.flows import IdentifierKind
from audit.model.record import record
from audit.sources import peek

_KEY_BYTES = 32
GIVEN = "given"


@record
class Seen:
    """What a way of watching gave."""

    artifacts: tuple[Artifact, ...] = ()
    gaps: tuple[Gap, ...] = ()


def joined(snapshot: Snapshot, seen: Seen) -> Snapshot:
    """*snapshot* with what was seen beside it."""
    return replace(
        snapshot, artifacts=(*snapshot.artifacts, *seen.artifacts), gaps=(*snapshot.gaps, *seen.gaps)
    )


def sdk_of(snapshot: Snapshot) -> int | None:
    """The unit's API level; None where it did not say."""
    properties = next((one for one in snapshot.artifacts if one.kind is Kind.GETPROP), None)
    return None if properties is None else peek.version(properties.data).sdk


def known_identifiers(given_: Sequence[str] | None) -> tuple[str, ...]:
    """``imei=…`` as given, its kind checked."""
    kinds = {kind.value for kind in IdentifierKind}
    for one in given_ or ():
        kind, mark, value = one.partition("=")
        if kind not in kinds or not mark or not value.strip():
            raise UsageError(
                f"{kind!r} is no kind of identifier with a value",
                fix=f"give KIND=VALUE with a kind of: {', '.join(sorted(kinds))}",
            )
    return tuple(given_ or ())


def given(known: Sequence[str]) -> tuple[Artifact, ...]:
    """What the operator knows of the unit, as evidence of its own."""
    if not known:
        return ()
    text = "".join(f"{one}\n" for one in known)
    return (Artifact(kind=Kind.IDENTITY, origin="the operator", data=text.encode(), argument=GIVEN),)


def check_captures(given_: Sequence[Path] | None) -> tuple[Path, ...]:
    """The captures as given, there for sure: nobody waits for a unit to learn that one is missing."""
    for path in given_ or ():
        if not path.is_file():
            raise UsageError("there is no such file", where=str(path), fix="name the capture")
    return tuple(given_ or ())


def imported_from(captures: Sequence[Path], addresses: Sequence[str]) -> tuple[Artifact, ...]:
    """The recordings that captures and logs are read as. Raises BadInput for a file that is none."""
    if not captures:
        return ()
    from audit.observe.imports import read_capture

    found: list[Artifact] = []
    for path in captures:
        with FilesMeter("bytes") as meter:
            found += read_capture(
                path,
                clock=now,
                key=secrets.token_bytes(_KEY_BYTES),
                addresses=tuple(addresses),
                on_progress=partial(meter.step, path=str(path)),
            )
    return tuple(found)
