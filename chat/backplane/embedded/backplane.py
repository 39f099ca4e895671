"""The backplane of one process: SQLite in the data directory, presence in memory."""

import asyncio
import fcntl
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from chat.accounts.blocklist import Block
from chat.backplane.base import Backplane, Listener
from chat.backplane.embedded import blocklist, reads, schema, writes
from chat.backplane.embedded.failures import FilesReplaced, reason
from chat.backplane.embedded.files import OpenFiles
from chat.backplane.embedded.presence import PresenceBook
from chat.backplane.embedded.recent import RecentEntries
from chat.backplane.embedded.writer import Writer
from chat.backplane.limits import BLOCKS_INTERVAL_S, HISTORY_BYTES, REPORT_S
from chat.backplane.probe import Probe
from chat.backplane.records import Appended, Draft, History, Membership, Page, RoomInfo
from chat.clock import Clock
from chat.errors import SettingsError, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry, Person, Presence, Push
from chat.rooms import LOBBY
from chat.settings import private_files

T = TypeVar("T")

log: Final = logging.getLogger(__name__)

# With two readers, one long history request does not delay all clients that catch up.
READERS: Final = 2
PURGE_INTERVAL_S: Final = 600.0
# Removed text stays in the write-ahead log this long. No sooner, for a checkpoint syncs twice.
CHECKPOINT_DELAY_S: Final = 5.0
# A checkpoint that empties the log blocks the writer while it waits for readers.
CHECKPOINT_WAIT_S: Final = 0.5


