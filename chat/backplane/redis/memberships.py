"""Memberships in Redis: the rooms of each user, and how far the user has read each."""

from collections.abc import Callable, Collection, Sequence

from chat.backplane.records import Membership
from chat.backplane.redis.logs import RedisLogs
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store
from chat.backplane.refusals import refused
from chat.errors import Unavailable
from chat.protocol.codes import Code
from chat.protocol.pushes import Read
from chat.rooms import LOBBY
from chat.rooms.access import is_closed


class Memberships:
    """Reads memberships and moves read markers; append.lua makes and ends memberships."""

    def __init__(
        self, store: Store, logs: RedisLogs, on_failure: Callable[[Unavailable], None]
    ) -> None:
        """``on_failure`` is called with the error of each marker that could not be moved."""
        self._store = store
        self._keys = store.keys
        self._logs = logs
        self._on_failure = on_failure
        self._script = Script("mark.lua")

    async def of(self, user: str) -> Sequence[Membership]:
        markers = await self._store.run("HGETALL", self._keys.memberships(user))
        read = {room.decode(): value.split(b" ") for room, value in markers.items()}
        heads = await self._logs.counted_heads([LOBBY, *sorted(read.keys() - {LOBBY})])
        found, missing = [], []
        for room, head in heads.items():
            if head is None:
                missing.append(room)
                continue
            read_offset, unread = None, 0
            if room in read:
                read_offset, read_messages = map(int, read[room])
                unread = max(0, head.messages - read_messages)
            found.append(Membership(room, head.position, read_offset, unread))
        if missing:
            await self._end_removed(user, missing)
        return found

    async def _end_removed(self, user: str, rooms: Sequence[str]) -> None:
        """Forget read markers of rooms that were removed, but not of those that Redis has lost.

        A marker that was moved while the room was being removed may have come after that.
        """
        removed = await self._store.ask(*(("EXISTS", self._keys.removed(room)) for room in rooms))
        gone = [room for room, is_removed in zip(rooms, removed, strict=True) if is_removed]
        if gone:
            await self._store.run("HDEL", self._keys.memberships(user), *gone)

    async def since(self, user: str, room: str) -> int | None:
        """Return the offset of the entry by which ``user`` joined ``room``; None: no member."""
        if room == LOBBY:
            return 0
        is_member, joined = await self._store.ask(
            ("SISMEMBER", self._keys.members(room), user),
            ("HGET", self._keys.joined(room), user),
        )
        if joined is None and is_closed(room):  # between the two questions they were removed
            return None
        return int(joined or 0) if is_member else None

    async def members(self, room: str, *, after: str, limit: int) -> Sequence[str]:
        # Redis has no order of a set's elements: 10,000 members are some 300 KB.
        users = map(bytes.decode, await self._store.run("SMEMBERS", self._keys.members(room)))
        return sorted(user for user in users if user > after)[:limit]

    async def counts(self, rooms: Collection[str]) -> dict[str, int]:
        rooms = tuple(rooms)
        found = await self._store.ask(*(("SCARD", self._keys.members(room)) for room in rooms))
        return dict(zip(rooms, map(int, found), strict=True))

    async def end(self, user: str, room: str) -> None:
        """Forget how far ``user``, who has left ``room``, has read it."""
        await self._store.run("HDEL", self._keys.memberships(user), room)

    async def mark_read(self, user: str, room: str, offset: int) -> Read | None:
        """Move a read marker forward, to ``offset`` or the top; return None if it did not move."""
        head = await self._logs.head(room)
        if room != LOBBY and not await self._store.run("SISMEMBER", self._keys.members(room), user):
            raise refused(Code.NOT_MEMBER, room)
        offset = min(offset, head.offset)
        read = await self._logs.messages_by(room, offset)
        if not await self.mark(user, room, offset, read):
            return None
        # 0: the user has left meanwhile, and the room was removed.
        messages = int(await self._store.run("HGET", self._keys.head(room), "messages") or 0)
        return Read(room=room, offset=offset, unread=max(0, messages - read))

    async def mark(self, user: str, room: str, offset: int, messages: int) -> bool:
        """Move a marker to ``offset``, the ``messages``-th message; return whether it moved."""
        name = self._keys.memberships(user)
        try:
            return bool(await self._script.run(self._store, [name], room, offset, messages))
        except Unavailable as error:
            self._on_failure(error)
            raise
