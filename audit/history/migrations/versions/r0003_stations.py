"""Which history recorded what, chains side by side, what people did, and what was handed to a centre."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from audit.history.words import folded

revision = "0003"
down_revision = "0002"

_HASH = sa.String(64)
_WORD = sa.String(255)
_CODE = sa.String(20)
_ID = sa.String(32)
_LONG = sa.String(1000)
_NOTHING = sa.text("''")


def upgrade() -> None:
    """From 0002: all that is there was recorded by this history, whose id is made here."""
    own = secrets.token_hex(16)
    _stations(own)
    _reports(own)
    _chains(own)
    _actions()


def _stations(own: str) -> None:
    stations = op.create_table(
        "station",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("role", _CODE, nullable=False),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("seen_at", _WORD, nullable=False),
        sa.Column("trouble", _LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
    )
    row = {"id": own, "name": "", "role": "own", "items": 0, "seen_at": "", "trouble": ""}
    op.bulk_insert(stations, [row])
    op.create_table(
        "receipt",
        sa.Column("station_id", _ID, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("ref", _HASH, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "kind", "ref", name="pk_receipt"),
    )


def _reports(own: str) -> None:
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("station_folded", _WORD, nullable=False, server_default=_NOTHING))
        report.add_column(sa.Column("station_id", _ID, nullable=False, server_default=_NOTHING))
        report.add_column(sa.Column("handed_to", _ID))
    there = op.get_bind()
    there.execute(sa.text("UPDATE report SET station_id = :own"), {"own": own})
    for (name,) in there.execute(sa.text("SELECT DISTINCT station FROM report")).all():
        there.execute(
            sa.text("UPDATE report SET station_folded = :folded WHERE station = :name"),
            {"folded": folded(name), "name": name},
        )
    op.create_index("ix_report_station_folded", "report", ["station_folded"])
    op.create_index("ix_report_station_id_handed_to_seq", "report", ["station_id", "handed_to", "seq"])


def _chains(own: str) -> None:
    """The key of a record becomes its station's and its number."""
    there = op.get_bind()
    op.execute("CREATE TABLE sign_off_0002 AS SELECT * FROM sign_off")
    op.drop_table("sign_off")
    op.create_table(
        "sign_off",
        sa.Column("station_id", _ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("report_id", _HASH, nullable=False),
        sa.Column("result", _CODE, nullable=False),
        sa.Column("key_id", _WORD, nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("handed_to", _ID),
        sa.PrimaryKeyConstraint("station_id", "number", name="pk_sign_off"),
        sa.UniqueConstraint("station_id", "sha256", name="uq_sign_off_station_id_sha256"),
    )
    columns = "number, report_id, result, key_id, sha256, envelope"
    copied = f"INSERT INTO sign_off (station_id, {columns}) SELECT :own, {columns} FROM sign_off_0002"  # noqa: S608 - our own names
    there.execute(sa.text(copied), {"own": own})
    op.drop_table("sign_off_0002")
    op.create_index("ix_sign_off_report_id", "sign_off", ["report_id"])
    op.create_index(
        "ix_sign_off_station_id_handed_to_number", "sign_off", ["station_id", "handed_to", "number"]
    )


def _actions() -> None:
    op.create_table(
        "action",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("id", _HASH, nullable=False),
        sa.Column("at", _WORD, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("who", "role", "what", "about")),
        sa.Column("detail", _LONG, nullable=False),
        sa.Column("station", _WORD, nullable=False),
        sa.Column("station_id", _ID, nullable=False),
        sa.Column("handed_to", _ID),
        sa.PrimaryKeyConstraint("seq", name="pk_action"),
        sa.UniqueConstraint("id", name="uq_action_id"),
    )
    op.create_index("ix_action_at_us_seq", "action", ["at_us", "seq"])
    op.create_index("ix_action_station_id_handed_to_seq", "action", ["station_id", "handed_to", "seq"])
