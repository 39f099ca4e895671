"""Restores a backup into Redis while instances run."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from chat.backplane.backup import Blocked, Key, Line, Member, Record, Room, Setting, Value
from chat.backplane.limits import DEDUPE_S
from chat.backplane.records import SITE
from chat.backplane.redis.amendments import Amendments, Messages, pack
from chat.backplane.redis.failures import FAILURES
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.logs import new_epoch
from chat.backplane.redis.scanning import BATCH, drafts, get_all, key_of, scan, users, words
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import fetch
from chat.clock import Clock
from chat.errors import SettingsError, Unavailable
from chat.rooms import LOBBY

# Both scripts do nothing if the value has changed since it was read.
_DELETE_IF: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end"""
_REPLACE_IF: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end"""


async def load(client: Any, keys: Keys, records: Iterable[Record], clock: Clock) -> None:
    """Load ``records`` into Redis; each room replaces the existing one.

    Each room gets a new epoch, which running instances notice within seconds; their readers then
    resync. A room is replaced in one step, once all its entries are loaded. Rooms and members that
    are not in the backup stay. Raises SettingsError.
    """
    loading = _Loading(client, keys, clock)
    try:
        for record in records:
            await loading.add(record)
        await loading.finish()
    except (*FAILURES, Unavailable) as error:
        raise SettingsError(
            f"REDIS_URL: Redis took it only in part ({words(error)}). What is there is whole, "
            "room by room; restore again."
        ) from error


async def add_room(
    client: Any,
    keys: Keys,
    room: Room,
    records: Iterable[Line | Value],
    members: Iterable[Member],
    clock: Clock,
) -> bool:
    """Add a room, in one step, with its ``members``; return False if there is one of that name.

    Repeatable: members are added to a room that is there, too. Raises SettingsError.
    """
    loading = _Loading(client, keys, clock, is_new=True)
    try:
        for record in (room, *records, *members):
            await loading.add(record)
        await loading.finish_rooms()
    except (*FAILURES, Unavailable) as error:
        raise SettingsError(f"REDIS_URL: Redis did not take it ({words(error)}).") from error
    return not loading.was_there


class _Loading:
    """``is_new``: rooms are added, and those that are there stay as they are."""

    def __init__(self, client: Any, keys: Keys, clock: Clock, *, is_new: bool = False) -> None:
        self._is_new = is_new
        self.was_there = False
        self._client = client
        self._keys = keys
        self._now = clock.time()
        self._restore = Script("restore.lua")
        self._store = Store(client, keys)
        self._room: Room | None = None
        self._lines: list[Line] = []
        self._tops: dict[str, int] = {}  # of the restored rooms
        self._commands: list[Sequence[Any]] = []

    async def add(self, record: Record) -> None:
        match record:
            case Room():
                await self._finish_room()
                self._room = record
                for key in (*self._parts(record.room), *self._record_parts(record.room)):
                    self._commands.append(("UNLINK", _aside(key)))
            case Line():
                assert self._room is not None
                self._lines.append(record)
                if len(self._lines) >= BATCH:
                    await self._finish_lines(self._room)
            case Member():
                await self._finish_room()
                value = f"{record.read_offset} {record.read_messages}"
                name = self._keys.memberships(record.user)
                self._commands.append(("HSET", name, record.room, value))
                if record.room != LOBBY:
                    self._commands.append(("SADD", self._keys.members(record.room), record.user))
                if record.since is not None:
                    joined = self._keys.joined(record.room)
                    self._commands.append(("HSET", joined, record.user, record.since))
            case Value():
                assert self._room is not None
                values, keys = map(_aside, self._record_parts(self._room.room))
                self._commands.append(("HSET", values, record.key, bytes(record.value)))
                self._commands.append(("ZADD", keys, 0, record.key))
            case Key():
                left_s = int(record.at + DEDUPE_S - self._now)
                if left_s > 0:
                    value = f"{record.offset} {record.at} {record.digest.hex()}"
                    name = self._keys.draft(record.room, record.user, record.key)
                    self._commands.append(("SET", name, value, "EX", left_s))
            case Blocked():
                encoded = msgspec.json.encode(record.block)
                self._commands.append(("XADD", self._keys.blocks, "*", "b", encoded))
            case Setting():
                name = self._keys.values(record.group)
                self._commands.append(("HSET", name, record.key, record.value))
        if len(self._commands) >= BATCH:
            await self._send()

    async def finish_rooms(self) -> None:
        await self._finish_room()
        await self._send()

    async def finish(self) -> None:
        await self.finish_rooms()
        await self._forget_keys()
        await self._draw_markers_back()

    async def _forget_keys(self) -> None:
        """Delete keys of messages not in the backup: a retry would be answered as if stored."""
        async for names in scan(self._client, drafts(self._keys)):
            values = await get_all(self._client, "GET", names)
            for name, value in zip(names, values, strict=True):
                if value is None:
                    continue
                key = key_of(self._keys, name, value.decode())
                if key.at < self._now and key.offset > self._tops.get(key.room, key.offset):
                    await self._client.eval(_DELETE_IF, 1, name, value)

    async def _draw_markers_back(self) -> None:
        """Move read markers past the top back to the top; by themselves they never move back."""
        async for names in scan(self._client, users(self._keys)):
            markers = await get_all(self._client, "HGETALL", names)
            for name, by_room in zip(names, markers, strict=True):
                for room, marker in by_room.items():
                    if int(marker.split(b" ")[0]) <= self._tops.get(room.decode(), sys.maxsize):
                        continue
                    head = self._keys.head(room.decode())
                    top, messages = await self._client.hmget(head, "top", "messages")
                    if int(marker.split(b" ")[0]) > int(top):
                        whole = b"%b %b" % (top, messages)
                        await self._client.eval(_REPLACE_IF, 1, name, room, marker, whole)

    def _parts(self, room: str) -> tuple[str, str, str, str]:
        keys = self._keys
        return keys.entries(room), keys.messages(room), keys.others(room), keys.amended(room)

    def _record_parts(self, room: str) -> tuple[str, str]:
        return self._keys.records(room), self._keys.record_keys(room)

    async def _finish_lines(self, room: Room) -> None:
        lines, self._lines = self._lines, []
        entries, index, others, amended = map(_aside, self._parts(room.room))
        messages = Messages(room.room)
        for line in lines:
            value = pack(line.kind, bytes(line.body))
            beside = Amendments(line.edit or 0, line.reactions).encode()
            messages.put(line.offset, value, beside)
            self._commands.append(("HSET", entries, line.offset, value))
            stream = index if line.kind == "message" else others
            self._commands.append(("XADD", stream, f"{line.offset}-0", "n", line.messages))
            if beside:
                self._commands.append(("HSET", amended, line.offset, beside))
        await self._send()
        if room.folded:
            return
        offsets = [line.offset for line in lines]
        await fetch(self._store, entries, amended, messages, offsets)
        for offset in offsets:
            messages.fold(offset)
        for offset, value in messages.rewritten.items():
            self._commands.append(("HSET", entries, offset, value))
        for offset, beside in messages.amended.items():
            put = ("HSET", amended, offset, beside) if beside else ("HDEL", amended, offset)
            self._commands.append(put)

    async def _finish_room(self) -> None:
        if (room := self._room) is None:
            return
        self._room = None
        await self._finish_lines(room)
        await self._send()
        name = room.room
        names = [
            self._keys.head(name),
            *self._keys.older(name),
            *(
                key
                for part in (*self._parts(name), *self._record_parts(name))
                for key in (part, _aside(part))
            ),
        ]
        numbers = (new_epoch(), room.top, room.messages, "new" if self._is_new else "")
        is_put = await self._client.eval(self._restore.source, len(names), *names, *numbers)
        self.was_there = self.was_there or not is_put
        if name != SITE:
            await self._client.sadd(self._keys.rooms, name)
        self._tops[name] = room.top

    async def _send(self) -> None:
        commands, self._commands = self._commands, []
        if not commands:
            return
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            await pipeline.execute()


def _aside(key: str) -> str:
    """Return the key under which ``key`` is prepared, on the same node."""
    return f"{key}:restoring"
