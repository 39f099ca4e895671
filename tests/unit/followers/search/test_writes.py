"""A batch of messages is indexed as each of them alone would be."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.followers.search import files, writes
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, MessageBody
from chat.rooms import LOBBY

EPOCH = "e1"
TIME = "2026-01-31T12:00:00.000Z"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = files.open_to_write(tmp_path / "search.sqlite3")
    writes.restart(connection, LOBBY, Position(EPOCH, 0))
    yield connection
    connection.close()


def message(offset: int, text: str, *, is_deleted: bool = False) -> Entry:
    body = MessageBody(
        user="guest-1", name="Ada", time=TIME, key="k", text=text, html="", deleted=is_deleted
    )
    return Entry(LOBBY, Position(EPOCH, offset), "message", body.encode())


def found(index: sqlite3.Connection, word: str) -> list[int]:
    rows = index.execute(
        "SELECT m.offset FROM words1 w JOIN messages m ON m.id = w.rowid WHERE words1 MATCH ?"
        " ORDER BY m.id",
        (word,),
    )
    return [offset for (offset,) in rows]


def count(index: sqlite3.Connection) -> int:
    (messages,) = index.execute("SELECT messages FROM shards").fetchone()
    return int(messages)


def test_messages_of_one_moment_stand_in_their_order(index: sqlite3.Connection) -> None:
    writes.handle(index, {LOBBY: [message(offset, "apple") for offset in (1, 2, 3)]})
    assert found(index, "apple") == [1, 2, 3]


def test_of_known_messages_in_a_batch_the_text_is_replaced(index: sqlite3.Connection) -> None:
    writes.handle(index, {LOBBY: [message(1, "apple"), message(2, "apple")]})
    writes.load(index, LOBBY, [message(2, "pear"), message(3, "pear")], 0)
    assert (found(index, "apple"), found(index, "pear"), count(index)) == ([1], [2, 3], 3)


def test_deleted_messages_in_a_batch_are_removed(index: sqlite3.Connection) -> None:
    writes.handle(index, {LOBBY: [message(1, "apple"), message(2, "apple")]})
    writes.load(index, LOBBY, [message(2, "", is_deleted=True), message(3, "apple")], 0)
    assert (found(index, "apple"), count(index)) == ([1, 3], 2)


def test_two_messages_that_would_have_one_id_are_both_found(index: sqlite3.Connection) -> None:
    writes.handle(index, {LOBBY: [message(offset, "apple") for offset in (1, 1025, 2049)]})
    assert (sorted(found(index, "apple")), count(index)) == ([1, 1025, 2049], 3)
