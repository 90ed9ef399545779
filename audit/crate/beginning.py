"""A crate begun, or gone on with: its folder held, and what its units are judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from audit import __version__, codec
from audit.asked import Asked
from audit.clock import stamp
from audit.crate.judging import Setup
from audit.crate.store import Store
from audit.errors import BadInput, UsageError
from audit.model.crate import CrateHead, Manifest
from audit.model.history import CrateRef
from audit.model.portrait import Baseline
from audit.model.record import record
from audit.reports import Options
from audit.sources import golden, saved

GOLDEN, WAIVERS = "golden.json", "waivers.toml"
"""The golden unit and the waivers in a crate's folder: it can be gone on with when the originals are gone."""


@record
class Reads:
    """What is read of each unit; see `audit.sources.live.acquire`."""

    full: bool = False
    users: tuple[int, ...] | None = None
    inspect: tuple[str, ...] = ()
    suspects: bool = True


@record
class Begun:
    """A crate that is held, and what its units are judged by."""

    store: Store
    asked: Asked

    def setup(self, options: Options) -> Setup:
        """What workers judge by. options: of the reports on units"""
        head = self.store.head
        return Setup(
            folder=self.store.folder,
            rulebook=self.asked.rulebook,
            expectation=head.expectation,
            baseline=self.asked.baseline,
            manifest=head.manifest,
            destinations=self.asked.destinations,
            options=options,
        )


def begin(
    folder: Path,
    asked: Asked,
    *,
    key: bytes,
    at: datetime,
    reads: Reads,
    manifest: Manifest | None = None,
    waivers: bytes | None = None,
) -> Begun:
    """Begin a crate in *folder*, see `audit.crate.store.Store.create`.

    key: of the masks in reports; waivers: a file of them, which is kept beside the crate
    """
    head = CrateHead(
        name=folder.resolve().name,
        began_at=stamp(at),
        tool_version=__version__,
        expectation=asked.expectation,
        rulebook_sha256=asked.rulebook.sha256,
        manifest=manifest,
        baseline="" if asked.baseline is None else asked.baseline.name,
        full=reads.full,
        users=reads.users,
        inspect=reads.inspect,
        suspects=reads.suspects,
        waivers="" if waivers is None else hashlib.sha256(waivers).hexdigest(),
    )
    store = Store.create(folder, head, key=key)
    try:
        if asked.baseline is not None:
            golden.save(asked.baseline, folder / GOLDEN)
        if waivers is not None:
            saved.write_atomically(folder / WAIVERS, waivers)
    except UsageError:
        store.discard()
        raise
    return Begun(store=store, asked=asked)


def go_on(folder: Path, terms: Callable[[CrateHead], Asked], *, key: bytes) -> Begun:
    """Go on with the crate in *folder* by what it was begun with, see `audit.crate.store.Store.open`.

    terms: the rulebook for the market and the policy it was begun with
    Raises UsageError where the rulebook or the golden unit is another now.
    """
    store = Store.open(folder, key=key)
    try:
        asked = terms(store.head)
        check_rules(asked, store)
        baseline = _baseline(store)
    except (UsageError, BadInput):
        store.close()
        raise
    return Begun(store=store, asked=replace(asked, expectation=store.head.expectation, baseline=baseline))


def _baseline(store: Store) -> Baseline | None:
    """The golden unit the crate was begun with."""
    if not store.head.baseline:
        return None
    path = store.folder / GOLDEN
    baseline = golden.load(path)
    if codec.sha256(baseline) != store.head.expectation.baseline:
        raise UsageError(
            "is not the golden unit that the crate was begun with",
            where=str(path),
            fix="put the one back that was, or begin another crate",
        )
    return baseline


def check_rules(asked: Asked, store: Store) -> None:
    """UsageError where a crate was begun with another rulebook."""
    if asked.rulebook.sha256 != store.head.rulebook_sha256:
        raise UsageError(
            "was begun with another rulebook, and units judged by two could not be compared",
            where=str(store.folder),
            fix="give the same --profiles and --iocs, with the same version of this program; or begin another"
            " crate",
        )


def ref_of(head: CrateHead) -> CrateRef:
    """What the history calls a crate."""
    return CrateRef(id=codec.sha256(head), name=head.name, began_at=head.began_at)
