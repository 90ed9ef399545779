"""Which history this is: an id of its own, made once, that goes into all it records."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, ScalarSelect, select

from audit.history.schema import Station


class Role(StrEnum):
    """What a row of the stations is to this history."""

    OWN = "own"
    STATION = "station"
    CENTRE = "centre"


def own() -> ScalarSelect[str]:
    """The id, within a statement."""
    return select(Station.id).where(Station.role == Role.OWN.value).scalar_subquery()


def own_id(connection: Connection) -> str:
    """The id: 32 hex digits."""
    return connection.scalars(select(Station.id).where(Station.role == Role.OWN.value)).one()
