"""Backups of what instances keep in Redis, and putting them back while they run."""

import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import msgspec

from chat import bars
from chat.backplane.archive import Barred, Key, Line, Member, Record, Room
from chat.backplane.base import DEDUPE_S
from chat.backplane.redis.amendments import Amendments, Messages, pack, unpack
from chat.backplane.redis.failures import FAILURES, reason
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.logs import new_epoch
from chat.backplane.redis.scripts import Script, fields_of
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import Converter, fetch
from chat.clock import Clock
from chat.errors import SettingsError, Unavailable
from chat.protocol.cursor import Position
from chat.rooms import LOBBY

# One answer of Redis's, or one pipeline to it: some hundreds of KB.
BATCH: Final = 500
# Unless it was changed since it was looked at.
_DELETE_IF: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end"""
_REPLACE_IF: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end"""


class _Body(msgspec.Struct):
    target: int | None = None


_target: Final = msgspec.json.Decoder(_Body)


async def dump(client: Any, keys: Keys) -> AsyncIterator[Record]:
    """Yield what Redis holds; each room is as it was at one moment, but not all at the same.

    Raises SettingsError.
    """
    try:
        async for names in _scan(client, _users(keys)):
            for name, markers in zip(names, await _all(client, "HGETALL", names), strict=True):
                user = name.removeprefix(keys.prefix + "user:{").removesuffix("}:rooms")
                for room, marker in markers.items():
                    offset, messages = marker.split(b" ")
                    yield Member(user, room.decode(), int(offset), int(messages))
        tops: dict[str, int] = {}
        for name in sorted(await client.smembers(keys.rooms)):
            async for record in _dump_room(client, keys, name.decode()):
                if isinstance(record, Room):
                    tops[record.room] = record.top
                yield record
        async for names in _scan(client, _drafts(keys)):
            for name, value in zip(names, await _all(client, "GET", names), strict=True):
                if value is None:  # its day was over just now
                    continue
                key = _key(keys, name, value.decode())
                if key.offset <= tops.get(key.room, -1):  # else said since: it is not in the backup
                    yield key
        for _, fields in await client.xrange(keys.bars):
            if (bar := bars.decode(fields_of(fields)[b"b"])) is not None:
                yield Barred(bar)
    except (*FAILURES, Unavailable) as error:
        raise SettingsError(f"REDIS_URL: Redis can't be read ({_words(error)}).") from error


async def _dump_room(client: Any, keys: Keys, room: str) -> AsyncIterator[Record]:
    await Converter(Store(client, keys)).convert(room)
    top, messages = await client.hmget(keys.head(room), "top", "messages")
    if top is None:
        return
    yield Room(room, int(top), int(messages or 0), folded=True)
    last = 0
    while counts := await _index(client, keys, room, last + 1, int(top)):
        entries = await client.hmget(keys.entries(room), list(counts))
        amended = await client.hmget(keys.amended(room), list(counts))
        for offset, entry, beside in zip(counts, entries, amended, strict=True):
            if entry is not None:  # else trimmed just now
                yield _line(offset, counts[offset], entry, beside, int(top))
        last = max(counts)


async def _index(client: Any, keys: Keys, room: str, first: int, top: int) -> dict[int, int]:
    """Return the next entries' offsets, in their order, with how many messages there were."""
    counts: dict[int, int] = {}
    last = top
    for index in (keys.messages(room), keys.others(room)):
        rows = await client.xrange(index, f"{first}-0", f"{top}-0", BATCH)
        offsets = [int(id_.partition(b"-")[0]) for id_, _ in rows]
        counts |= {o: int(fields_of(row[1])[b"n"]) for o, row in zip(offsets, rows, strict=True)}
        if len(rows) == BATCH:  # of the other there may be more than are known of this one
            last = min(last, offsets[-1])
    return {offset: counts[offset] for offset in sorted(counts) if offset <= last}


def _line(offset: int, counted: int, entry: bytes, beside: bytes | None, top: int) -> Line:
    kind, body = unpack("", Position("", offset), entry)[2:]
    edit, reactions = Amendments.decode(beside)
    return Line(
        offset,
        kind,
        counted,
        msgspec.Raw(body),
        _target.decode(body).target,
        edit if 0 < edit <= top else None,  # one that came since is not in the backup
        list(reactions),
    )


def _key(keys: Keys, name: str, value: str) -> Key:
    room, _, rest = name.removeprefix(keys.prefix + "{").partition("}:draft:")
    user, _, key = rest.partition(":")
    offset, at, digest = value.split(" ")
    return Key(user, room, key, int(offset), bytes.fromhex(digest), float(at))


