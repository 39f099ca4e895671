"""The backplane of many instances, on Redis."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec

from chat.accounts.blocklist import Block
from chat.background import Tasks
from chat.backplane.base import Backplane, Listener
from chat.backplane.limits import HISTORY_BYTES, REPORT_S
from chat.backplane.probe import Probe
from chat.backplane.records import Appended, Draft, History, Membership, Page, RoomInfo
from chat.backplane.redis import schema
from chat.backplane.redis.appending import Appender, probe_rooms
from chat.backplane.redis.blocklist import BARRED, BlocklistLog
from chat.backplane.redis.channels import open_channels
from chat.backplane.redis.connect import RedisOptions, close, connect_when_ready
from chat.backplane.redis.failures import RETRY_MS, call, unavailable
from chat.backplane.redis.feed import SUBSCRIBED, Feed
from chat.backplane.redis.logs import RedisLogs
from chat.backplane.redis.presence import CHANGED, Leases
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store
from chat.backplane.redis.unused import UnusedRooms
from chat.backplane.redis.upgrading import Upgrade
from chat.backplane.redis.version1 import Converter
from chat.clock import Clock
from chat.errors import Refused, ResyncNeeded, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry, Person, Presence, Push, Read, Typing
from chat.rooms import LOBBY

log: Final = logging.getLogger(__name__)

_REFUSALS: Final = {
    Code.NO_SUCH_ROOM: "There is no room {room}; join it to make it.",
    Code.NOT_MEMBER: "Join {room} first.",
    Code.KEY_CONFLICT: "This key was used for another text; take a new key for a new message.",
}


# A lost subscription is restored within 3 s, and missed entries are then read from the log.
FEED_GRACE_S: Final = 5.0
_NOT_HEARD: Final = (
    "What other instances store is not heard of: Redis can't be subscribed to. The user of "
    "REDIS_URL may lack the permission."
)


class _Joined(msgspec.Struct, tag="joined"):
    """Tells a user's sessions on all instances of a membership, beginning after this position."""

    room: str
    epoch: str
    offset: int


class _Left(msgspec.Struct, tag="left"):
    room: str


class _Attached(msgspec.Struct, tag="attached"):
    session: str
    attachment: str


class _Told(msgspec.Struct, tag="read"):
    read: Read


_user_signals: Final = msgspec.json.Decoder(_Joined | _Left | _Attached | _Told)
_typing: Final = msgspec.json.Decoder(Typing)
_TYPING: Final = b"typing "


