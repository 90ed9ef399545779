"""Reports, what they were judged from, units, crates, packages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_HASH = sa.String(64)
_WORD = sa.String(255)
_CODE = sa.String(20)


def upgrade() -> None:
    """From nothing."""
    _independent()
    _packages()
    _reports()
    _of_reports()


def _independent() -> None:
    op.create_table(
        "unit",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("key", sa.String(263), nullable=False),
        sa.Column("serial", _WORD, nullable=False),
        sa.Column("model", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_unit"),
        sa.UniqueConstraint("key", name="uq_unit_key"),
    )
    op.create_table(
        "crate",
        sa.Column("id", _HASH, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("folded", _WORD, nullable=False),
        sa.Column("began_at", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crate"),
    )
    op.create_index("ix_crate_folded", "crate", ["folded"])
    op.create_table(
        "snapshot",
        sa.Column("sha256", _HASH, nullable=False),
        sa.Column("content_sha256", _HASH, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_snapshot"),
    )


def _packages() -> None:
    op.create_table(
        "package_set",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_package_set"),
        sa.UniqueConstraint("sha256", name="uq_package_set_sha256"),
    )
    op.create_table(
        "package",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("folded", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_package"),
        sa.UniqueConstraint("name", name="uq_package_name"),
    )
    op.create_index("ix_package_folded", "package", ["folded"])
    op.create_table(
        "package_member",
        sa.Column("set_seq", sa.Integer, nullable=False),
        sa.Column("package_seq", sa.Integer, nullable=False),
        sa.Column("version", _WORD, nullable=False),
        sa.Column("path", _WORD, nullable=False),
        sa.Column("installed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("set_seq", "package_seq", name="pk_package_member"),
        sa.ForeignKeyConstraint(
            ["set_seq"], ["package_set.seq"], name="fk_package_member_set_seq", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["package_seq"], ["package.seq"], name="fk_package_member_package_seq"),
    )
    op.create_index("ix_package_member_package_seq", "package_member", ["package_seq"])


def _reports() -> None:
    op.create_table(
        "report",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("id", _HASH, nullable=False),
        sa.Column("judged_at", _WORD, nullable=False),
        sa.Column("judged_us", sa.BigInteger, nullable=False),
        sa.Column("acquired_at", _WORD),
        sa.Column("decision", _CODE, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("market", _WORD),
        sa.Column("policy", _WORD, nullable=False),
        sa.Column("unit_seq", sa.Integer),
        *(
            sa.Column(name, _WORD, nullable=False)
            for name in (
                "serial",
                "model",
                "model_folded",
                "build",
                "build_folded",
                "incremental_folded",
                "fingerprint_folded",
            )
        ),
        sa.Column("region", _WORD),
        sa.Column("source", _CODE, nullable=False),
        sa.Column("crate_id", _HASH),
        sa.Column("station", _WORD, nullable=False),
        sa.Column("tool_version", _WORD, nullable=False),
        sa.Column("rulebook_sha256", _HASH, nullable=False),
        sa.Column("snapshot_sha256", _HASH, nullable=False),
        sa.Column("head", sa.Text),
        sa.Column("package_set_seq", sa.Integer),
        sa.Column("packages_whole", sa.Boolean, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_report"),
        sa.UniqueConstraint("id", name="uq_report_id"),
        sa.ForeignKeyConstraint(["unit_seq"], ["unit.seq"], name="fk_report_unit_seq"),
        sa.ForeignKeyConstraint(["crate_id"], ["crate.id"], name="fk_report_crate_id"),
        sa.ForeignKeyConstraint(["package_set_seq"], ["package_set.seq"], name="fk_report_package_set_seq"),
    )
    for columns in (
        ["unit_seq", "judged_us", "seq"],
        ["judged_us", "seq"],
        ["decision"],
        ["model_folded"],
        ["build_folded"],
        ["incremental_folded"],
        ["fingerprint_folded"],
        ["crate_id"],
        ["snapshot_sha256"],
        ["package_set_seq"],
    ):
        op.create_index(f"ix_report_{'_'.join(columns)}", "report", columns)


def _of_reports() -> None:
    op.create_table(
        "finding",
        sa.Column("report_seq", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("check_id", _WORD, nullable=False),
        sa.Column("outcome", _CODE, nullable=False),
        sa.Column("severity", _CODE, nullable=False),
        sa.Column("level", _CODE),
        sa.Column("subject", _WORD, nullable=False),
        sa.Column("message", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("report_seq", "number", name="pk_finding"),
        sa.ForeignKeyConstraint(
            ["report_seq"], ["report.seq"], name="fk_finding_report_seq", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_finding_check_id", "finding", ["check_id"])
    op.create_table(
        "identifier",
        sa.Column("report_seq", sa.Integer, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("report_seq", "kind", "value", name="pk_identifier"),
        sa.ForeignKeyConstraint(
            ["report_seq"], ["report.seq"], name="fk_identifier_report_seq", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_identifier_kind_value", "identifier", ["kind", "value"])
