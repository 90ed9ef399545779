"""A station from what was asked on the command line: its parts put together, started, and ended together."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audit.asked import Asked
from audit.cli import config, exits, history_asked, judging, reach, waiving
from audit.cli.crate_work import allow_files
from audit.cli.output import note, station_key
from audit.cli.scanning import package_names
from audit.cli.signer import signer_for
from audit.cli.station_asked import Site, Stationing
from audit.cli.station_checks import check
from audit.cli.station_log import Log
from audit.cli.stopping import until_stopped
from audit.crate.beginning import Reads
from audit.crate.engine import Options as Pace
from audit.errors import AuditError, UsageError
from audit.history import History
from audit.reports import Options
from audit.sources import golden
from audit.station.archive import Archive
from audit.station.bench import Choices, Wish
from audit.station.forwarding import Forwarder
from audit.station.setup import StationSetup
from audit.station.station import Station

if TYPE_CHECKING:
    from audit.signoff.keys import Signer
    from audit.web.doors import Doors
    from audit.web.services import Services

_WATCHING_S = 300.0
"""Somebody stands there who has just plugged it in, and the dialog goes away with the connection."""
_USUAL = (700, 10, 10)
_WORDS = ("ending; what is read goes on at the next start", "giving up; what was told to be done is kept")
_WORDS_READING = ("ending", "giving up")


def run(asked: Stationing, *, again: Callable[[], object] = lambda: None) -> int:
    """Do it until it is stopped; 0 then. again: begins this process anew, and does not return where it can"""
    settings = config.load()
    asked = replace(
        asked, transport=asked.transport or settings.transport, inspect=package_names(asked.inspect)
    )
    central = asked.central or (None if asked.read_only else settings.central)
    check(asked, central)
    _bring_up_to_date(asked, again)
    allow_files()
    _lasting()
    with history_asked.opened(asked.db, upgrade=not asked.read_only) as history:
        parts = _Parts(asked, settings, history, central)
        words = _WORDS_READING if asked.read_only else _WORDS
        asyncio.run(until_stopped(parts.whole(), parts.log, words, stop=parts.stop))
    return exits.PASS


def _bring_up_to_date(asked: Stationing, again: Callable[[], object]) -> None:
    """Make or upgrade the history; what does that takes 15 MB and is needed no more."""
    with history_asked.opened(asked.db, upgrade=not asked.read_only) as history:
        if history.backup is not None:
            note(f"the history was brought up to date; as it was: {history.backup}")
    if "alembic" in sys.modules:
        again()


def _lasting() -> None:
    """Collect garbage as Python does by itself: other commands end soon and leave it lying about."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


class _Parts:
    """The parts of one station: made before anything starts, so that what is wrong is told at once."""

    def __init__(
        self, asked: Stationing, settings: config.Config, history: History, central: str | None
    ) -> None:
        self.stop = asyncio.Event()
        self._asked, self._settings = asked, settings
        self._archive = Archive(history)
        self._waivers = waiving.place_of(asked.waivers, settings) or waiving.own_place()
        self._station = None if asked.read_only else Station(self._setup())
        self.log = Log(self._station)
        self._forwarder = None if central is None else Forwarder(self._archive, central, changed=self.log.lag)
        self._services = self._all_services() if asked.page else None

    async def whole(self) -> None:
        """Everything at once, until all is ended or one part cannot go on; that is raised then."""
        tasks = {asyncio.create_task(work) for work in self._works()}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop.set()
            told = await asyncio.gather(*tasks, return_exceptions=True)
        for one in told:
            if isinstance(one, BaseException):
                raise one

    def _works(self) -> Iterator[Coroutine[Any, Any, None]]:
        if self._services is not None:
            yield self._serve(self._services)
        if self._forwarder is not None:
            yield self._forwarder.run(self.stop)
        if self._station is not None:
            yield self._station.run(self.stop)
            yield self.log.follow(self.stop)
            if not self._asked.page:
                yield self._begin(self._station)

    async def _begin(self, station: Station) -> None:
        """Without a page a crate is begun by itself, unless the last one goes on."""
        if await station.ready():
            await station.begin(Wish())
        await self.stop.wait()

    # The bench

    def _setup(self) -> StationSetup:
        asked = self._asked
        self._goldens = {golden.load(path).name: path for path in asked.goldens}
        # a market nobody knows is told before the page is there; the rulebook itself is read for each crate
        choices = _choices(self._terms(Wish()), self._goldens)
        connect = reach.options(
            asked.transport,
            asked.addresses,
            wait_s=_WATCHING_S if asked.wait_s is None else asked.wait_s,
        )
        return StationSetup(
            folder=asked.folder or _own_folder(),
            archive=self._archive,
            key=station_key(),
            terms=self._terms,
            choices=lambda: choices,
            ways=lambda say: reach.Told(connect, say, watch=True, ends=""),
            options=Options(key=station_key(), width=80),
            waivers=self._waivers,
            checks=waiving.known_checks(),
            pace=Pace(at_once=asked.at_once, unit_limit_s=asked.unit_limit_s, wait_s=connect.wait_s),
            reads=Reads(full=asked.full, inspect=asked.inspect, suspects=asked.suspects),
        )

    def _terms(self, wish: Wish) -> Asked:
        """What units are judged by for *wish*."""
        asked = self._asked
        if wish.baseline and wish.baseline not in self._goldens:
            raise UsageError(
                f"there is no golden unit called {wish.baseline!r} here",
                fix="start the station with --baseline and its file",
            )
        return judging.asked(
            asked.market if wish.market is None else wish.market,
            asked.policy if wish.policy is None else wish.policy,
            asked.profiles,
            self._settings,
            iocs=asked.iocs,
            baseline=self._goldens[wish.baseline] if wish.baseline else None,
        )

    # The page

    def _all_services(self) -> Services:
        from audit.web.services import Services

        signer, why = self._signer()
        return Services(
            name=socket.gethostname(),
            key=station_key(),
            archive=self._archive,
            bench=self._station,
            signer=signer,
            why_unsigned=why,
            waivers=None if self._asked.read_only else self._waivers,
            checks=waiving.known_checks(),
            lag=None if self._forwarder is None else self._forwarder.lag,
        )

    def _signer(self) -> tuple[Signer | None, str]:
        """What signs here; else why nobody can, which is trouble only where a key was asked for."""
        if self._asked.read_only:
            return None, "This page only reads the history; sign off at the station that audited the unit."
        try:
            return signer_for(self._asked.key, self._asked.passphrase_file), ""
        except AuditError as error:
            if self._asked.key is not None or self._asked.passphrase_file is not None:
                raise
            note(f"nobody can sign off on the page: {error.what}; fix: {error.fix}")
            return None, f"{error.what}; {error.fix}, then start the station again"

    async def _serve(self, services: Services) -> None:
        from audit.web.app import application
        from audit.web.serve import Tls, serve

        site = self._asked.site
        doors = _doors(site)
        entrance = doors.entrance

        def told(url: str) -> None:
            if entrance is None and site.names:  # the certificate is for that name
                url = f"https://{site.names[0]}:{urlsplit(url).port}"
            way = url if entrance is None else url.rstrip("/") + entrance.path()
            note(f"the page is at\n{way}")  # a line of its own, which no terminal breaks

        def ready(url: str) -> None:
            told(url)
            if entrance is not None and sys.stdin is not None and sys.stdin.isatty():
                note("Enter makes another address for a browser here; Ctrl-C ends the station")
                _on_enter(lambda: told(url))

        tls = None
        if site.certificate is not None and site.tls_key is not None:
            tls = Tls(certificate=site.certificate, key=site.tls_key)
        app = application(services, doors)
        await serve(app, host=site.host, port=site.port, tls=tls, ready=ready, stop=self.stop)


def _on_enter(call: Callable[[], None]) -> None:
    """Call it for each line that is typed."""
    loop = asyncio.get_running_loop()

    def typed() -> None:
        if not os.read(sys.stdin.fileno(), 4096):  # the terminal has gone
            loop.remove_reader(sys.stdin)
            return
        call()

    if sys.platform != "win32":  # which cannot wait for a console and a socket in one place
        loop.add_reader(sys.stdin, typed)


def _doors(site: Site) -> Doors:
    import platformdirs

    from audit.cli.station_extra import metrics_token, users_file
    from audit.web.doors import Doors, is_loopback
    from audit.web.entrance import Entrance

    local = is_loopback(site.host)
    unnamed = {"0.0.0.0", "::", ""}
    names = site.names if local or site.host in unnamed else (*site.names, site.host)
    return Doors(
        hosts=names,
        tls=site.certificate is not None,
        users=site.users or users_file(),
        entrance=Entrance() if local else None,
        metrics_token=metrics_token(site.metrics_token),
        sessions=platformdirs.user_state_path("adb-audit", appauthor=False) / "sessions.json",
    )


def _own_folder() -> Path:
    import platformdirs

    return platformdirs.user_data_path("adb-audit", appauthor=False) / "crates"


def _choices(first: Asked, goldens: dict[str, Path]) -> Choices:
    rulebook = first.rulebook
    return Choices(
        markets=tuple(sorted(rulebook.markets.countries.items(), key=lambda pair: pair[1])),
        policies=tuple(rulebook.policies),
        baselines=tuple(goldens),
        market=first.expectation.market,
        policy=first.expectation.policy,
    )
