"""Counters that the database raises by itself when rows change, whoever changed them.

Admin, import, `QuerySet.update()` and `psql` all raise the number; nothing in Python does, so
nothing can forget to. PostgreSQL raises once per transaction, when it commits (deferred constraint
triggers); SQLite once per row. A field of Conference would not do: a stale `save()` would reset it.

`migrate` makes what is missing or has another text, and leaves the rest alone, since each trigger
that is made locks a table that everybody reads. SQLite alters a table by copying it, so there the
triggers are dropped before migrations.

Where changes may have been missed, the numbers jump by a random stride, so that none comes again that
pages were kept under: when a trigger was made, and when the rows came back from a backup, which a
comment on the counter's table shows.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from lib.locks import number_of
from schedule.models import Conference, ProgrammeRevision, Room, Speaker, Talk, Track
from schedule.models.conference import Revision

EPOCH_STRIDE = 2**40
# One lock for all counters, held from the first raise to the end of the commit: two transactions
# that raise several counters in different orders would otherwise wait for each other for ever.
ADVISORY_LOCK = number_of("revisions")
EVENTS = ("insert", "update", "delete")


@dataclass(frozen=True)
class WatchedTable:
    """A table whose changes count. `conference` is SQL for the conference's id, where `{row}`
    stands for NEW or OLD. Where it yields NULL the row is ignored.
    """

    table: str
    conference: str

    @classmethod
    def model(
        cls, model: type[models.Model], conference: str = "{row}.conference_id"
    ) -> "WatchedTable":
        return cls(model._meta.db_table, conference)

    @classmethod
    def links_of_talks(cls, through: type[models.Model]) -> "WatchedTable":
        """Many-to-many rows. When the talk itself went, its own trigger has counted."""
        talks = Talk._meta.db_table
        conference = f"(SELECT conference_id FROM {talks} WHERE id = {{row}}.talk_id)"
        return cls(through._meta.db_table, conference)


PROGRAMME = (
    WatchedTable.model(Conference, "{row}.id"),
    WatchedTable.model(Room),
    WatchedTable.model(Track),
    WatchedTable.model(Speaker),
    WatchedTable.model(Talk),
    WatchedTable.links_of_talks(Talk.speakers.through),
    WatchedTable.links_of_talks(Talk.also_in.through),
)


def make_programme_triggers(using: str, **_signal: object) -> None:
    make_triggers(connections[using], ProgrammeRevision, PROGRAMME)


def drop_programme_triggers(using: str, plan: Sequence[object], **_signal: object) -> None:
    if plan:
        drop_triggers(connections[using], ProgrammeRevision, PROGRAMME)


def make_triggers(
    connection: BaseDatabaseWrapper, counter: type[Revision], watched: Iterable[WatchedTable]
) -> None:
    """Make what the tables that exist do not have yet; a table at a time, to lock no two at once."""
    tables = set(connection.introspection.table_names())
    table = counter._meta.db_table
    if table not in tables:
        return
    is_postgresql = connection.vendor == "postgresql"
    missing_on = _missing_on_postgresql if is_postgresql else _missing_on_sqlite
    for one in watched:
        if one.table in tables:
            with transaction.atomic(connection.alias), connection.cursor() as cursor:
                missing = list(missing_on(cursor, connection, table, one))
                for sql in missing:
                    cursor.execute(sql)
                if missing:
                    _begin_epoch(cursor, connection, table)
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if is_postgresql:
            _begin_epoch_after_a_restore(cursor, connection, table)
        else:
            # No sign tells of a file that was copied back; its pages mostly lie in the process.
            _remove_with_conference_on_sqlite(cursor, table)
            _begin_epoch(cursor, connection, table)
        # A conference from before the triggers has no number yet.
        cursor.execute(
            f"INSERT INTO {table} (conference_id, number, raised_in)"
            f" SELECT id, 1, 0 FROM {Conference._meta.db_table} WHERE true"
            f" ON CONFLICT (conference_id) DO NOTHING"
        )


def drop_triggers(
    connection: BaseDatabaseWrapper, counter: type[Revision], watched: Iterable[WatchedTable]
) -> None:
    """Before SQLite copies a table. PostgreSQL alters it with its triggers."""
    if connection.vendor == "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS {_removal_name(counter._meta.db_table)}")
        for one in watched:
            for event in EVENTS:
                name = _trigger_name(counter._meta.db_table, one, event)
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _begin_epoch(cursor: CursorWrapper, connection: BaseDatabaseWrapper, counter: str) -> None:
    if connection.vendor == "postgresql":
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    # Transactions of another server have numbers of their own.
    cursor.execute(
        f"UPDATE {counter} SET number = number + %s, raised_in = 0",
        [1 + secrets.randbelow(EPOCH_STRIDE)],
    )


def _begin_epoch_after_a_restore(
    cursor: CursorWrapper, connection: BaseDatabaseWrapper, counter: str
) -> None:
    """The comment says where the rows were written: in which server, on which of its timelines, in
    which file. It goes into every dump; whoever restores one gets another file.
    """
    cursor.execute(
        "SELECT concat_ws(' ', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),"
        " pg_relation_filenode(%s::regclass)), obj_description(%s::regclass, 'pg_class')"
        " FROM pg_control_system()",
        [counter, counter],
    )
    here, written_in = cursor.fetchone()
    if here != written_in:
        _begin_epoch(cursor, connection, counter)
        cursor.execute(f"COMMENT ON TABLE {counter} IS %s", [here])


def _trigger_name(counter: str, watched: WatchedTable, event: str) -> str:
    # PostgreSQL cuts names at 63 characters.
    return f"{counter.removeprefix('schedule_').removeprefix('streaming_')}_{watched.table}_{event}"


def _removal_name(counter: str) -> str:
    return f"{counter}_goes_with_its_conference"


def _raise_sql(counter: str, conference: str, *, once_per: str = "0") -> str:
    """Raise the number of one conference, or begin it at 1; nothing for one that is gone.

    `once_per` is SQL for the transaction; a second raise in the same one does nothing.
    """
    unless_raised = "" if once_per == "0" else f" WHERE {counter}.raised_in <> {once_per}"
    return (
        f"INSERT INTO {counter} (conference_id, number, raised_in)"
        f" SELECT id, 1, {once_per} FROM {Conference._meta.db_table} WHERE id = {conference}"
        f" ON CONFLICT (conference_id) DO UPDATE"
        f" SET number = {counter}.number + 1, raised_in = {once_per}{unless_raised}"
    )


def _missing_on_postgresql(
    cursor: CursorWrapper, _connection: BaseDatabaseWrapper, counter: str, watched: WatchedTable
) -> Iterator[str]:
    """SQL for what the table does not have, or has in another text."""
    function = _trigger_name(counter, watched, "raise")
    new, old = (
        _raise_sql(counter, watched.conference.format(row=row), once_per="txid_current()")
        for row in ("NEW", "OLD")
    )
    body = (
        f" BEGIN PERFORM pg_advisory_xact_lock({ADVISORY_LOCK});"
        f" IF TG_OP <> 'DELETE' THEN {new}; END IF;"
        f" IF TG_OP <> 'INSERT' THEN {old}; END IF;"
        f" RETURN NULL; END "
    )
    cursor.execute("SELECT prosrc FROM pg_proc WHERE oid = to_regproc(%s)", [function])
    if cursor.fetchone() != (body,):
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        )
    cursor.execute(
        "SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND tgenabled = 'O'",
        [watched.table],
    )
    present = dict(cursor.fetchall())
    for event in EVENTS:
        name = _trigger_name(counter, watched, event)
        changed = " WHEN (old.* IS DISTINCT FROM new.*)" if event == "update" else ""
        # Written as PostgreSQL says it back. Deferred: the counter's row is locked for the moment
        # of the commit only, and its raise becomes visible together with the rows.
        sql = (
            f"CREATE CONSTRAINT TRIGGER {name}"
            f" AFTER {event.upper()} ON {watched.table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW{changed} EXECUTE FUNCTION {function}()"
        )
        if present.get(name) != sql:
            yield f"DROP TRIGGER IF EXISTS {name} ON {watched.table}"
            yield sql


def _missing_on_sqlite(
    cursor: CursorWrapper, connection: BaseDatabaseWrapper, counter: str, watched: WatchedTable
) -> Iterator[str]:
    columns = [
        f'"{column.name}"'
        for column in connection.introspection.get_table_description(cursor, watched.table)
    ]
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    rows = {"insert": ["NEW"], "update": ["NEW", "OLD"], "delete": ["OLD"]}
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = %s", [watched.table])
    present = dict(cursor.fetchall())
    for event in EVENTS:
        name = _trigger_name(counter, watched, event)
        when = f"WHEN {changed}" if event == "update" else ""
        raises = " ".join(
            _raise_sql(counter, watched.conference.format(row=row)) + ";" for row in rows[event]
        )
        sql = (
            f"CREATE TRIGGER {name} AFTER {event.upper()}"
            f" ON {watched.table} FOR EACH ROW {when} BEGIN {raises} END"
        )
        if present.get(name) != sql:
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield sql


def _remove_with_conference_on_sqlite(cursor: CursorWrapper, counter: str) -> None:
    """Whoever deletes a conference deletes its counters too, perhaps before a row whose trigger
    then begins a counter again (PostgreSQL's wait for the commit, when the conference is gone).
    """
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS {_removal_name(counter)} AFTER DELETE"
        f" ON {Conference._meta.db_table} FOR EACH ROW"
        f" BEGIN DELETE FROM {counter} WHERE conference_id = OLD.id; END"
    )
