"""Removes the oldest entries of logs, run in the writer thread."""

import sqlite3
from typing import Final

import msgspec

from chat.backplane.embedded import bodies
from chat.backplane.limits import TRIM_BATCH, TRIM_STEP
from chat.backplane.records import others_kept


class _Body(msgspec.Struct):
    time: str = ""


_time: Final = msgspec.json.Decoder(_Body)


def trim_some(
    connection: sqlite3.Connection, room: str, *, keep: int | None, before: str | None
) -> bool:
    """Remove up to TRIM_BATCH entries; return whether there may be more to remove."""
    head = connection.execute("SELECT messages FROM rooms WHERE room = ?", (room,)).fetchone()
    if head is None:
        return False
    rows = connection.execute(
        "SELECT offset, kind, messages, body FROM entries WHERE room = ? ORDER BY offset LIMIT ?",
        (room, TRIM_BATCH),
    ).fetchall()
    last = 0
    for offset, kind, messages, stored in rows:
        is_excess = keep is not None and kind == "message" and messages <= head[0] - keep
        if is_excess or (before is not None and _time_of(stored) < before):
            last = offset
    if not last:
        return False
    _remove(connection, room, last)
    return last == int(rows[-1][0])


def trim(
    connection: sqlite3.Connection, room: str, top: int, messages: int, keep: int | None
) -> None:
    """Remove the oldest messages beyond ``keep`` and, counted separately, the oldest other entries.

    To be called with each new ``top``; it does so at every TRIM_STEP. A row holds the number of
    messages up to it; its offset minus that is that of other entries.
    """
    if top % TRIM_STEP:
        return
    if keep is not None:
        oldest = connection.execute(
            "SELECT messages FROM entries WHERE room = ? AND kind = 'message'"
            " ORDER BY offset LIMIT 1",
            (room,),
        ).fetchone()
        if oldest is not None and (excess := messages - keep - oldest[0] + 1) > 0:
            (last,) = connection.execute(
                "SELECT max(offset) FROM (SELECT offset FROM entries WHERE room = ?"
                " AND kind = 'message' ORDER BY offset LIMIT ?)",
                (room, excess),
            ).fetchone()
            _remove(connection, room, last)
    oldest = connection.execute(
        "SELECT offset - messages FROM entries WHERE room = ? AND kind <> 'message'"
        " ORDER BY offset LIMIT 1",
        (room,),
    ).fetchone()
    if oldest is not None and (excess := top - messages - others_kept(keep) - oldest[0] + 1) > 0:
        connection.execute(
            "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE room = ?"
            " AND kind <> 'message' ORDER BY offset LIMIT ?)",
            (room, excess),
        )


def _remove(connection: sqlite3.Connection, room: str, last: int) -> None:
    """Remove all entries up to ``last``: also others than messages, for no reader can begin there.

    A reader that is further behind resyncs.
    """
    for table in ("entries", "amended"):
        connection.execute(f"DELETE FROM {table} WHERE room = ? AND offset <= ?", (room, last))


def _time_of(stored: bytes) -> str:
    return _time.decode(bodies.unpack(stored)).time