class EmbeddedBackplane(Backplane):
    """Keeps everything in ``data_dir`` and locks it: one process per folder."""

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock,
        keep: int | None = None,
        checkpoint_delay_s: float = CHECKPOINT_DELAY_S,
    ) -> None:
        self.metrics = StoreMetrics()
        self._reports: dict[str, tuple[float, bytes]] = {}  # by instance: expiry time, report
        self._path = data_dir / "parley.sqlite3"
        self._lock_path = data_dir / "lock"
        self._clock = clock
        self._keep = keep
        self._checkpoint_delay_s = checkpoint_delay_s
        self._presence = PresenceBook(self._tell_presence)
        self._positions: dict[str, Position] = {}  # as published
        self._recent = RecentEntries(keep)
        self._followed: set[str] = set()  # rooms that have readers
        self._has_removed = asyncio.Event()  # set while removed text is in the write-ahead log
        self._last_block = 0  # the number of the newest block delivered to the listener
        self._files: OpenFiles | None = None  # once they are open
        self._probe = Probe(self.metrics, clock, self._try_to_store)

    async def start(
        self, listener: Listener, on_wait: Callable[[str], None] = lambda why: None
    ) -> None:
        self._listener = listener
        self._lock = self._take_lock()
        version, _ = schema.prepare(self._path)
        if 0 < version < schema.REMOVES_TEXT_SINCE:
            schema.compact(self._path)
        self._local = threading.local()
        self._glancing = schema.connect(self._path, busy_s=0)  # the event loop's; never waits
        self._connections: list[sqlite3.Connection] = [self._glancing]
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="parley-reader")
        self._writer = Writer(
            lambda: schema.connect(self._path),
            self._publish,
            self.metrics,
            self._clock,
            self._check_files,
            self._check_stored,
        )
        try:
            await self._writer.submit(lambda connection: writes.ensure_room(connection, LOBBY))
        except Unavailable as error:
            raise SettingsError(f"DATA_DIR: {self._path}: {self.metrics.problem}") from error
        self._files = OpenFiles(self._path)
        self._positions = {info.room: info.position for info in await self.rooms()}
        self._take_blocks(blocklist.since(self._glancing, 0))
        self._tasks = [
            asyncio.create_task(self._probe.test_for_ever()),
            asyncio.create_task(self._purge_for_ever()),
            asyncio.create_task(self._look()),
            asyncio.create_task(self._checkpoint_for_ever()),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._presence.stop()
        await self._probe.stop()
        await self._writer.stop()
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._connections:
            connection.close()
        self._lock.close()

    async def append(self, draft: Draft) -> Appended:
        now, keep = self._clock.time(), self._keep
        stored = await self._writer.submit(
            lambda connection: writes.append(connection, draft, now=now, keep=keep)
        )
        return stored.answer

    async def join(self, draft: Draft) -> Appended:
        return (await self._writer.submit(lambda c: writes.join(c, draft, keep=self._keep))).answer

    async def leave(self, draft: Draft) -> Appended:
        return (await self._writer.submit(lambda c: writes.leave(c, draft, keep=self._keep))).answer

    async def mark_read(self, user: str, room: str, offset: int) -> None:
        await self._writer.submit(lambda c: writes.mark_read(c, user, room, offset))

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        if since == self._positions.get(room):
            return Page((), False)  # entries stored but not yet published will be delivered live
        if (page := self._recent.read(room, since, limit=limit)) is not None:
            return page
        return await self._query(lambda c: reads.read(c, room, since, limit=limit))

    async def entry(self, room: str, offset: int) -> Entry | None:
        return await self._query(lambda c: reads.entry(c, room, offset))

    async def history(
        self,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        return await self._query(
            lambda c: reads.history(
                c, room, before=before, after=after, limit=limit, limit_bytes=limit_bytes
            )
        )

    async def rooms(self) -> Sequence[RoomInfo]:
        return await self._query(reads.rooms)

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return {room: self._positions[room] for room in rooms if room in self._positions}

    async def memberships(self, user: str) -> Sequence[Membership]:
        # Each attach reads a few rows by key. Reading them here costs a fifth of what passing the
        # query to a thread would, and a writer does not block readers (sqlite.org/wal.html).
        try:
            return reads.memberships(self._glancing, user)
        except sqlite3.Error:  # blocked all the same, for example by another process's checkpoint
            return await self._query(lambda c: reads.memberships(c, user))

    async def follow(self, rooms: Collection[str]) -> None:
        """Protect ``rooms`` from removal. The listener receives all entries stored here anyway."""
        self._followed.update(rooms)

    def unfollow(self, rooms: Collection[str]) -> None:
        self._followed.difference_update(rooms)

    async def follow_user(self, user: str) -> None:
        """Do nothing: all sessions of a user are in this process."""

    def unfollow_user(self, user: str) -> None:
        """Do nothing, as ``follow_user``."""

    async def announce(self, user: str, session: str, attachment: str) -> None:
        self._listener.on_attached(user, session, attachment)

    async def publish(self, room: str, push: Push) -> None:
        self._listener.on_room_push(room, push)

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        self._presence.set(session, person, rooms)

    async def presence(self, room: str) -> Presence:
        return self._presence.of(room)

    async def people(self, room: str) -> Collection[Person]:
        return self._presence.people(room)

    async def report(self, instance: str, report: bytes | None) -> None:
        self._reports.pop(instance, None)
        if report is not None:
            self._reports[instance] = (self._clock.time() + REPORT_S, report)

    async def reports(self) -> dict[str, bytes]:
        now = self._clock.time()
        self._reports = {name: told for name, told in self._reports.items() if told[0] > now}
        return {name: report for name, (_, report) in self._reports.items()}

    async def block(self, block: Block) -> None:
        await self._writer.submit(lambda c: blocklist.put(c, block))

    async def check(self) -> None:
        await self._probe.check()

    async def _try_to_store(self) -> None:
        await self._writer.submit(writes.probe, is_apart=True)

    def _check_files(self) -> None:
        if self._files is not None:
            self._files.check()

    def _check_stored(self) -> None:
        if self._files is not None:
            self._files.check_stored()

    def _publish(self, results: list[Any]) -> None:
        """Notify the listener of the results of a transaction, in order."""
        entries: list[Entry] = []
        for result in results:
            match result:
                case writes.Stored(entry=Entry() as entry):
                    entries.append(entry)
                    self._positions[entry.room] = entry.position
                    self._recent.add(entry)
                    for rewritten in result.rewritten:
                        self._recent.replace(rewritten)
                        self._has_removed.set()
        self._listener.on_entries(entries)
        for result in results:
            match result:
                case writes.Stored(user=user, entry=Entry(room, position, "joined")):
                    since = Position(position.epoch, position.offset - 1)
                    self._listener.on_joined(user, room, since)
                case writes.Stored(user=user, entry=Entry(room=room, kind="left")):
                    self._listener.on_left(user, room)
                case writes.Marked(user=user, read=read) if read is not None:
                    self._listener.on_user_push(user, read)
                case writes.Removed(rooms):
                    for room in rooms:
                        self._positions.pop(room, None)
                        self._recent.forget(room)
                case blocklist.Numbered():
                    self._listener.on_block(result.block)

    async def _look(self) -> None:
        """Poll for blocks that an operator's command has put into the store."""
        is_told = False
        while True:
            await asyncio.sleep(BLOCKS_INTERVAL_S)
            try:
                # A lookup by key that usually finds nothing: cheaper here than in a thread.
                self._take_blocks(blocklist.since(self._glancing, self._last_block))
                is_told = False
            except sqlite3.Error as error:
                if not is_told:  # log once, not twice a second while the disk is unavailable
                    log.info("It could not be looked who is kept out: %s", error)
                is_told = True

    def _take_blocks(self, heard: Sequence[blocklist.Numbered]) -> None:
        for number, block in heard:
            self._last_block = number
            self._listener.on_block(block)

    def _tell_presence(self, presence: Presence) -> None:
        self._listener.on_room_push(presence.room, presence)

    async def _query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._readers, lambda: query(self._connection())
            )
        except (sqlite3.Error, FilesReplaced) as error:
            self.metrics.refused(reason(error), now_s=self._clock.monotonic())
            raise Unavailable(
                Code.UNAVAILABLE, "The message store can't be read now; try again.", retry_ms=2000
            ) from error

    def _connection(self) -> sqlite3.Connection:
        """Return the connection of this reader thread."""
        if not hasattr(self._local, "connection"):
            self._check_files()  # else SQLite would create a new, empty file
            self._local.connection = schema.connect(self._path)
            self._connections.append(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection

    async def checkpoint(self) -> None:
        """Empty the write-ahead log, so that no copy of removed text is left."""

        def checkpoint(connection: sqlite3.Connection) -> bool:
            connection.execute(f"PRAGMA busy_timeout = {int(CHECKPOINT_WAIT_S * 1000)}")
            try:
                (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(schema.BUSY_S * 1000)}")
            return bool(is_busy)

        self._has_removed.clear()
        if await self._query(checkpoint):
            self._has_removed.set()  # a reader was active: try again later

    async def _checkpoint_for_ever(self) -> None:
        while True:
            await self._has_removed.wait()
            await asyncio.sleep(self._checkpoint_delay_s)
            try:
                await self.checkpoint()
            except Unavailable as error:
                self._has_removed.set()
                log.warning("What was removed is still in the write-ahead log: %s", error)

    async def purge(self) -> None:
        """Remove expired keys and blocks, and unused rooms; runs every PURGE_INTERVAL_S."""
        await self._writer.submit(self._purge_old)
        if await self._query(reads.unused):
            in_use = frozenset(self._followed)
            await self._writer.submit(lambda c: writes.remove_unused(c, in_use))

    async def _purge_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PURGE_INTERVAL_S)
            try:
                await self.purge()
            except Unavailable as error:
                log.warning("What is old was not purged: %s", error)

    def _purge_old(self, connection: sqlite3.Connection) -> int:
        now = self._clock.time()
        return writes.purge_keys(connection, now=now) + blocklist.purge(connection, now=now)

    def _take_lock(self) -> IO[str]:
        try:
            private_files.make_folder(self._lock_path.parent)
            private_files.ensure(self._lock_path)
            lock = self._lock_path.open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise
        except BlockingIOError:
            raise SettingsError(
                f"DATA_DIR: another Parley is using {self._lock_path.parent}. Stop it, or give "
                "this one a folder of its own."
            ) from None
        except OSError as error:
            raise SettingsError(
                f"DATA_DIR: {self._lock_path.parent} can't be used ({error.strerror}). Name a "
                "folder that Parley may write to."
            ) from error
        return lock
