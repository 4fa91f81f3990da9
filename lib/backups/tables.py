"""What is in a database, table by table, so that two can be compared without copying either."""

from typing import Any, NamedTuple

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

TABLES = """
    SELECT n.nspname, c.relname,
        (SELECT array_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum))
         FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
"""
# Two sums of 64 bits over all rows, in any order and without sorting.
SUMS = """
    SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)::text,
        coalesce(sum(hashtextextended(r::text, 1)::numeric), 0)::text
    FROM {table} r
"""
NEWEST = "SELECT left(md5(r::text), 8) FROM {table} r ORDER BY {key} LIMIT 1"


class TableContent(NamedTuple):
    """`newest` and `sums` stand for what is in the rows and do not tell it."""

    rows: int
    newest: str
    sums: tuple[str, ...]


def read_tables(connection: Connection) -> dict[str, TableContent]:
    # Both sides have to write moments alike.
    execute(connection, "SET TIME ZONE 'UTC'")
    return {
        f"{schema}.{name}": _read_table(connection, sql.Identifier(schema, name), key or [])
        for schema, name, key in execute(connection, TABLES)
    }


def _read_table(connection: Connection, table: sql.Identifier, key: list[str]) -> TableContent:
    [(count, *sums)] = execute(connection, sql.SQL(SUMS).format(table=table))
    newest = ""
    if key:
        last_first = sql.SQL(", ").join(
            sql.SQL("r.{} DESC").format(sql.Identifier(each)) for each in key
        )
        query = sql.SQL(NEWEST).format(table=table, key=last_first)
        newest = next((row[0] for row in execute(connection, query)), "")
    return TableContent(count, newest, tuple(sums))


def execute(connection: Connection, query: str | sql.Composable) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []
