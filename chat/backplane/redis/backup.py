"""Backs up the data in Redis while instances run."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from chat.accounts import blocklist
from chat.backplane.backup import Blocked, Line, Member, Record, Room, Setting, Value
from chat.backplane.records import SITE
from chat.backplane.redis.amendments import Amendments, unpack
from chat.backplane.redis.failures import FAILURES
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.scanning import (
    BATCH,
    drafts,
    get_all,
    group_of,
    groups,
    key_of,
    scan,
    users,
    words,
)
from chat.backplane.redis.scripts import fields_of
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import Converter
from chat.backplane.values import is_lasting
from chat.errors import SettingsError, Unavailable
from chat.protocol.cursor import Position


class _Body(msgspec.Struct):
    target: int | None = None


_target: Final = msgspec.json.Decoder(_Body)


async def dump(client: Any, keys: Keys) -> AsyncIterator[Record]:
    """Yield the contents of Redis: each room as of one moment, but not all as of the same one.

    Messages have the form that they have when they are read: text that is deleted while the dump
    runs, before its message is read, is not in the backup. Raises SettingsError.
    """
    try:
        async for names in scan(client, users(keys)):
            for name, markers in zip(names, await get_all(client, "HGETALL", names), strict=True):
                user = name.removeprefix(keys.prefix + "user:{").removesuffix("}:rooms")
                since = await _since(client, keys, user, [room.decode() for room in markers])
                for room, marker in markers.items():
                    offset, messages = marker.split(b" ")
                    joined = since[room.decode()]
                    yield Member(user, room.decode(), int(offset), int(messages), joined)
        tops: dict[str, int] = {}
        for name in sorted({*await client.smembers(keys.rooms), SITE.encode()}):
            async for record in _dump_room(client, keys, name.decode()):
                if isinstance(record, Room):
                    tops[record.room] = record.top
                yield record
        async for names in scan(client, drafts(keys)):
            for name, value in zip(names, await get_all(client, "GET", names), strict=True):
                if value is None:  # the key has just expired
                    continue
                key = key_of(keys, name, value.decode())
                if key.offset <= tops.get(key.room, -1):  # else its message is newer than the dump
                    yield key
        for _, fields in await client.xrange(keys.blocks):
            if (block := blocklist.decode(fields_of(fields)[b"b"])) is not None:
                yield Blocked(block)
        async for names in scan(client, groups(keys)):
            lasting = [name for name in names if is_lasting(group_of(keys, name))]
            found = await get_all(client, "HGETALL", lasting)
            for name, values in zip(lasting, found, strict=True):
                for key, value in values.items():
                    yield Setting(group_of(keys, name), key.decode(), value)
    except (*FAILURES, Unavailable) as error:
        raise SettingsError(f"REDIS_URL: Redis can't be read ({words(error)}).") from error


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
            if entry is not None:  # else it was just trimmed
                yield _line(offset, counts[offset], entry, beside, int(top))
        last = max(counts)
    for key, value in sorted((await client.hgetall(keys.records(room))).items()):
        yield Value(key.decode(), msgspec.Raw(value))


async def _since(client: Any, keys: Keys, user: str, rooms: Sequence[str]) -> dict[str, int | None]:
    """Return for each of ``rooms`` the offset of the entry by which ``user`` joined it."""
    async with client.pipeline(transaction=False) as pipeline:
        for room in rooms:
            pipeline.hget(keys.joined(room), user)
        joined = await pipeline.execute()
    return {room: found and int(found) for room, found in zip(rooms, joined, strict=True)}


async def _index(client: Any, keys: Keys, room: str, first: int, top: int) -> dict[int, int]:
    """Return the next entries' offsets, in order, each with the number of messages up to it."""
    counts: dict[int, int] = {}
    last = top
    for index in (keys.messages(room), keys.others(room)):
        rows = await client.xrange(index, f"{first}-0", f"{top}-0", BATCH)
        offsets = [int(id_.partition(b"-")[0]) for id_, _ in rows]
        counts |= {o: int(fields_of(row[1])[b"n"]) for o, row in zip(offsets, rows, strict=True)}
        if len(rows) == BATCH:  # this index is known only up to here: end the page here
            last = min(last, offsets[-1])
    return {offset: counts[offset] for offset in sorted(counts) if offset <= last}


def _line(offset: int, counted: int, entry: bytes, beside: bytes | None, top: int) -> Line:
    kind, body = unpack("", Position("", offset), entry)[2:]
    edit, reactions = Amendments.decode(beside)
    target = _target.decode(body).target
    known = edit if 0 < edit <= top else None  # a later edit is not in the backup
    return Line(offset, kind, counted, msgspec.Raw(body), target, known, list(reactions))