class RedisBackplane(Backplane):
    """Keeps everything in Redis; any number of instances may share it."""

    def __init__(self, options: RedisOptions, *, clock: Clock, keep: int | None = None) -> None:
        self.metrics = StoreMetrics()
        self._options = options
        self._keys = options.keys
        self._clock = clock
        self._keep = keep
        self._publish = options.publish
        self._mark_script = Script("mark.lua")
        self._client: Any = None  # None until a usable Redis is connected
        self._probe = Probe(self.metrics, clock, self._try_to_store)
        self._leaving = Tasks()

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
            asyncio.create_task(self._leases.look_for_ever(self._feed.rooms)),
            asyncio.create_task(self._upgrade.watch()),
            asyncio.create_task(self._unused.remove_for_ever()),
        ]

    async def _open(self, client: Any) -> None:
        """Create all that is needed in the Redis of ``client``. Raises Unavailable; may be retried.

        If everything exists, nothing is written: so a full Redis can still be read.
        """
        await call(schema.prepare(client, self._keys))
        self._store = Store(client, self._keys, self.metrics)
        converter = Converter(self._store)
        channels = open_channels(client)
        self._upgrade = Upgrade(self._store, converter, channels)
        await self._upgrade.begin()
        self._logs = RedisLogs(self._store, converter)
        self._leases = Leases(self._store, self._clock, self._publish, self._tell_presence)
        self._feed = Feed(channels, self._logs, self._listener, self.metrics, self._keys)
        self._unused = UnusedRooms(
            self._store,
            self._leases,
            self._feed,
            is_cluster=self._options.url.is_cluster,
            is_mixed=self._upgrade.is_mixed,
        )
        self._appender = Appender(
            self._store,
            converter,
            self.metrics,
            self._clock,
            publish=self._publish,
            keep=self._keep,
            is_one_store=not self._options.url.is_cluster,
            is_mixed=self._upgrade.is_mixed,
        )
        await self._appender.load(client)
        await call(self._mark_script.load(client))
        await self._logs.renew(LOBBY, Position("", 0))
        if not await self._store.run("SISMEMBER", self._keys.rooms, LOBBY):
            await self._store.run("SADD", self._keys.rooms, LOBBY)
        self._blocklist = BlocklistLog(
            self._store, self._clock, self._publish, self._listener.on_block
        )
        await self._blocklist.read_on()
        await self._feed.start(self._on_signal)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._probe.stop()
        await self._leaving.cancel()
        await self._leases.stop()
        await self._feed.stop()
        await self._store.stop()
        await close(self._client)

    # Appending

    async def append(self, draft: Draft) -> Appended:
        appended, messages = await self._append("append", draft)
        if appended.is_new and draft.body.kind == "message":
            # An author has read all earlier messages, so their own never count as unread.
            await self._mark(draft.user, draft.room, appended.position.offset, messages)
        return appended

    async def join(self, draft: Draft) -> Appended:
        appended, messages = await self._append("join", draft)
        await self._store.run("SADD", self._keys.rooms, draft.room)
        if draft.room != LOBBY:
            # Repeat this on a repeated join: the instance that stored the entry may have died here.
            await self._mark(draft.user, draft.room, appended.position.offset, messages)
        if appended.is_new:
            epoch, offset = appended.position
            await self._tell(draft.user, _Joined(draft.room, epoch, offset - 1))
        return appended

    async def leave(self, draft: Draft) -> Appended:
        if draft.room == LOBBY:
            raise Refused(Code.FORBIDDEN, f"Everybody is in {LOBBY}; it can't be left.")
        appended, _ = await self._append("leave", draft)
        await self._store.run("HDEL", self._keys.memberships(draft.user), draft.room)
        await self._tell(draft.user, _Left(draft.room))
        return appended

    async def _append(self, act: str, draft: Draft) -> tuple[Appended, int]:
        room = draft.room
        code, position, is_new, messages = await self._appender.append(
            act, draft, self._feed.seen(room)
        )
        if code != "ok":
            raise Refused(code, _REFUSALS[Code(code)].format(room=room))
        self._feed.note(room, position)
        return Appended(position, is_new), messages

    # Reading

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        await self._feed.make_sure(room)
        try:
            page = await self._logs.read(room, since, limit=limit)
            await self._feed.check(room, page)
            return page
        except ResyncNeeded:
            # Redis may have lost entries. Judge by what this instance saw, not by the client's
            # cursor: anybody could start a new epoch of a room with a made-up cursor.
            await self._feed.look(room)
            raise

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
        made = {name.decode() for name in await self._store.run("SMEMBERS", self._keys.rooms)}
        names = sorted(made | {LOBBY})  # the lobby exists even if Redis was flushed meanwhile
        positions = await self.positions(names)
        return [RoomInfo(room, position) for room, position in positions.items()]

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        heads = await self._logs.heads(rooms)
        return {room: head for room, head in heads.items() if head is not None}

    # Memberships

    async def memberships(self, user: str) -> Sequence[Membership]:
        markers = await self._store.run("HGETALL", self._keys.memberships(user))
        read = {room.decode(): value.split(b" ") for room, value in markers.items()}
        rooms = [LOBBY, *sorted(read.keys() - {LOBBY})]
        heads = await self._store.run_all(
            [("HMGET", self._keys.head(room), "epoch", "top", "messages") for room in rooms]
        )
        found = []
        for room, head in zip(rooms, heads, strict=True):
            if isinstance(head, Exception):
                raise unavailable(head)
            if head[0] is not None:
                position, messages = Position(head[0].decode(), int(head[1])), int(head[2])
            elif room == LOBBY:  # always exists, and is empty now
                position, messages = await self._logs.head(LOBBY), 0
            else:  # Redis has lost the room
                continue
            read_offset, read_messages = map(int, read.get(room, (position.offset, messages)))
            unread = max(0, messages - read_messages)
            found.append(Membership(room, position, read_offset, unread))
        return found

    async def mark_read(self, user: str, room: str, offset: int) -> None:
        head = await self._logs.head(room)
        if room != LOBBY and not await self._store.run("SISMEMBER", self._keys.members(room), user):
            raise Refused(Code.NOT_MEMBER, f"You are not in {room}.")
        offset = min(offset, head.offset)
        read = await self._logs.messages_by(room, offset)
        if await self._mark(user, room, offset, read):
            # 0: the user has left meanwhile, and the room was removed.
            messages = int(await self._store.run("HGET", self._keys.head(room), "messages") or 0)
            unread = max(0, messages - read)
            await self._tell(user, _Told(Read(room=room, offset=offset, unread=unread)))

    async def _mark(self, user: str, room: str, offset: int, messages: int) -> bool:
        name = self._keys.memberships(user)
        try:
            moved = await self._mark_script.run(self._store, [name], room, offset, messages)
        except Unavailable as error:  # sending includes this step, so record it
            self._appender.note(error)
            raise
        return bool(moved)

    # The live feed

    async def follow(self, rooms: Collection[str]) -> None:
        await self._feed.follow({self._keys.feed(room): room for room in rooms})

    def unfollow(self, rooms: Collection[str]) -> None:
        self._feed.unfollow([self._keys.feed(room) for room in rooms])

    async def follow_user(self, user: str) -> None:
        await self._feed.follow({self._keys.user_feed(user): None})

    def unfollow_user(self, user: str) -> None:
        self._feed.unfollow([self._keys.user_feed(user)])

    async def announce(self, user: str, session: str, attachment: str) -> None:
        await self._tell(user, _Attached(session, attachment))

    async def publish(self, room: str, push: Push) -> None:
        await self._store.run(self._publish, self._keys.feed(room), _TYPING + push.encode())

    async def _tell(self, user: str, signal: msgspec.Struct) -> None:
        payload = user.encode() + b"\n" + msgspec.json.encode(signal)
        await self._store.run(self._publish, self._keys.user_feed(user), payload)

    def _on_signal(self, channel: str, payload: bytes) -> None:
        if channel == self._keys.everybody:
            if payload == BARRED:
                self._blocklist.look()
            elif payload == SUBSCRIBED:
                self._blocklist.look_anew()
            return
        room = self._feed.room_of(channel)
        if room is not None:
            if payload == CHANGED:
                self._leases.changed(room)
            elif payload.startswith(_TYPING):
                self._listener.on_room_push(room, _typing.decode(payload[len(_TYPING) :]))
            return
        user, _, encoded = payload.partition(b"\n")
        try:
            signal = _user_signals.decode(encoded)
        except msgspec.ValidationError:  # from a newer version, and only for that version
            return
        match signal:
            case _Joined(room, epoch, offset):
                self._listener.on_joined(user.decode(), room, Position(epoch, offset))
            case _Left(room):
                self._leaving.start(self._tell_left(user.decode(), room))
            case _Attached(session, attachment):
                self._listener.on_attached(user.decode(), session, attachment)
            case _Told(read):
                self._listener.on_user_push(user.decode(), read)

    async def _tell_left(self, user: str, room: str) -> None:
        await self._feed.settled(room)  # deliver the ``left`` entry first
        self._listener.on_left(user, room)

    # Presence

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        await self._leases.set(session, person, rooms)

    async def presence(self, room: str) -> Presence:
        return await self._leases.of(room)

    async def people(self, room: str) -> Collection[Person]:
        return await self._leases.people(room)

    def _tell_presence(self, presence: Presence) -> None:
        self._listener.on_room_push(presence.room, presence)

    # Instances

    async def report(self, instance: str, report: bytes | None) -> None:
        if report is None:
            await self._store.run("HDEL", self._keys.instances, instance)
        else:
            value = b"%.3f\n%b" % (self._clock.time() + REPORT_S, report)
            await self._store.run("HSET", self._keys.instances, instance, value)

    async def reports(self) -> dict[str, bytes]:
        live, now = {}, self._clock.time()
        for instance, value in (await self._store.run("HGETALL", self._keys.instances)).items():
            until, _, report = value.partition(b"\n")
            if float(until) > now:
                live[instance.decode()] = report
            else:  # the instance died; if it is back, it reports again
                await self._store.run("HDEL", self._keys.instances, instance)
        return live

    async def block(self, block: Block) -> None:
        await self._blocklist.put(block)

    async def purge(self) -> None:
        """Remove expired blocks and unused rooms."""
        await self._blocklist.purge()
        await self._unused.remove()

    async def _try_to_store(self) -> None:
        rooms = await call(probe_rooms(self._client, self._keys))
        await self._appender.probe(rooms)

    async def check(self) -> None:
        if self._client is None:
            why = self.metrics.problem or "Redis is waited for."
            raise Unavailable(Code.UNAVAILABLE, why, retry_ms=RETRY_MS)
        await self._probe.check()
        lost_at_s, now_s = self.metrics.feed_lost_at_s, asyncio.get_running_loop().time()
        if lost_at_s is not None and now_s - lost_at_s >= FEED_GRACE_S:
            raise Unavailable(Code.UNAVAILABLE, _NOT_HEARD, retry_ms=RETRY_MS)
