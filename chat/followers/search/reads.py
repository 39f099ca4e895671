"""Finds messages in the search index, the newest first: asks each shard, and merges the answers."""

import heapq
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Final

from chat.followers.search.rows import PLACE_BITS, PUBLIC, user_word
from chat.followers.search.writes import loading
from chat.rooms.access import Access, access_of
from chat.rooms.search import Candidate, Found, Places
from chat.rooms.search_query import Query, Term

# How many messages to look at before the time is looked at again.
_STRIDE: Final = 256


class TooSlow(Exception):
    """The time is up, and nothing is known yet."""


def find(
    connection: sqlite3.Connection,
    query: Query,
    places: Places,
    *,
    below: int | None,
    limit: int,
    is_over: Callable[[], bool],
) -> Found:
    """Return up to ``limit`` messages that ``query`` may be true of, in ``places``.

    Their ids are below ``below``. Raises TooSlow if ``is_over`` before the first was looked at;
    after that it returns what it has.
    """
    connection.execute("BEGIN")  # all shards as they are at one moment
    try:
        is_complete = not _is_loading(connection, places)
        numbers = _numbers(connection, places)
        expression = _expression(query, places, numbers.values())
        first, last = _bounds(query, below)
        if expression is None or first >= last:
            return Found([], None, is_complete)
        with ExitStack() as stack:
            shards = []
            for (shard,) in connection.execute("SELECT number FROM shards").fetchall():
                if is_over():
                    raise TooSlow
                rows = stack.enter_context(
                    closing(
                        connection.execute(
                            "SELECT w.rowid, r.room, m.offset"
                            f" FROM words{shard} w CROSS JOIN messages m ON m.id = w.rowid"
                            " CROSS JOIN rooms r ON r.number = m.room"
                            f" WHERE words{shard} MATCH ? AND w.rowid >= ? AND w.rowid < ?"
                            " AND r.room IS NOT NULL ORDER BY w.rowid DESC",
                            (expression, first, last),
                        )
                    )
                )
                shards.append(rows)
            found = heapq.merge(*shards, reverse=True)
            return _taken(found, places, limit, is_complete, is_over)
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def _taken(
    found: Iterator[tuple[int, str, int]],
    places: Places,
    limit: int,
    is_complete: bool,
    is_over: Callable[[], bool],
) -> Found:
    taken: list[Candidate] = []
    for count, (id_, room, offset) in enumerate(found, 1):
        if offset >= places.since.get(room, 0):
            taken.append(Candidate(id_, room, offset))
        if len(taken) == limit or (count % _STRIDE == 0 and is_over()):
            return Found(taken, id_, is_complete)
    return Found(taken, None, is_complete)


def _is_loading(connection: sqlite3.Connection, places: Places) -> bool:
    """Return whether messages of ``places`` are not in the index yet.

    Other rooms don't count: whoever may not know of them must not learn that one was made.
    """
    return any(
        room in places.since or (places.has_public and access_of(room) is Access.PUBLIC)
        for room in loading(connection)
    )


def _numbers(connection: sqlite3.Connection, places: Places) -> dict[str, int]:
    rows = connection.execute(
        "SELECT room, number FROM rooms WHERE room IN (SELECT value FROM json_each(?))",
        (json.dumps(list(places.since)),),
    )
    return {room: number for room, number in rows}


def _expression(query: Query, places: Places, numbers: Iterable[int]) -> str | None:
    """Return the FTS5 expression; None if nothing can be found.

    Words hold no sign that has a meaning in it, and are quoted all the same.
    """
    rooms = [f'"r{number}"' for number in numbers]
    if places.has_public:
        rooms.append(f'"{PUBLIC}"')
    if not rooms:
        return None
    parts = [f"text : {_phrase(term)}" for term in query.terms]
    parts += [f"author : {_phrase(term)}" for term in query.authors]
    if query.user is not None:
        parts.append(f'author : "{user_word(query.user)}"')
    parts.append(f"place : ({' OR '.join(rooms)})")
    return " AND ".join(parts)


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'


def _bounds(query: Query, below: int | None) -> tuple[int, int]:
    """Return the ids between which ``query`` looks: from the first up to, without, the last."""
    most = 2**63 - 1
    first = 0 if query.since_ms is None else max(0, query.since_ms) << PLACE_BITS
    last = most if query.before_ms is None else max(0, query.before_ms) << PLACE_BITS
    return min(first, most), min(last, most if below is None else below)
