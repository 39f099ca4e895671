"""Bars in the tables: each has a number, so that one can ask what came after another.

A process beside the server, an operator's, may put some there, too: SQLite lets both write.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chat.accounts.blocklist import Block, decode
from chat.backplane.limits import LIFTED_S


class Numbered(NamedTuple):
    """A block, and its place among them; later ones have higher numbers."""

    number: int
    block: Block


def put(connection: sqlite3.Connection, block: Block) -> Numbered:
    """Store ``block`` in the place of an earlier one of its who and why."""
    connection.execute("DELETE FROM bars WHERE who = ? AND why = ?", (block.who, block.why))
    number = connection.execute(
        "INSERT INTO bars (who, why, until_s, bar) VALUES (?, ?, ?, ?)",
        (block.who, block.why, block.until_s, msgspec.json.encode(block)),
    ).lastrowid
    assert number is not None
    return Numbered(number, block)


def since(connection: sqlite3.Connection, number: int) -> Sequence[Numbered]:
    """Return the blocks after ``number``, in their order; those that are over, too."""
    rows = connection.execute(
        "SELECT number, bar FROM bars WHERE number > ? ORDER BY number", (number,)
    )
    found = ((number, decode(encoded)) for number, encoded in rows)
    return [Numbered(number, block) for number, block in found if block is not None]


def purge(connection: sqlite3.Connection, *, now: float) -> int:
    """Forget those that everybody has heard to be over; return how many."""
    return connection.execute("DELETE FROM bars WHERE until_s <= ?", (now - LIFTED_S,)).rowcount
