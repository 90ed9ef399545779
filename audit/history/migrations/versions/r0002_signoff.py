"""The chain of sign-offs, what was signed of a report, and waivers of findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_HASH = sa.String(64)
_WORD = sa.String(255)
_CODE = sa.String(20)


def upgrade() -> None:
    """From 0001: no report was signed and no finding waived before."""
    op.create_table(
        "sign_off",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("report_id", _HASH, nullable=False),
        sa.Column("result", _CODE, nullable=False),
        sa.Column("key_id", _WORD, nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sign_off"),
        sa.UniqueConstraint("sha256", name="uq_sign_off_sha256"),
    )
    op.create_index("ix_sign_off_report_id", "sign_off", ["report_id"])
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("signed", _CODE))
    with op.batch_alter_table("finding") as finding:
        finding.add_column(sa.Column("waiver", _WORD, nullable=False, server_default=sa.text("''")))
