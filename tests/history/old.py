"""Histories of earlier schemas, with rows in them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, insert

from audit import codec
from audit.history.answers import Carried
from audit.history.engine import database
from audit.history.packages import Packages, stored_set
from audit.history.recording import prepare
from audit.history.upgrade import migrate
from audit.model.evidence import Snapshot
from audit.model.report import Report
from tests.history.made import report_of, snapshot_of

EVIDENCE: Snapshot = snapshot_of()
REPORT: Report = report_of(evidence=EVIDENCE)
ID = codec.sha256(REPORT)


def build(url: str, revision: str) -> None:
    """A history as the program of *revision* left it: one report with its snapshot, packages and findings."""
    opened = database(url)
    with opened.writing() as connection:
        migrate(connection, revision)
        _fill(connection)
    opened.close()


def _fill(connection: Connection) -> None:
    """Only into columns that were there then."""
    there = MetaData()
    there.reflect(connection)

    def put(table: str, row: dict[str, Any]) -> None:
        known = {name: value for name, value in row.items() if name in there.tables[table].columns}
        connection.execute(insert(there.tables[table]).values(**known))

    made = prepare(
        REPORT, EVIDENCE, identifiers=(), packages=Packages(whole=True), crate=None, station="old bench"
    )
    assert made.snapshot is not None
    kept = {"sha256": made.snapshot_sha256, "content_sha256": made.snapshot.sha256}
    put("snapshot", kept | {"content": made.snapshot.content, "size": made.snapshot.size})
    put("unit", {"key": "serial:S1", "serial": "S1", "model": "M"})
    packages = stored_set(connection, (Carried(name="com.old", version="1"),))
    put("report", made.columns | {"unit_seq": 1, "package_set_seq": packages})
    for finding in made.findings:
        put("finding", finding | {"report_seq": 1})
    put("identifier", {"report_seq": 1, "kind": "serial", "value": "S1"})
    if "sign_off" in there.tables:
        row = {"number": 1, "report_id": ID, "result": "PASSED", "key_id": "k", "sha256": "0" * 64}
        put("sign_off", row | {"envelope": b"{}"})
