"""Stores blocks in the tables. Each has a number, so that a reader can ask for later ones."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chat.accounts.blocklist import Block, decode
from chat.backplane.limits import LIFTED_KEPT_S


class Numbered(NamedTuple):
    """A block and its number; later blocks have higher numbers."""

    number: int
    block: Block


def put(connection: sqlite3.Connection, block: Block) -> Numbered:
    """Store ``block``, replacing an earlier one with the same ``who`` and ``why``."""
    connection.execute("DELETE FROM bars WHERE who = ? AND why = ?", (block.who, block.why))
    number = connection.execute(
        "INSERT INTO bars (who, why, until_s, bar) VALUES (?, ?, ?, ?)",
        (block.who, block.why, block.until_s, msgspec.json.encode(block)),
    ).lastrowid
    assert number is not None
    return Numbered(number, block)


def since(connection: sqlite3.Connection, number: int) -> Sequence[Numbered]:
    """Return the blocks after ``number``, in order, including expired ones."""
    rows = connection.execute(
        "SELECT number, bar FROM bars WHERE number > ? ORDER BY number", (number,)
    )
    found = ((number, decode(encoded)) for number, encoded in rows)
    return [Numbered(number, block) for number, block in found if block is not None]


def purge(connection: sqlite3.Connection, *, now: float) -> int:
    """Delete blocks that expired more than LIFTED_KEPT_S ago; return how many."""
    return connection.execute(
        "DELETE FROM bars WHERE until_s <= ?", (now - LIFTED_KEPT_S,)
    ).rowcount
