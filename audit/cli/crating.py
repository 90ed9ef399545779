"""A crate from what was asked on the command line to its report: begun or gone on with, worked, closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from audit.asked import Asked
from audit.cli import exits, judging, recording, waiving
from audit.cli.config import Config
from audit.cli.crate_work import Worked, Working, work
from audit.cli.output import Wanted, note, put, station_key, style
from audit.cli.remembering import remembering
from audit.clock import now, stamp
from audit.crate import beginning
from audit.crate.beginning import WAIVERS, Begun, Reads, ref_of
from audit.crate.closing import Closed, close
from audit.crate.former import entries, peers
from audit.crate.keeping import SNAPSHOT, unit_folder
from audit.crate.manifest.read import read_manifest
from audit.crate.store import Store
from audit.errors import BadInput, NoUnit, TransportError, UsageError
from audit.model.crate import CrateHead, Manifest
from audit.model.record import record
from audit.model.waivers import Waiver
from audit.reports import EXIT_CODES, Options
from audit.reports.crate import FORMATS, render_crate
from audit.sources import saved


@record
class Crating:
    """What ``crate`` was asked for; the names are those of its options."""

    market: str | None
    policy: str | None
    profiles: Path | None
    iocs: tuple[Path, ...]
    uad: Path | None
    manifest: Path | None
    baseline: Path | None
    waivers: Path | None
    folder: Path | None
    resume: Path | None
    watch: bool
    again: bool
    peers: tuple[Path, ...]
    units: tuple[str, ...]
    users: tuple[int, ...] | None
    full: bool
    inspect: tuple[str, ...]
    suspects: bool
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    unit_limit_s: float
    at_once: int
    history: bool
    db: str | None
    wanted: Wanted


def check_format(name: str | None) -> str | None:
    """*name* when a crate's report can be written so; UsageError otherwise, before a unit is read."""
    if name is not None and name not in FORMATS:
        raise UsageError(f"unknown format {name!r}", fix=f"choose one of: {', '.join(FORMATS)}")
    return name


def run(crating: Crating, settings: Config) -> int:
    """Do it, and return the exit code."""
    for folder in crating.peers:
        next(iter(entries(folder)), None)  # a folder that is no crate is told before a unit is read
    begun = _gone_on(crating, settings) if crating.resume else _begun(crating, settings)
    with begun.store as store:
        note(f"the crate is kept in {store.folder}")
        notes = store.head.manifest.notes if store.head.manifest else ()
        for told in (*store.problems, *notes):
            note(told)
        worked = _worked(crating, begun)
        _tell(worked.closed, store, crating.wanted)
        code = _exit_code(worked, store.folder)
        if crating.history:
            units = _judged(store, worked.closed)
            code = recording.keep(units, crating.db, code, crate=ref_of(store.head))
    return code


def _judged(store: Store, closed: Closed) -> Iterator[recording.Kept]:
    """Each unit as the crate's report has it, with its evidence."""
    for entry in store.entries():
        name = entry.result.name
        yield recording.Kept(
            report=closed.others[name].to(entry.report),
            snapshot=saved.load(unit_folder(store.folder, name) / SNAPSHOT),
            portrait=entry.portrait,
            identifiers=entry.result.identifiers,
        )


def _worked(crating: Crating, begun: _Begun) -> Worked:
    """Work it; a crate that was begun for nothing, since there is no unit, leaves nothing behind."""

    def closed(waiting: tuple[str, ...]) -> Closed:
        with remembering(crating.db, wanted=crating.history) as remembered:
            return close(
                begun.store,
                begun.crate.asked.rulebook.policies,
                ended_at=stamp(now()),
                waivers=begun.waivers,
                former=peers(crating.peers, begun.store.results()),
                waiting=waiting,
                remembered=remembered,
            )

    try:
        return work(_working(crating, begun), closed)
    except (NoUnit, TransportError):
        if crating.resume is None:
            begun.store.discard()
        raise


@record
class _Begun:
    """A crate that is held, and the waivers for when it is closed."""

    crate: Begun
    waivers: tuple[Waiver, ...] = ()

    @property
    def store(self) -> Store:
        """Its folder."""
        return self.crate.store


