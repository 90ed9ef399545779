"""What Alembic runs: the steps, in the transaction that `audit.history.upgrade` has begun."""

from __future__ import annotations

from alembic import context

from audit.history.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
