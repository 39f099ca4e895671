"""Reads the rooms' logs in Redis, and begins a new epoch when entries were lost."""

import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from chat.backplane.limits import PAGE_BYTES, TRIM_BATCH
from chat.backplane.records import History, Page, RoomInfo
from chat.backplane.redis.amendments import Amendments, unpack
from chat.backplane.redis.failures import unavailable
from chat.backplane.redis.scripts import Script, fields_of
from chat.backplane.redis.store import Store
from chat.backplane.redis.turns import OncePerTurn
from chat.backplane.redis.version1 import Converter, is_whole
from chat.backplane.refusals import refused
from chat.errors import ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.rooms import LOBBY
from chat.rooms.amendments import Reactions

# Above all offsets, and exact as a number in Lua.
_MAX_OFFSET: Final = 2**53 - 1


class Forked(ResyncNeeded):
    """The log holds a different entry in the place of one that was seen: Redis lost the others."""


class Head(NamedTuple):
    """The end of a log, and how many messages there have been up to it."""

    position: Position
    messages: int


class RedisLogs:
    """Reads logs and begins new epochs; chat.backplane.redis.appending appends."""

    def __init__(self, store: Store, converter: Converter) -> None:
        self._store = store
        self._keys = store.keys
        self._converter = converter
        self._reading_heads = OncePerTurn(self._read_heads)
        self._read = Script("read.lua")
        self._history = Script("history.lua")
        self._renew = Script("renew.lua")
        self._trim = Script("trim.lua")

    async def heads(self, rooms: Collection[str]) -> dict[str, Position | None]:
        """Return each room's position, or None if there is no room. The lobby always exists."""
        heads = await self.counted_heads(rooms)
        return {room: None if head is None else head.position for room, head in heads.items()}

    async def counted_heads(self, rooms: Collection[str]) -> dict[str, Head | None]:
        """Return each room's position and messages, as heads()."""
        rooms = tuple(rooms)  # a copy: the caller's collection may change while Redis answers
        found = await self._reading_heads.of(rooms)
        heads: dict[str, Head | None] = {}
        for room in rooms:
            head = found[room]
            if isinstance(head, Exception):  # in a cluster others may be read
                raise unavailable(head)
            heads[room] = head
        if LOBBY in heads and heads[LOBBY] is None:  # Redis was flushed while the server runs
            position = await self.renew(LOBBY, Position("", 0))
            heads[LOBBY] = None if position is None else Head(position, 0)
        return heads

    async def _read_heads(self, rooms: Sequence[str]) -> dict[str, Head | Exception | None]:
        answers = await self._store.run_all(
            [("HMGET", self._keys.head(room), "epoch", "top", "messages") for room in rooms]
        )
        return {room: _head(answer) for room, answer in zip(rooms, answers, strict=True)}

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        """Return the position of each of ``rooms`` that exists."""
        heads = await self.heads(rooms)
        return {room: head for room, head in heads.items() if head is not None}

    async def rooms(self) -> Sequence[RoomInfo]:
        made = {name.decode() for name in await self._store.run("SMEMBERS", self._keys.rooms)}
        names = sorted(made | {LOBBY})  # the lobby exists even if Redis was flushed meanwhile
        positions = await self.positions(names)
        return [RoomInfo(room, position) for room, position in positions.items()]

    async def head(self, room: str) -> Position:
        """Return the position of ``room``'s log. Raises Refused ``no_such_room``."""
        position = (await self.heads([room]))[room]
        if position is None:
            raise refused(Code.NO_SUCH_ROOM, room)
        return position

    async def renew(self, room: str, seen: Position, *, is_forked: bool = False) -> Position | None:
        """Begin a new epoch if ``room``'s log is missing or ends before ``seen``; return its top.

        ``is_forked``: begin one anyway, since the entry at ``seen`` is not the one seen there.
        Returns None, and begins nothing, if the room was removed.
        """
        head, *others = self._keys.log(room)
        epoch, top = await self._renew.run(
            self._store,
            [head, self._keys.removed(room), *others, *self._keys.older(room)],
            seen.epoch,
            seen.offset,
            new_epoch(),
            "1" if is_forked else "0",
        )
        if not epoch:
            return None
        if not int(top) and room != LOBBY:  # it may be new; a room must be listed to be removed
            await self._store.run("SADD", self._keys.rooms, room)
        return Position(epoch.decode(), int(top))

    async def read(
        self, room: str, since: Position, *, limit: int, seen: Entry | None = None
    ) -> Page:
        """Return the entries after ``since``, as Backplane.read.

        ``seen`` is an entry that this instance has seen in the log. Raises Forked if there is a
        different one in its place; both are read at one moment, before anybody can renew the log.
        """
        names = [self._keys.head(room), self._keys.entries(room)]
        if seen is not None and seen.position.epoch != since.epoch:
            seen = None  # it says nothing of this log
        at = "" if seen is None else seen.position.offset
        args = (since.epoch, since.offset, limit, PAGE_BYTES, at)
        epoch, top, held, found, there = await self._read.run(self._store, names, *args)
        while epoch and not is_whole(epoch, top, held):
            await self._converter.convert(room)
            epoch, top, held, found, there = await self._read.run(self._store, names, *args)
        if not epoch and room != LOBBY:
            raise refused(Code.NO_SUCH_ROOM, room)
        if since.epoch != epoch.decode() or since.offset > top:
            raise ResyncNeeded
        if seen is not None and there is not None:
            if not unpack(room, seen.position, there).is_same(seen):
                raise Forked
        if since.offset == top:
            return Page((), False)
        if not found:  # the next entry was trimmed
            raise ResyncNeeded
        entries = [
            unpack(room, Position(since.epoch, offset), value)
            for offset, value in enumerate(found, since.offset + 1)
        ]
        return Page(entries, entries[-1].position.offset < top)

    async def entry(self, room: str, offset: int) -> Entry | None:
        head, value = await self._store.ask(
            ("HMGET", self._keys.head(room), "epoch", "top", "held"),
            ("HGET", self._keys.entries(room), offset),
        )
        position = _position(head[:2])
        if position is None:
            raise refused(Code.NO_SUCH_ROOM, room)
        if not is_whole(*head):
            await self._converter.convert(room)
            return await self.entry(room, offset)
        return None if value is None else unpack(room, Position(position.epoch, offset), value)

    async def trim(self, room: str, *, keep: int | None, before: str | None) -> bool:
        names, bounds = self._keys.log(room), ("" if keep is None else keep, before or "")
        return bool(await self._trim.run(self._store, names, *bounds, TRIM_BATCH))

    async def messages_by(self, room: str, offset: int) -> int:
        """Return how many messages there were up to ``offset``."""
        index = self._keys.messages(room)
        head, before, behind = await self._store.ask(
            ("HMGET", self._keys.head(room), "epoch", "top", "held"),
            ("XREVRANGE", index, f"{offset}-0", "-", "COUNT", 1),
            ("XRANGE", index, f"({offset}-0", "+", "COUNT", 1),
        )
        if head[0] is not None and not is_whole(*head):
            await self._converter.convert(room)
            return await self.messages_by(room, offset)
        if before:
            return _count(before)
        return _count(behind) - 1 if behind else 0  # earlier messages were trimmed

    async def history(
        self, room: str, *, before: int | None, after: int | None, limit: int, limit_bytes: int
    ) -> History:
        is_forward = before is None and after is not None
        low = f"{min(after or 0, _MAX_OFFSET) + 1}-0"
        high = "+" if before is None else f"{max(0, min(before, _MAX_OFFSET) - 1)}-0"
        bounds = ("XRANGE", low, high) if is_forward else ("XREVRANGE", high, low)
        names = [
            self._keys.head(room),
            self._keys.entries(room),
            self._keys.messages(room),
            self._keys.amended(room),
        ]
        while True:
            epoch, top, held, is_more, found = await self._history.run(
                self._store, names, *bounds, limit, limit_bytes
            )
            if not epoch or is_whole(epoch, top, held):
                break
            await self._converter.convert(room)
        if not epoch:
            await self.head(room)  # raises, except for the lobby
        entries: list[Entry] = []
        reactions: dict[int, Reactions] = {}
        for number, value, amendments in zip(found[::3], found[1::3], found[2::3], strict=True):
            position = Position(epoch.decode(), int(number))
            entries.append(unpack(room, position, value))
            if shown := Amendments.decode(amendments).reactions:
                reactions[position.offset] = shown
        return History(entries if is_forward else entries[::-1], reactions, bool(is_more))


def new_epoch() -> str:
    return secrets.token_hex(4)


def _position(answer: Any) -> Position | None:
    epoch, top = answer
    return None if epoch is None else Position(epoch.decode(), int(top))


def _head(answer: Any) -> Head | Exception | None:
    if isinstance(answer, Exception):
        return answer
    *place, messages = answer
    position = _position(place)
    return None if position is None else Head(position, int(messages))


def _count(rows: Sequence[Any]) -> int:
    return int(fields_of(rows[0][1])[b"n"])
