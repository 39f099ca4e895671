"""Converts rooms of version 1, which keeps all entries in a stream.

Text can't be removed from a stream: a deleted entry stays in Redis's memory, and in each copy of it
on disk, until its neighbours are deleted, too. So version 2 keeps entries in a hash. During an
upgrade instances of version 1 go on writing streams: their entries are converted when an instance
of this version next uses the room.
"""

from collections.abc import Sequence
from typing import Any, Final

from chat.backplane.redis.amendments import Messages, pack
from chat.backplane.redis.scripts import Script, fields_of
from chat.backplane.redis.store import Store

# Entries to convert at a time: some 4 MB of the longest messages, some 100 KB of usual ones.
BATCH: Final = 200


def is_whole(epoch: bytes, top: bytes | int, held: bytes | None) -> bool:
    """Return whether this version's keys hold all entries of a room, according to its head."""
    return held == b"%b %d" % (epoch, int(top))


class Converter:
    """Converts the data that instances of version 1 have stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys
        self._convert = Script("convert.lua")
        self._retire = Script("retire.lua")

    async def convert(self, room: str) -> None:
        """Convert all entries of ``room`` to this version's keys. Raises Unavailable.

        Several instances may do so at once, and each may stop in the middle: every batch is one
        atomic step, and the first instance to finish it writes it.
        """
        while await self._convert_more(room):
            pass

    async def retire(self, room: str) -> None:
        """Delete version 1's data of ``room`` once it is converted. Raises Unavailable."""
        names = [self._keys.head(room), *self._keys.older(room)]
        if not await self._store.run("EXISTS", *names[1:]):
            return
        while not await self._retire.run(self._store, names):
            await self.convert(room)

    async def _convert_more(self, room: str) -> bool:
        """Convert some entries; return False if there was nothing to convert."""
        log = self._keys.older_log(room)
        head, has_log = await self._store.ask(
            ("HMGET", self._keys.head(room), "epoch", "top", "held"), ("EXISTS", log)
        )
        epoch, top, held = head
        if epoch is None or is_whole(epoch, top, held):
            return False
        held_epoch, _, held_top = (held or b" 0").partition(b" ")
        # If the epoch has changed, another log may have been restored.
        begins_anew = held is None or (bool(has_log) and held_epoch != epoch)
        first = 1 if begins_anew else int(held_top) + 1
        rows = await self._store.run(
            "XRANGE", log, f"{first}-0", f"{int(top)}-0", "COUNT", BATCH
        )  # fmt: skip
        last = _offset(rows[-1]) if len(rows) == BATCH else int(top)
        lines, messages = await self._fold(room, rows, knows_nothing=begins_anew)
        await self._convert.run(
            self._store,
            self._keys.log(room),
            held or "",
            epoch,
            "1" if begins_anew else "0",
            b"%b %d" % (epoch, last),
            len(lines) // 4,
            *lines,
            *_flat(messages.rewritten),
            "amended",
            *_flat(messages.amended),
        )
        return True

    async def _fold(
        self, room: str, rows: Sequence[Any], *, knows_nothing: bool
    ) -> tuple[list[Any], Messages]:
        messages = Messages(room)
        lines: list[Any] = []
        for row in rows:
            fields = fields_of(row[1])
            value = pack(fields[b"k"].decode(), fields[b"b"])
            messages.put(_offset(row), value)
            lines += [_offset(row), fields[b"k"], fields[b"n"], value]
        if not knows_nothing:
            names = self._keys.entries(room), self._keys.amended(room)
            await fetch(self._store, *names, messages, [_offset(row) for row in rows])
        for row in rows:
            messages.fold(_offset(row))
        return lines, messages


async def fetch(
    store: Store, entries_name: str, amended_name: str, messages: Messages, offsets: Sequence[int]
) -> None:
    """Add to ``messages`` all entries that those at ``offsets``, already in it, may change."""
    targets = messages.lacking(messages.targets(offsets))
    if not targets:
        return
    entries, amended = await store.ask(
        ("HMGET", entries_name, *targets), ("HMGET", amended_name, *targets)
    )
    for target, entry, amendments in zip(targets, entries, amended, strict=True):
        messages.put(target, entry, amendments)
    if edits := messages.lacking(filter(None, map(messages.edit_of, targets))):
        found = await store.run("HMGET", entries_name, *edits)
        for edit, entry in zip(edits, found, strict=True):
            messages.put(edit, entry)


def _offset(row: Any) -> int:
    return int(row[0].partition(b"-")[0])


def _flat(values: dict[int, bytes]) -> list[Any]:
    return [part for pair in values.items() for part in pair]