async def load(client: Any, keys: Keys, records: Iterable[Record], clock: Clock) -> None:
    """Have Redis hold ``records``, each room in the place of what it was.

    Each gets a new epoch, by which instances that run find out within seconds; their readers load
    it anew. A room is changed in one step when all of it is there. What the backup does not know,
    rooms and members, stays. Raises SettingsError.
    """
    loading = _Loading(client, keys, clock)
    try:
        for record in records:
            await loading.take(record)
        await loading.finish()
    except (*FAILURES, Unavailable) as error:
        raise SettingsError(
            f"REDIS_URL: Redis took it only in part ({_words(error)}). What is there is whole, "
            "room by room; restore again."
        ) from error


class _Loading:
    def __init__(self, client: Any, keys: Keys, clock: Clock) -> None:
        self._client = client
        self._keys = keys
        self._now = clock.time()
        self._restore = Script("restore.lua")
        self._store = Store(client, keys)
        self._room: Room | None = None
        self._lines: list[Line] = []
        self._tops: dict[str, int] = {}  # of the rooms that are restored
        self._commands: list[Sequence[Any]] = []

    async def take(self, record: Record) -> None:
        match record:
            case Room():
                await self._finish_room()
                self._room = record
                for key in self._parts(record.room):
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
            case Key():
                left_s = int(record.at + DEDUPE_S - self._now)
                if left_s > 0:
                    value = f"{record.offset} {record.at} {record.digest.hex()}"
                    name = self._keys.draft(record.room, record.user, record.key)
                    self._commands.append(("SET", name, value, "EX", left_s))
            case Barred():
                encoded = msgspec.json.encode(record.bar)
                self._commands.append(("XADD", self._keys.bars, "*", "b", encoded))
        if len(self._commands) >= BATCH:
            await self._send()

    async def finish(self) -> None:
        await self._finish_room()
        await self._send()
        await self._forget_keys()
        await self._draw_markers_back()

    async def _forget_keys(self) -> None:
        """Forget keys of what is lost, or the log would grow past it and say that it is there."""
        async for names in _scan(self._client, _drafts(self._keys)):
            values = await _all(self._client, "GET", names)
            for name, value in zip(names, values, strict=True):
                if value is None:
                    continue
                key = _key(self._keys, name, value.decode())
                if key.at < self._now and key.offset > self._tops.get(key.room, key.offset):
                    await self._client.eval(_DELETE_IF, 1, name, value)

    async def _draw_markers_back(self) -> None:
        """Have nobody have read more than there is; a marker by itself never goes back."""
        async for names in _scan(self._client, _users(self._keys)):
            markers = await _all(self._client, "HGETALL", names)
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

    async def _finish_lines(self, room: Room) -> None:
        """Have what came of ``room`` be ready aside, each message as it stands."""
        lines, self._lines = self._lines, []
        entries, index, others, amended = map(_aside, self._parts(room.room))
        messages = Messages(room.room)
        for line in lines:
            value = pack(line.kind, bytes(line.body))
            beside = Amendments(line.edit or 0, line.reactions).encode()
            messages.put(line.offset, value, beside)
            self._commands.append(("HSET", entries, line.offset, value))
            self._commands.append(
                (
                    *("XADD", index if line.kind == "message" else others, f"{line.offset}-0"),
                    *("n", line.messages),
                )
            )
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
            self._keys.older_log(name),
            self._keys.older_about(name),
            *(key for part in self._parts(name) for key in (part, _aside(part))),
        ]
        await self._client.eval(
            self._restore.source, len(names), *names, new_epoch(), room.top, room.messages
        )
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


def _words(error: Exception) -> str:
    return reason(error) if isinstance(error, Unavailable) else str(error)


def _users(keys: Keys) -> str:
    """Return the pattern of the memberships of all users."""
    return f"{keys.prefix}user:{{*}}:rooms"


def _drafts(keys: Keys) -> str:
    """Return the pattern of all drafts; the brace keeps out those of longer prefixes."""
    return f"{keys.prefix}{{*}}:draft:*"


def _aside(key: str) -> str:
    """Return where ``key`` is made ready, on the same node."""
    return f"{key}:restoring"


async def _scan(client: Any, pattern: str) -> AsyncIterator[Sequence[str]]:
    """Yield the names of keys, some hundreds at a time; one may come twice."""
    names: list[str] = []
    async for name in client.scan_iter(match=pattern, count=BATCH):
        names.append(name.decode())
        if len(names) >= BATCH:
            yield names
            names = []
    if names:
        yield names


async def _all(client: Any, command: str, names: Sequence[str]) -> Sequence[Any]:
    async with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.execute_command(command, name)
        answers: Sequence[Any] = await pipeline.execute()
    return answers
