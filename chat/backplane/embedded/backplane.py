"""The backplane of one process: SQLite in the data directory, presence in memory."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from chat.accounts.blocklist import Block
from chat.backplane.base import Backplane
from chat.backplane.embedded import (
    blocklist,
    reads,
    records,
    removal,
    schema,
    together,
    trimming,
    writes,
)
from chat.backplane.embedded.block_feed import BlockFeed
from chat.backplane.embedded.checkpoints import CHECKPOINT_DELAY_S, Checkpoints
from chat.backplane.embedded.compaction import compact_older
from chat.backplane.embedded.files import OpenFiles
from chat.backplane.embedded.keys import Keys
from chat.backplane.embedded.leases import LocalLeases
from chat.backplane.embedded.lock import lock_folder
from chat.backplane.embedded.presence import LocalPresence
from chat.backplane.embedded.publishing import Publisher
from chat.backplane.embedded.readers import Readers
from chat.backplane.embedded.recent import RecentEntries
from chat.backplane.embedded.reports import LocalReports
from chat.backplane.embedded.values import StoredValues
from chat.backplane.embedded.writer import Writer
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.listener import Listener
from chat.backplane.probe import Probe
from chat.backplane.records import SITE, Appended, Draft, History, Membership, Page, RoomInfo
from chat.backplane.refusals import refused
from chat.clock import Clock
from chat.errors import ChatError, SettingsError, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Notification, Person, Presence, Push
from chat.rooms import LOBBY

log: Final = logging.getLogger(__name__)

PURGE_INTERVAL_S: Final = 600.0
T = TypeVar("T")


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
        self._reports, self.leases = LocalReports(clock), LocalLeases(clock)
        self._path, self._clock = data_dir / "parley.sqlite3", clock
        self._keep = keep
        self._checkpoint_delay_s = checkpoint_delay_s
        self._positions: dict[str, Position] = {}  # as published
        self._keys = Keys()  # used by the writer alone
        self._together = together.Together(self._keys, clock, keep)
        self._recent = RecentEntries(keep)
        self._followed: set[str] = set()  # rooms that have readers
        self._files = OpenFiles(self._path)
        self._probe = Probe(self.metrics, clock, self._try_to_store)

    async def start(
        self, listener: Listener, on_wait: Callable[[str], None] = lambda why: None
    ) -> None:
        self._listener = listener
        self._presence = LocalPresence(listener.on_room_push)
        self._lock = lock_folder(self._path.parent)
        version, _ = schema.prepare(self._path)
        if 0 < version < schema.REMOVES_TEXT_SINCE:
            compact_older(self._path)
        self._readers = Readers(self._path, self.metrics, self._clock, self._files.check)
        self.checkpoints = Checkpoints(self._readers, self._checkpoint_delay_s)
        publisher = Publisher(listener, self._positions, self._recent, self.checkpoints)
        self._writer = Writer(
            lambda: schema.connect(self._path),
            publisher.publish,
            self.metrics,
            self._clock,
            self._files.check,
            self._files.check_stored,
            self._keys.forget,
        )
        self.values = StoredValues(self._readers, self._writer)
        try:
            for room in (LOBBY, SITE):
                await self._writer.submit(partial(writes.ensure_room, room=room))
        except Unavailable as error:
            raise SettingsError(f"DATA_DIR: {self._path}: {self.metrics.problem}") from error
        self._files.opened()
        everything = await self._readers.query(reads.rooms)
        self._positions |= {info.room: info.position for info in everything}
        blocks = BlockFeed(self._readers, listener)
        blocks.read_on()
        self._tasks = [
            asyncio.create_task(self._probe.test_for_ever()),
            asyncio.create_task(self._purge_for_ever()),
            asyncio.create_task(blocks.read_for_ever()),
            asyncio.create_task(self.checkpoints.run_for_ever()),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._presence.stop()
        await self._probe.stop()
        await self._writer.stop()
        await self._readers.stop()
        self._lock.close()

    async def append(self, draft: Draft) -> Appended:
        if together.is_plain(draft):
            (answer,) = await self.append_all([draft])
            if not isinstance(answer, ChatError):
                return answer
            try:
                raise answer
            finally:
                del answer  # else it would refer to itself, by its traceback
        now, keep = self._clock.time(), self._keep
        stored = await self._writer.submit(
            lambda connection: writes.append(connection, self._keys, draft, now=now, keep=keep)
        )
        return stored.answer

    async def append_all(self, drafts: Sequence[Draft]) -> Sequence[Appended | ChatError]:
        results = await self._writer.submit_all(self._together.append_all, drafts)
        return [one if isinstance(one, ChatError) else one.answer for one in results]

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
        return await self._readers.query(lambda c: reads.read(c, room, since, limit=limit))

    async def entry(self, room: str, offset: int) -> Entry | None:
        return await self._readers.query(lambda c: reads.entry(c, room, offset))

    async def history(
        self,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        return await self._readers.query(
            lambda c: reads.history(
                c, room, before=before, after=after, limit=limit, limit_bytes=limit_bytes
            )
        )

    async def rooms(self) -> Sequence[RoomInfo]:
        return [info for info in await self._readers.query(reads.rooms) if info.room != SITE]

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return await self._look_up(lambda c: reads.positions(c, rooms, self._positions))

    async def memberships(self, user: str) -> Sequence[Membership]:
        return await self._look_up(lambda c: reads.memberships(c, user))

    async def member_since(self, user: str, room: str) -> int | None:
        return await self._look_up(lambda c: reads.member_since(c, user, room))

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        return await self._readers.query(lambda c: reads.members(c, room, after=after, limit=limit))

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        return await self._readers.query(lambda c: reads.member_counts(c, rooms))

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return await self._look_up(lambda c: records.find(c, room, keys))

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        return await self._readers.query(
            lambda c: records.scan(c, room, prefix, after=after, limit=limit)
        )

    async def trim(self, room: str, *, keep: int | None, before: str | None) -> bool:
        self._recent.forget(room)
        has_more = await self._writer.submit(
            lambda c: trimming.trim_some(c, room, keep=keep, before=before)
        )
        self._recent.forget(room)
        self.checkpoints.note_removal()
        return has_more

    async def remove(self, room: str) -> None:
        if room == LOBBY:
            raise refused(Code.FORBIDDEN, room)
        while await self._writer.submit(lambda c: removal.remove_some(c, self._keys, room)) is None:
            pass
        self.checkpoints.note_removal()

    async def _look_up(self, query: Callable[[sqlite3.Connection], T]) -> T:
        # Each attach or command reads a few rows by key. Reading them here costs a fifth of what
        # passing the query to a thread would, and a writer does not block readers
        # (sqlite.org/wal.html).
        try:
            return query(self._readers.nowait)
        except sqlite3.Error:  # blocked all the same, for example by another process's checkpoint
            return await self._readers.query(query)

    async def follow(self, rooms: Collection[str]) -> None:
        """Protect ``rooms`` from removal. The listener receives all entries stored here anyway."""
        self._followed.update(rooms)

    def unfollow(self, rooms: Collection[str]) -> None:
        self._followed.difference_update(rooms)

    async def follow_user(self, user: str) -> None:
        """Do nothing: all sessions of a user are in this process."""

    def unfollow_user(self, user: str) -> None: ...

    async def announce(self, user: str, session: str, attachment: str) -> None:
        self._listener.on_attached(user, session, attachment)

    async def notify(self, user: str, notification: Notification) -> None:
        self._listener.on_user_push(user, notification)

    async def publish(self, room: str, push: Push) -> None:
        self._listener.on_room_push(room, push)

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        self._presence.set(session, person, rooms)

    async def presence(self, room: str) -> Presence:
        return self._presence.of(room)

    async def people(self, room: str) -> Collection[Person]:
        return self._presence.people(room)

    async def report(self, instance: str, report: bytes | None) -> None:
        self._reports.put(instance, report)

    async def reports(self) -> dict[str, bytes]:
        return self._reports.all()

    async def block(self, block: Block) -> None:
        await self._writer.submit(lambda c: blocklist.put(c, block))

    async def check(self) -> None:
        await self._probe.check()

    async def _try_to_store(self) -> None:
        await self._writer.submit(writes.probe, is_apart=True)

    async def purge(self) -> None:
        """Remove expired keys and blocks, and unused rooms; runs every PURGE_INTERVAL_S."""
        now = self._clock.time()
        await self._writer.submit(lambda c: blocklist.purge(c, now=now))
        while await self._writer.submit(lambda c: self._keys.purge(c, now=now)):
            pass  # in steps, between which others write
        if await self._readers.query(reads.unused):
            in_use = frozenset(self._followed)
            await self._writer.submit(lambda c: removal.remove_unused(c, self._keys, in_use))

    async def _purge_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PURGE_INTERVAL_S)
            try:
                await self.purge()
            except Unavailable as error:
                log.warning("What is old was not purged: %s", error)
