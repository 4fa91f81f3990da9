"""Counters that the database raises by itself when rows change, whoever changed them.

Admin, import, `QuerySet.update()` and `psql` all raise the number; nothing in Python does, so
nothing can forget to. PostgreSQL raises once per transaction, when it commits (deferred constraint
triggers); SQLite once per row. A field of Conference would not do: a stale `save()` would reset it.

Triggers are dropped before migrations and made again after them, because SQLite alters a table by
copying it. Each time the numbers also jump by a random stride, so that a database that came back
from a backup (which is followed by `migrate`) never repeats a number that pages were kept under.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections, models
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


def drop_programme_triggers(using: str, **_signal: object) -> None:
    drop_triggers(connections[using], ProgrammeRevision, PROGRAMME)


def make_triggers(
    connection: BaseDatabaseWrapper, counter: type[Revision], watched: Iterable[WatchedTable]
) -> None:
    """Make the triggers of the tables that exist, and jump to a new epoch."""
    tables = set(connection.introspection.table_names())
    counter_table = counter._meta.db_table
    if counter_table not in tables:
        return
    make = _make_on_postgresql if connection.vendor == "postgresql" else _make_on_sqlite
    drop_triggers(connection, counter, watched)
    with connection.cursor() as cursor:
        for one in watched:
            if one.table in tables:
                make(cursor, connection, counter_table, one)
        if connection.vendor == "sqlite":
            _remove_with_conference_on_sqlite(cursor, counter_table)
        # A conference from before the triggers has no number yet.
        cursor.execute(_raise_sql(counter_table, "id"))
        cursor.execute(
            f"UPDATE {counter_table} SET number = number + %s",
            [1 + secrets.randbelow(EPOCH_STRIDE)],
        )


def drop_triggers(
    connection: BaseDatabaseWrapper, counter: type[Revision], watched: Iterable[WatchedTable]
) -> None:
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER IF EXISTS {_removal_name(counter._meta.db_table)}")
        for one in watched:
            if one.table not in tables:
                continue
            for event in EVENTS:
                on = f" ON {one.table}" if connection.vendor == "postgresql" else ""
                name = _trigger_name(counter._meta.db_table, one, event)
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


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


def _make_on_postgresql(
    cursor: CursorWrapper, connection: BaseDatabaseWrapper, counter: str, watched: WatchedTable
) -> None:
    function = _trigger_name(counter, watched, "raise")
    new, old = (
        _raise_sql(counter, watched.conference.format(row=row), once_per="txid_current()")
        for row in ("NEW", "OLD")
    )
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" PERFORM pg_advisory_xact_lock({ADVISORY_LOCK});"
        f" IF TG_OP <> 'DELETE' THEN {new}; END IF;"
        f" IF TG_OP <> 'INSERT' THEN {old}; END IF;"
        f" RETURN NULL; END $$"
    )
    for event in EVENTS:
        changed = "WHEN (OLD.* IS DISTINCT FROM NEW.*)" if event == "update" else ""
        # Deferred: the counter's row is locked for the moment of the commit only, and its raise
        # becomes visible together with the rows.
        cursor.execute(
            f"CREATE CONSTRAINT TRIGGER {_trigger_name(counter, watched, event)}"
            f" AFTER {event.upper()} ON {watched.table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW {changed} EXECUTE FUNCTION {function}()"
        )


def _make_on_sqlite(
    cursor: CursorWrapper, connection: BaseDatabaseWrapper, counter: str, watched: WatchedTable
) -> None:
    columns = [
        f'"{column.name}"'
        for column in connection.introspection.get_table_description(cursor, watched.table)
    ]
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    rows = {"insert": ["NEW"], "update": ["NEW", "OLD"], "delete": ["OLD"]}
    for event in EVENTS:
        when = f"WHEN {changed}" if event == "update" else ""
        raises = " ".join(
            _raise_sql(counter, watched.conference.format(row=row)) + ";" for row in rows[event]
        )
        cursor.execute(
            f"CREATE TRIGGER {_trigger_name(counter, watched, event)} AFTER {event.upper()}"
            f" ON {watched.table} FOR EACH ROW {when} BEGIN {raises} END"
        )


def _remove_with_conference_on_sqlite(cursor: CursorWrapper, counter: str) -> None:
    """Whoever deletes a conference deletes its counters too, perhaps before a row whose trigger
    then begins a counter again (PostgreSQL's wait for the commit, when the conference is gone).
    """
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS {_removal_name(counter)} AFTER DELETE"
        f" ON {Conference._meta.db_table} FOR EACH ROW"
        f" BEGIN DELETE FROM {counter} WHERE conference_id = OLD.id; END"
    )
