"""The backplane of many instances, on Redis."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

from chat.accounts.blocklist import Block
from chat.backplane.base import Backplane
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.listener import Listener
from chat.backplane.probe import Probe
from chat.backplane.records import Appended, Draft, History, Membership, Page, RoomInfo
from chat.backplane.redis import schema
from chat.backplane.redis.amending import Amending
from chat.backplane.redis.appending import Appender, probe_rooms
from chat.backplane.redis.blocklist import BlocklistLog
from chat.backplane.redis.channels import open_channels
from chat.backplane.redis.closed_rooms import ClosedRooms
from chat.backplane.redis.connect import RedisOptions, close, connect_when_ready
from chat.backplane.redis.failures import RETRY_MS, call
from chat.backplane.redis.feed import Feed
from chat.backplane.redis.leases import SharedLeases
from chat.backplane.redis.logs import RedisLogs
from chat.backplane.redis.memberships import Memberships
from chat.backplane.redis.presence import Leases
from chat.backplane.redis.records import Records
from chat.backplane.redis.removal import Removal
from chat.backplane.redis.reports import SharedReports
from chat.backplane.redis.seen import SeenPositions
from chat.backplane.redis.signals import Attached, Joined, Left, MarkedRead, Notified, Signals
from chat.backplane.redis.store import Store
from chat.backplane.redis.together import Together
from chat.backplane.redis.unused import UnusedRooms
from chat.backplane.redis.upgrading import Upgrade
from chat.backplane.redis.values import SharedValues
from chat.backplane.redis.version1 import Converter
from chat.backplane.refusals import refused
from chat.clock import Clock
from chat.errors import ChatError, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Notification, Person, Presence, Push
from chat.rooms import LOBBY
from chat.rooms.access import is_closed


class RedisBackplane(Backplane):
    """Keeps everything in Redis; any number of instances may share it."""

    def __init__(self, options: RedisOptions, *, clock: Clock, keep: int | None = None) -> None:
        self.metrics = StoreMetrics()
        self._options, self._keys, self._publish = options, options.keys, options.publish
        self._clock, self._keep = clock, keep
        self._client: Any = None  # None until a usable Redis is connected
        self._probe = Probe(self.metrics, clock, self._try_to_store)

    async def start(
        self, listener: Listener, on_wait: Callable[[str], None] = lambda why: None
    ) -> None:
        self._listener = listener

        def wait(why: str) -> None:
            self.metrics.problem = why
            on_wait(why)

        self._client = await connect_when_ready(self._options, self._open, wait)
        self.metrics.problem = None
        self._tasks = [
            asyncio.create_task(self._probe.test_for_ever()),
            asyncio.create_task(self._blocklist.watch_for_ever()),
            asyncio.create_task(self._leases.renew_for_ever()),
            asyncio.create_task(self._leases.expire_for_ever(self._feed.rooms)),
            asyncio.create_task(self._upgrade.watch()),
            asyncio.create_task(self._unused.remove_for_ever()),
        ]

    async def _open(self, client: Any) -> None:
        """Create what is missing; write nothing if all exists, so that a full Redis can be read."""
        await call(schema.prepare(client, self._keys))
        self._store = Store(client, self._keys, self.metrics)
        converter = Converter(self._store)
        channels = open_channels(client)
        self._closed_rooms = ClosedRooms(self._store, channels)
        self._upgrade = Upgrade(self._store, converter, channels)
        await self._upgrade.begin()
        self._logs = RedisLogs(self._store, converter)
        self._leases = Leases(self._store, self._clock, self._publish, self._listener.on_room_push)
        self._seen = SeenPositions(self._logs, self.metrics)
        self._feed = Feed(
            channels, self._logs, self._seen, self._listener, self.metrics, self._keys
        )
        self._unused = UnusedRooms(
            store=self._store,
            leases=self._leases,
            seen=self._seen,
            is_cluster=self._options.url.is_cluster,
            is_mixed=self._upgrade.is_mixed,
        )
        self._appender = Appender(
            store=self._store,
            converter=converter,
            amending=Amending(self._store, converter),
            metrics=self.metrics,
            clock=self._clock,
            publish=self._publish,
            keep=self._keep,
            is_one_store=not self._options.url.is_cluster,
            is_mixed=self._upgrade.is_mixed,
        )
        await self._appender.load(client)
        self._memberships = Memberships(self._store, self._logs, self._appender.note)
        self._together = Together(
            appender=self._appender,
            feed=self._feed,
            seen=self._seen,
            memberships=self._memberships,
        )
        self._reports, self._records = SharedReports(self._store, self._clock), Records(self._store)
        self.leases, self.values = SharedLeases(self._store), SharedValues(self._store)
        await self._logs.renew(LOBBY, Position("", 0))
        if not await self._store.run("SISMEMBER", self._keys.rooms, LOBBY):
            await self._store.run("SADD", self._keys.rooms, LOBBY)
        self._blocklist = BlocklistLog(
            self._store, self._clock, self._publish, self._listener.on_block
        )
        await self._blocklist.read_on()
        self._signals = Signals(
            store=self._store,
            publish=self._publish,
            listener=self._listener,
            feed=self._feed,
            leases=self._leases,
            blocklist=self._blocklist,
        )
        await self._feed.start(self._signals.receive)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._probe.stop()
        await self._signals.stop()
        await self._leases.stop()
        await self._feed.stop()
        await self._store.stop()
        await close(self._client)

    async def append(self, draft: Draft) -> Appended:
        appended, _ = await self._together.append("append", draft)
        return appended

    async def append_all(self, drafts: Sequence[Draft]) -> Sequence[Appended | ChatError]:
        return await self._together.append_all(drafts)

    async def join(self, draft: Draft) -> Appended:
        if is_closed(draft.room):
            await self._closed_rooms.check()
        appended, messages = await self._together.append("join", draft)
        await self._store.run("SADD", self._keys.rooms, draft.room)
        if draft.room != LOBBY:
            # Repeat this on a repeated join: the instance that stored the entry may have died here.
            (epoch, offset), is_new = appended
            await self._memberships.mark(draft.user, draft.room, offset, messages)
            since = offset if is_new else await self.member_since(draft.user, draft.room)
            if since is not None:  # else they have left meanwhile
                joined = Joined(draft.room, epoch, since - 1, is_repeated=not is_new)
                await self._signals.send(draft.user, joined)
        return appended

    async def leave(self, draft: Draft) -> Appended:
        if draft.room == LOBBY:
            raise refused(Code.FORBIDDEN, LOBBY)
        appended, _ = await self._together.append("leave", draft)
        await self._memberships.end(draft.user, draft.room)
        await self._signals.send(draft.user, Left(draft.room))
        return appended

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        return await self._feed.read(room, since, limit=limit)

    async def entry(self, room: str, offset: int) -> Entry | None:
        return await self._logs.entry(room, offset)

    async def history(
        self,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        return await self._logs.history(
            room, before=before, after=after, limit=limit, limit_bytes=limit_bytes
        )

    async def rooms(self) -> Sequence[RoomInfo]:
        return await self._logs.rooms()

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return await self._logs.positions(rooms)

    async def trim(self, room: str, *, keep: int | None, before: str | None) -> bool:
        return await self._logs.trim(room, keep=keep, before=before)

    async def memberships(self, user: str) -> Sequence[Membership]:
        return await self._memberships.of(user)

    async def member_since(self, user: str, room: str) -> int | None:
        return await self._memberships.since(user, room)

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        return await self._memberships.members(room, after=after, limit=limit)

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        return await self._memberships.counts(rooms)

    async def mark_read(self, user: str, room: str, offset: int) -> None:
        if (read := await self._memberships.mark_read(user, room, offset)) is not None:
            await self._signals.send(user, MarkedRead(read))

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return await self._records.find(room, keys)

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        return await self._records.scan(room, prefix, after=after, limit=limit)

    async def remove(self, room: str) -> None:
        await Removal(store=self._store, publish=self._publish).remove(room)

    # The live feed

    async def follow(self, rooms: Collection[str]) -> None:
        await self._feed.following.follow(rooms)

    def unfollow(self, rooms: Collection[str]) -> None:
        self._feed.following.unfollow(rooms)

    async def follow_user(self, user: str) -> None:
        await self._feed.following.follow_user(user)

    def unfollow_user(self, user: str) -> None:
        self._feed.following.unfollow_user(user)

    async def announce(self, user: str, session: str, attachment: str) -> None:
        self._signals.tell_attached(user, Attached(session, attachment))

    async def notify(self, user: str, notification: Notification) -> None:
        await self._signals.send(user, Notified(notification))

    async def publish(self, room: str, push: Push) -> None:
        await self._signals.send_to_room(room, push)

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        self._leases.set(session, person, rooms)

    async def presence(self, room: str) -> Presence:
        return await self._leases.of(room)

    async def people(self, room: str) -> Collection[Person]:
        return await self._leases.people(room)

    async def report(self, instance: str, report: bytes | None) -> None:
        await self._reports.put(instance, report)

    async def reports(self) -> dict[str, bytes]:
        return await self._reports.all()

    async def block(self, block: Block) -> None:
        await self._blocklist.put(block)

    async def purge(self) -> None:
        """Remove expired blocks and unused rooms."""
        await self._blocklist.purge()
        await self._unused.remove()

    async def _try_to_store(self) -> None:
        await self._appender.probe(await call(probe_rooms(self._client, self._keys)))

    async def check(self) -> None:
        if self._client is None:
            why = self.metrics.problem or "Redis is waited for."
            raise Unavailable(Code.UNAVAILABLE, why, retry_ms=RETRY_MS)
        await self._probe.check()
        self._feed.check_is_heard()