def _begun(crating: Crating, settings: Config) -> _Begun:
    asked = _asked(crating, settings, crating.market, crating.policy, crating.baseline)
    began = now()
    waivers = waiving.contents(crating.waivers, settings)
    begun = beginning.begin(
        crating.folder or _unused(f"crate-{began:%Y%m%d-%H%M%S}"),
        asked,
        key=station_key(),
        at=began,
        reads=Reads(
            full=crating.full,
            users=crating.users,
            inspect=crating.inspect,
            suspects=crating.suspects,
        ),
        manifest=_manifest(crating, asked),
        waivers=None if waivers is None else waivers.data,
    )
    return _Begun(crate=begun, waivers=() if waivers is None else waivers.waivers)


def _unused(name: str) -> Path:
    """A folder that is not there yet: two stations' crates may begin in one second."""
    names = (name, *(f"{name}-{number}" for number in range(2, 100)))
    return next((Path(one) for one in names if not Path(one).exists()), Path(name))


def _manifest(crating: Crating, asked: Asked) -> Manifest | None:
    return None if crating.manifest is None else read_manifest(crating.manifest, asked.rulebook.markets)


_FIXED = ("market", "policy", "manifest", "baseline", "folder", "users", "full", "inspect")


def _gone_on(crating: Crating, settings: Config) -> _Begun:
    """The crate of ``--resume``, with what it was begun with and nothing else."""
    given = [name for name in _FIXED if getattr(crating, name)]
    if given or not crating.suspects:
        option = "no-inspect" if not given else {"users": "user"}.get(given[0], given[0])
        raise UsageError(
            f"--{option} and --resume do not go together: a crate goes on with what it was begun with",
            fix=f"leave --{option} out, or begin another crate",
        )

    def terms(head: CrateHead) -> Asked:
        return _asked(crating, settings, head.expectation.market, head.expectation.policy)

    begun = beginning.go_on(crating.resume or Path(), terms, key=station_key())
    try:
        waivers = _kept_waivers(crating, settings, begun.store)
    except (UsageError, BadInput):
        begun.store.close()
        raise
    return _Begun(crate=begun, waivers=waivers)


def _kept_waivers(crating: Crating, settings: Config, store: Store) -> tuple[Waiver, ...]:
    """Those of the file that is named now; else those the crate was begun with, if with any.

    No entry of a unit holds a waiver, so that one decided later counts, and one that expired does not.
    """
    kept = store.folder / WAIVERS
    if crating.waivers is None and not store.head.waivers:
        return ()
    found = waiving.contents(crating.waivers or kept, settings)
    if found is None:
        return ()
    if crating.waivers is None and found.sha256 != store.head.waivers:
        raise UsageError(
            "is not the file of waivers that the crate was begun with",
            where=str(kept),
            fix="give the one that is meant with --waivers",
        )
    return found.waivers


def _asked(
    crating: Crating, settings: Config, market: str | None, policy: str | None, baseline: Path | None = None
) -> Asked:
    """What units are judged by, apart from what a manifest says of each."""
    return judging.asked(
        market,
        policy,
        crating.profiles,
        settings,
        iocs=crating.iocs,
        uad=crating.uad,
        baseline=baseline,
    )


def _working(crating: Crating, begun: _Begun) -> Working:
    return Working(
        begun=begun.crate,
        units=crating.units,
        transport=crating.transport,
        addresses=crating.addresses,
        wait_s=crating.wait_s,
        watch=crating.watch,
        again=crating.again,
        unit_limit_s=crating.unit_limit_s,
        at_once=crating.at_once,
        options=_in_files(style(crating.wanted)[1]),
    )


def _tell(closed: Closed, store: Store, wanted: Wanted) -> None:
    """The report to where it was asked for."""
    name, options = style(wanted)
    put(render_crate(name, closed.report, options), wanted)
    note(f"reports: {store.folder / 'report.html'}, and one for each unit in {store.folder / 'units'}")


def _in_files(options: Options) -> Options:
    """For files, whatever the terminal can show."""
    return replace(options, ansi=False, colour=False, links=False, ascii=False, width=80)


def _exit_code(worked: Worked, folder: Path) -> int:
    if worked.stopped:
        note(f"interrupted; go on with `adb-audit crate --resume {folder}`")
        return exits.INTERRUPTED
    return EXIT_CODES[worked.closed.report.decision]
