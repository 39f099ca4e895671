"""The backplane of many instances, on Redis."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from chat.background import Tasks
from chat.backplane.base import (
    DEDUPE_S,
    HISTORY_BYTES,
    REPORT_S,
    Appended,
    Backplane,
    Draft,
    History,
    Listener,
    Membership,
    Page,
    RoomInfo,
)
from chat.backplane.redis import keys, schema
from chat.backplane.redis.bars import BARRED, BarLog
from chat.backplane.redis.channels import open_channels
from chat.backplane.redis.connect import RedisOptions, connect_when_ready
from chat.backplane.redis.feed import SUBSCRIBED, Feed
from chat.backplane.redis.logs import RedisLogs, Script, new_epoch
from chat.backplane.redis.presence import CHANGED, Leases
from chat.backplane.redis.store import Store, unavailable
from chat.backplane.vitals import Vitals
from chat.bars import Bar
from chat.clock import Clock
from chat.errors import Refused, ResyncNeeded
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


class _Joined(msgspec.Struct, tag="joined"):
    """To a user's sessions on all instances: a membership that begins behind this place."""

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
        self.vitals = Vitals()
        self._options = options
        self._clock = clock
        self._keep = keep
        self._publish = options.publish
        self._append_script = Script("append.lua")
        self._mark_script = Script("mark.lua")
        self._leaving = Tasks()

    async def start(self, listener: Listener) -> None:
        self._listener = listener
        self._client = await connect_when_ready(self._options)
        await schema.prepare(self._client)
        self._store = Store(self._client, self.vitals)
        self._logs = RedisLogs(self._store)
        self._leases = Leases(self._store, self._clock, self._publish, self._tell_presence)
        self._feed = Feed(open_channels(self._client), self._logs, listener, self.vitals)
        for script in (self._append_script, self._mark_script):
            await script.load(self._client)
        await self._logs.renew(LOBBY, Position("", 0))
        await self._store.run("SADD", keys.ROOMS, LOBBY)
        self._bars = BarLog(self._store, self._clock, self._publish, listener.on_bar)
        await self._bars.read_on()
        await self._feed.start(self._on_signal)
        self._tasks = [
            asyncio.create_task(self._bars.watch_for_ever()),
            asyncio.create_task(self._leases.renew_for_ever()),
            asyncio.create_task(self._leases.look_for_ever(self._feed.rooms)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._leaving.cancel()
        await self._leases.stop()
        await self._feed.stop()
        await self._store.stop()
        await self._client.aclose()

    # Appending

    async def append(self, draft: Draft) -> Appended:
        appended, messages = await self._append("append", draft)
        if appended.is_new and draft.body.kind == "message":
            # Who speaks has read what was said before; so their own words never count as unread.
            await self._mark(draft.user, draft.room, appended.position.offset, messages)
        return appended

    async def join(self, draft: Draft) -> Appended:
        appended, messages = await self._append("join", draft)
        await self._store.run("SADD", keys.ROOMS, draft.room)
        if draft.room != LOBBY:
            # Said again, it is done again: the instance that stored the entry may have died here.
            await self._mark(draft.user, draft.room, appended.position.offset, messages)
        if appended.is_new:
            epoch, offset = appended.position
            await self._tell(draft.user, _Joined(draft.room, epoch, offset - 1))
        return appended

    async def leave(self, draft: Draft) -> Appended:
        if draft.room == LOBBY:
            raise Refused(Code.FORBIDDEN, f"Everybody is in {LOBBY}; it can't be left.")
        appended, _ = await self._append("leave", draft)
        await self._store.run("HDEL", keys.memberships(draft.user), draft.room)
        await self._tell(draft.user, _Left(draft.room))
        return appended

    async def _append(self, act: str, draft: Draft) -> tuple[Appended, int]:
        room, target = draft.room, getattr(draft.body, "target", "")
        head = keys.head(room)
        draft_key = head if draft.key is None else keys.draft(room, draft.user, draft.key)
        names = [head, keys.log(room), keys.members(room), keys.about(room), draft_key]
        code, epoch, offset, is_new, messages = await self._append_script.run(
            self._store,
            names,
            act,
            draft.user,
            draft.body.kind,
            draft.body.encode(),
            target,
            draft.digest.hex() if draft.key is not None else "",
            DEDUPE_S,
            "" if self._keep is None else self._keep,
            new_epoch(),
            "1" if room == LOBBY else "0",
            self._publish,
            keys.feed(room),
            self._clock.time(),
            *self._feed.seen(room),
        )
        if (code := code.decode()) != "ok":
            raise Refused(code, _REFUSALS[Code(code)].format(room=room))
        position = Position(epoch.decode(), int(offset))
        self._feed.note(room, position)
        return Appended(position, bool(is_new)), int(messages)

    # Reading

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        await self._feed.make_sure(room)
        try:
            return await self._logs.read(room, since, limit=limit)
        except ResyncNeeded:
            # It may be that Redis lost entries. What we saw tells, what a client says does not:
            # anybody could have a room begin anew with a made-up cursor.
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
        return await self._logs.history(room, before=before, after=after, limit=limit)

    async def rooms(self) -> Sequence[RoomInfo]:
        made = {name.decode() for name in await self._store.run("SMEMBERS", keys.ROOMS)}
        names = sorted(made | {LOBBY})  # which is there even if Redis was emptied while we run
        positions = await self.positions(names)
        return [RoomInfo(room, position) for room, position in positions.items()]

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        heads = await self._logs.heads(rooms)
        return {room: head for room, head in heads.items() if head is not None}

    # Memberships

    async def memberships(self, user: str) -> Sequence[Membership]:
        markers = await self._store.run("HGETALL", keys.memberships(user))
        read = {room.decode(): value.split(b" ") for room, value in markers.items()}
        rooms = [LOBBY, *sorted(read.keys() - {LOBBY})]
        heads = await self._store.run_all(
            [("HMGET", keys.head(room), "epoch", "top", "messages") for room in rooms]
        )
        found = []
        for room, head in zip(rooms, heads, strict=True):
            if isinstance(head, Exception):
                raise unavailable(head)
            if head[0] is not None:
                position, messages = Position(head[0].decode(), int(head[1])), int(head[2])
            elif room == LOBBY:  # everybody's, and empty now
                position, messages = await self._logs.head(LOBBY), 0
            else:  # lost with what Redis lost
                continue
            read_offset, read_messages = map(int, read.get(room, (position.offset, messages)))
            unread = max(0, messages - read_messages)
            found.append(Membership(room, position, read_offset, unread))
        return found

    async def mark_read(self, user: str, room: str, offset: int) -> None:
        head = await self._logs.head(room)
        if room != LOBBY and not await self._store.run("SISMEMBER", keys.members(room), user):
            raise Refused(Code.NOT_MEMBER, f"You are not in {room}.")
        offset = min(offset, head.offset)
        read = await self._logs.messages_by(room, offset)
        if await self._mark(user, room, offset, read):
            messages = int(await self._store.run("HGET", keys.head(room), "messages"))
            unread = max(0, messages - read)
            await self._tell(user, _Told(Read(room=room, offset=offset, unread=unread)))

    async def _mark(self, user: str, room: str, offset: int, messages: int) -> bool:
        name = keys.memberships(user)
        return bool(await self._mark_script.run(self._store, [name], room, offset, messages))

    # The live feed

    async def follow(self, rooms: Collection[str]) -> None:
        await self._feed.follow({keys.feed(room): room for room in rooms})

    def unfollow(self, rooms: Collection[str]) -> None:
        self._feed.unfollow([keys.feed(room) for room in rooms])

    async def follow_user(self, user: str) -> None:
        await self._feed.follow({keys.user_feed(user): None})

    def unfollow_user(self, user: str) -> None:
        self._feed.unfollow([keys.user_feed(user)])

    async def announce(self, user: str, session: str, attachment: str) -> None:
        await self._tell(user, _Attached(session, attachment))

    async def publish(self, room: str, push: Push) -> None:
        await self._store.run(self._publish, keys.feed(room), _TYPING + push.encode())

    async def _tell(self, user: str, signal: msgspec.Struct) -> None:
        payload = user.encode() + b"\n" + msgspec.json.encode(signal)
        await self._store.run(self._publish, keys.user_feed(user), payload)

    def _on_signal(self, channel: str, payload: bytes) -> None:
        if channel == keys.EVERYBODY:
            if payload == BARRED:
                self._bars.look()
            elif payload == SUBSCRIBED:
                self._bars.look_anew()
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
        except msgspec.ValidationError:  # a newer version's, which is for its own kind alone
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
        await self._feed.settled(room)  # the entry that says so comes first
        self._listener.on_left(user, room)

    # Presence

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        await self._leases.set(session, person, rooms)

    async def presence(self, room: str) -> Presence:
        return await self._leases.of(room)

    def _tell_presence(self, presence: Presence) -> None:
        self._listener.on_room_push(presence.room, presence)

    # Instances

    async def report(self, instance: str, report: bytes | None) -> None:
        if report is None:
            await self._store.run("HDEL", keys.INSTANCES, instance)
        else:
            value = b"%.3f\n%b" % (self._clock.time() + REPORT_S, report)
            await self._store.run("HSET", keys.INSTANCES, instance, value)

    async def reports(self) -> dict[str, bytes]:
        live, now = {}, self._clock.time()
        for instance, value in (await self._store.run("HGETALL", keys.INSTANCES)).items():
            until, _, report = value.partition(b"\n")
            if float(until) > now:
                live[instance.decode()] = report
            else:  # it died; should it be back by now, it reports again
                await self._store.run("HDEL", keys.INSTANCES, instance)
        return live

    async def bar(self, bar: Bar) -> None:
        await self._bars.put(bar)

    async def purge(self) -> None:
        """Forget bars that count no more; done now and then."""
        await self._bars.purge()

    async def check(self) -> None:
        await self._store.run("PING")
