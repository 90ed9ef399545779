"""Which history this is: an id of its own, made once, that goes into all it records."""

from __future__ import annotations

import secrets
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import Connection, ScalarSelect, select, update

from audit.history.schema import Station, StoredAction, StoredReport, StoredSignOff
from audit.model.history import StationRef


class Role(StrEnum):
    """What a row of the stations is to this history."""

    OWN = "own"
    STATION = "station"
    CENTRE = "centre"


def own() -> ScalarSelect[str]:
    """The id, within a statement."""
    return select(Station.c.id).where(Station.c.role == Role.OWN.value).scalar_subquery()


def own_id(connection: Connection) -> str:
    """The id: 32 hex digits."""
    return connection.scalars(select(Station.c.id).where(Station.c.role == Role.OWN.value)).one()


def stations(connection: Connection, name: str) -> tuple[StationRef, ...]:
    """All histories this one knows, by role, name and id. name: of this one"""
    found = (StationRef(**row) for row in connection.execute(select(Station)).mappings())
    named = (replace(one, name=name) if one.role == Role.OWN.value else one for one in found)
    return tuple(sorted(named, key=lambda one: (one.role, one.name, one.id)))


def renewed(connection: Connection) -> str:
    """Another id for this history and all it recorded; no centre has any of it under that."""
    former, made = own_id(connection), secrets.token_hex(16)
    for table in (StoredReport, StoredSignOff, StoredAction):
        of_it = update(table).where(table.c.station_id == former)
        connection.execute(of_it.values(station_id=made, handed_to=None))
    connection.execute(update(Station).where(Station.c.id == former).values(id=made))
    connection.execute(update(Station).where(Station.c.role == Role.CENTRE.value).values(items=0))
    return made
