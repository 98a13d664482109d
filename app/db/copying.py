"""Bulk rows by COPY: five times as fast as inserts (`docs/architecture.md`)."""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

Row = Sequence[object]


def copy_rows(session: Session, table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Row]) -> int:
    """COPY `rows` into `table` inside the session's transaction; returns how many.

    `columns` are (name, Postgres type) pairs; the types make the binary format possible.
    """
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), names)
    count = 0
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([kind for _, kind in columns])
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
