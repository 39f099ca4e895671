"""Keeps the search index up to date with the logs, in a thread of its own."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from chat.backplane.base import LogStore
from chat.clock import Clock
from chat.errors import Refused
from chat.followers.follower import Follower
from chat.followers.search import files, writes
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

T = TypeVar("T")

log: Final = logging.getLogger(__name__)

# Entries to index in one transaction: of 200, as other followers take, one costs half more.
BATCH: Final = 1000
# Messages to load at a time, or as many as make LOAD_BYTES: some ten milliseconds of the thread,
# which shares the interpreter with the event loop.
LOAD_MESSAGES: Final = 200
LOAD_BYTES: Final = 64 << 10
# Removed words are erased at most this often: it rewrites a shard.
ERASE_S: Final = 0.25
# What rooms keep no longer leaves no entry, so it is looked for. Retention runs as often.
TRIM_S: Final = 600.0


class SearchFollower(Follower):
    """Writes the index in ``data_dir``."""

    def __init__(self, backplane: LogStore, data_dir: Path, clock: Clock) -> None:
        self._backplane = backplane
        self._path = files.path_of(data_dir)
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parley-search-writer")
        self._connection: sqlite3.Connection | None = None
        self._loading: dict[str, int] = {}  # room -> the offset before which it is not loaded
        self._rooms: set[str] = set()
        self._has_gone = False  # there may be messages of rooms that are gone
        self._has_dirt = False  # there may be removed words
        self._erase_due_s = 0.0
        self._trim_due_s = clock.monotonic() + TRIM_S
        self._trimming: Iterator[str] = iter(())

    async def open(self) -> Mapping[str, Position]:
        cursor, self._loading = await self._run(self._open)
        self._rooms = set(cursor)
        self._has_gone = self._has_dirt = True
        return cursor

    def _open(self) -> tuple[dict[str, Position], dict[str, int]]:
        try:
            self._connection = files.open_to_write(self._path)
            found = writes.cursor(self._connection), writes.loading(self._connection)
        except sqlite3.DatabaseError as error:
            if not files.is_damage(error):
                raise
            log.warning("The search index is damaged (%s), and is built anew", error)
            self._close()
            files.remove(self._path)
            self._connection = files.open_to_write(self._path)
            found = {}, {}
        files.remove_others(self._path)
        return found

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        await self._change(lambda connection: writes.handle(connection, pages))
        kinds = {entry.kind for entries in pages.values() for entry in entries}
        self._has_dirt |= not kinds.isdisjoint(("edited", "deleted"))

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        await self._change(lambda connection: writes.restart(connection, room, top))
        self._loading[room] = top.offset + 1
        self._has_gone = self._has_gone or room in self._rooms
        self._rooms.add(room)
        return top

    async def forget(self, room: str) -> None:
        await self._change(lambda connection: writes.forget(connection, room))
        self._loading.pop(room, None)
        self._rooms.discard(room)
        self._has_gone = True

    async def work(self) -> bool:
        if self._has_gone:
            self._has_gone = await self._change(writes.remove_some)
            self._has_dirt = True
            return True
        now_s = self._clock.monotonic()
        if self._has_dirt and now_s >= self._erase_due_s:
            await self._erase()
            # Much is removed at times: then it takes at most a fifth of the thread.
            self._erase_due_s = now_s + max(ERASE_S, 5 * (self._clock.monotonic() - now_s))
        if self._loading:
            await self._load(next(iter(self._loading)))
            return True
        return await self._trim_one()

    @property
    def backlog(self) -> int:
        return sum(self._loading.values()) - len(self._loading)

    async def _load(self, room: str) -> None:
        """Load a page of ``room``, the newest that is missing."""
        try:
            page = await self._backplane.history(
                room,
                before=self._loading[room],
                after=None,
                limit=LOAD_MESSAGES,
                limit_bytes=LOAD_BYTES,
            )
        except Refused:  # it has gone, and will be forgotten
            del self._loading[room]
            return
        before = page.entries[0].position.offset if page.entries and page.more else 0
        await self._change(lambda connection: writes.load(connection, room, page.entries, before))
        if before:
            self._loading[room] = before
        else:
            del self._loading[room]
            if not self._loading:
                self._has_dirt = True  # full shards are merged
                log.info("The search index is complete")

    async def _erase(self) -> None:
        self._has_dirt = await self._change(writes.erase_some)
        if not self._has_dirt:
            # The removed words are in the write-ahead log, too. Where somebody is reading, it stays
            # until the next time.
            row = await self._run(
                lambda: self._opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
            self._has_dirt = bool(row[0])

    async def _trim_one(self) -> bool:
        """Remove what one room keeps no longer; return whether there are more rooms to look at."""
        now_s = self._clock.monotonic()
        if now_s >= self._trim_due_s:
            self._trim_due_s = now_s + TRIM_S
            self._trimming = iter(tuple(self._rooms))
        room = next(self._trimming, None)
        if room is None:
            return False
        if room in self._rooms:
            try:
                page = await self._backplane.history(
                    room, before=None, after=0, limit=1, limit_bytes=1
                )
                top = (await self._backplane.positions([room]))[room]
            except (Refused, KeyError):  # it has gone, and will be forgotten
                return True
            # Messages that came in between are not older than what was there before.
            oldest = page.entries[0].position.offset if page.entries else top.offset
            while not await self._change(lambda c: writes.trim(c, room, oldest)):
                self._has_dirt = True
            self._has_dirt = True
        return True

    @property
    def _opened(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    async def _change(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of ``change``, made in the thread, in one transaction."""

        def transact() -> T:
            connection = self._opened
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._run(transact)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from error
