"""Queries for many rows by their keys."""

import sqlite3
from collections.abc import Collection
from typing import Any


def select(
    connection: sqlite3.Connection, columns: str, table: str, key: str, wanted: Collection[Any]
) -> sqlite3.Cursor:
    """Select ``columns`` of the rows of ``table`` whose ``key``, tuples of columns, is ``wanted``.

    A row may come more than once. ``wanted`` is not empty.
    """
    rows = [*wanted]
    # Up to a power of two: so there are few statements, which Python keeps compiled.
    rows += rows[-1:] * ((1 << (len(rows) - 1).bit_length()) - len(rows))
    marks = f"({', '.join('?' * len(rows[0]))})"
    # A cross join is made from left to right (sqlite.org/optoverview.html#crossjoin); with IN and
    # rows of values, SQLite goes through the whole table.
    return connection.execute(
        f"WITH wanted({key}) AS (VALUES {', '.join([marks] * len(rows))})"
        f" SELECT {columns} FROM wanted CROSS JOIN {table} USING ({key})",
        [value for row in rows for value in row],
    )
