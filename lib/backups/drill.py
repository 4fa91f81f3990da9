"""The drill: restores the newest base backup and what came after it into a scratch cluster, up to a
moment, and compares every table with the database that serves.

The moment is exact although people go on writing: a temporary slot of logical decoding names a place in
the write-ahead log together with the snapshot that holds just what was committed before it. The live
side is read in that snapshot, and the restored side stops at that place.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection
from psycopg2.extras import LogicalReplicationConnection

from lib.backups.places import BackupPlaces, BaseBackup, write_report
from lib.backups.scratch import NotRestored, ScratchCluster
from lib.backups.tables import TableContent, execute, read_tables

REPORT = "drill.json"
SLOT = "CREATE_REPLICATION_SLOT front_row_drill TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')"
WAL_SECONDS = 120


class DrillMoment(NamedTuple):
    """`content` is what the live database held then; None: of the past, so nobody knows."""

    at: datetime
    target: dict[str, str]
    content: dict[str, TableContent] | None


class Stopwatch:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def measure(self, step: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - start, 2)


def drill(places: BackupPlaces, past: datetime | None = None) -> dict[str, Any]:
    """Without `past`: now, and all has to be equal."""
    report: dict[str, Any] = {"at": datetime.now(UTC), "is_equal": False, "problem": ""}
    watch = Stopwatch()
    try:
        with watch.measure("total"):
            report |= _restore_and_compare(places, past, watch)
    except (NotRestored, psycopg2.Error, OSError) as failed:
        report["problem"] = str(failed).strip() or type(failed).__name__
    report["seconds"] = watch.seconds
    if past is None:
        write_report(places.ours / REPORT, report)
    return report


def _restore_and_compare(
    places: BackupPlaces, past: datetime | None, watch: Stopwatch
) -> dict[str, Any]:
    with contextlib.closing(psycopg2.connect(dbname=places.database)) as live:
        live.autocommit = True
        user = live.info.user
        with watch.measure("live side read"):
            moment = moment_of(past) if past else moment_now(places.database)
        with watch.measure("waited for the log"):
            await_wal(live, places.wal)
    base = base_before(places, moment.at)
    scratch = ScratchCluster(places.ours / "scratch", base, places.wal)
    try:
        with watch.measure("unpacked"):
            scratch.unpack()
            scratch.configure(moment.target)
        with contextlib.ExitStack() as stack:
            with watch.measure("replayed"):
                restored = stack.enter_context(scratch.running(places.database, user))
            with watch.measure("restored side read"):
                content = read_tables(restored)
    finally:
        scratch.remove()
    rows = compare(moment.content, content)
    return {
        "moment": moment.at,
        "target": moment.target,
        "base": base.folder.name,
        "base_bytes": base.bytes,
        "tables": rows,
        "is_equal": moment.content is not None and all(row["is_equal"] for row in rows),
    }


def moment_of(past: datetime) -> DrillMoment:
    return DrillMoment(past, {"recovery_target_time": past.isoformat()}, None)


def moment_now(database: str) -> DrillMoment:
    slot = psycopg2.connect(dbname=database, connection_factory=LogicalReplicationConnection)
    live = psycopg2.connect(dbname=database)
    # The snapshot lives as long as the connection that has made the slot.
    with contextlib.closing(slot), contextlib.closing(live):
        [(_name, place, snapshot, _plugin)] = execute(slot, SLOT)
        live.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        execute(live, sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        [(at,)] = execute(live, "SELECT clock_timestamp()")
        target = {"recovery_target_lsn": place, "recovery_target_inclusive": "off"}
        return DrillMoment(at, target, read_tables(live))


def await_wal(live: Connection, archive: Path) -> None:
    """Until all that was written up to now has arrived there, with a commit after it to stop before."""
    execute(live, "SELECT pg_current_xact_id()")
    [(name,)] = execute(live, "SELECT pg_walfile_name(pg_switch_wal())")
    deadline = time.monotonic() + WAL_SECONDS
    while not (archive / f"{name}.gz").exists():
        if time.monotonic() > deadline:
            raise NotRestored(
                f"{name} did not come into {archive} within {WAL_SECONDS} s: see pg_receivewal@"
            )
        time.sleep(0.1)


def base_before(places: BackupPlaces, at: datetime) -> BaseBackup:
    usable = [each for each in places.whole("backup") if each.ended_at <= at]
    if not usable:
        raise NotRestored(f"no base backup in {places.cluster} ended before {at:%Y-%m-%d %H:%M:%S}")
    return usable[-1]


def compare(
    live: dict[str, TableContent] | None, restored: dict[str, TableContent]
) -> list[dict[str, Any]]:
    nothing = TableContent(-1, "", ("", ""))
    rows = []
    for table in sorted({*(live or {}), *restored}):
        ours, theirs = (live or {}).get(table, nothing), restored.get(table, nothing)
        row = {"table": table, "restored_rows": theirs.rows, "newest": theirs.newest}
        if live is not None:
            is_newest_equal = ours.newest == theirs.newest
            row |= {
                "rows": ours.rows,
                "newest_is_equal": is_newest_equal,
                "is_equal": ours == theirs,
            }
        rows.append(row)
    return rows


def as_text(report: dict[str, Any]) -> Iterator[str]:
    for row in report.get("tables", ()):
        if "rows" not in row:
            yield f"    {row['restored_rows']:>9} rows  {row['table']}"
        elif not row["is_equal"]:
            yield (
                f"✗   {row['restored_rows']} of {row['rows']} rows, the newest"
                f" {'equal' if row['newest_is_equal'] else 'another'}: {row['table']}"
            )
    if "moment" in report:
        count = sum(row["restored_rows"] for row in report["tables"])
        yield f"Restored {report['base']} up to {report['moment']}: {len(report['tables'])} tables, {count} rows."
    yield ", ".join(f"{step} {seconds} s" for step, seconds in report["seconds"].items())
    if report["problem"]:
        yield f"✗ {report['problem']}"
    elif "moment" in report and report["tables"] and "rows" in report["tables"][0]:
        yield "All is equal." if report["is_equal"] else "✗ It is not what the database holds."
