"""A followed log delivers entries without gaps, and says how far behind it is."""

from collections.abc import Sequence
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.background import Tasks
from chat.backplane.records import Page
from chat.backplane.redis.followed import Followed
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from tests.unit.fakes import EPOCH, message


def followed(logs: Any = None, listener: Any = None) -> Followed:
    return Followed("general", logs, listener, StoreMetrics(), Tasks(), lambda room: None)


@pytest.mark.parametrize(
    ("position", "head", "entries"),
    [
        (Position("e", 3), Position("e", 5), 2),
        (Position("e", 5), Position("e", 5), 0),
        (Position("e", 6), Position("e", 5), 0),  # heard of after it was asked
        (Position("e", 3), Position("f", 5), 0),  # another epoch: that is a reset, no lag
        (None, Position("e", 5), 0),
        (Position("e", 3), None, 0),
    ],
)
def test_it_is_behind_by_the_entries_between_within_one_epoch(
    position: Position | None, head: Position | None, entries: int
) -> None:
    one = followed()
    one.position = position
    assert one.lag(head) == entries


class Log:
    """A log in memory, and the listener that receives it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.delivered: list[int] = []
        self.reads = 0

    async def heads(self, rooms: Sequence[str]) -> dict[str, Position | None]:
        return {room: Position(EPOCH, len(self.entries)) for room in rooms}

    async def entry(self, room: str, offset: int) -> Entry | None:
        return self.entries[offset - 1] if offset else None

    async def read(
        self, room: str, since: Position, *, limit: int, seen: Entry | None = None
    ) -> Page:
        self.reads += 1
        return Page(self.entries[since.offset :], False)

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self.delivered += [entry.position.offset for entry in entries]


class TestReceiving(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.log = Log()
        self.followed = followed(self.log, self.log)
        self.followed.read_on()
        await self.followed.ready.wait()

    def store(self) -> bytes:
        """Store one more entry, and return its message in the channel."""
        entry = message(len(self.log.entries) + 1)
        self.log.entries.append(entry)
        return f"e {EPOCH} {entry.position.offset} {entry.kind}\n".encode() + entry.body

    async def test_the_next_entry_is_delivered_without_reading_the_log(self) -> None:
        for _ in range(2):
            self.followed.receive(self.store())
        assert self.log.delivered == [1, 2]
        assert not self.log.reads

    def store_together(self, count: int) -> bytes:
        """Store ``count`` more entries in one step, and return their message in the channel."""
        stored = [message(len(self.log.entries) + number) for number in range(1, count + 1)]
        self.log.entries += stored
        lines = b"\n".join(b"%b %b" % (entry.kind.encode(), entry.body) for entry in stored)
        return f"e {EPOCH} {len(self.log.entries)} *\n".encode() + lines

    async def test_what_was_stored_together_is_delivered_together(self) -> None:
        for payload in (self.store(), self.store_together(3), self.store()):
            self.followed.receive(payload)
        assert self.log.delivered == [1, 2, 3, 4, 5]
        assert not self.log.reads
        assert (await self.followed.read(Position(EPOCH, 0), limit=9)).entries == self.log.entries

    async def test_what_was_stored_together_after_a_lost_message_is_read_from_the_log(self) -> None:
        self.store()
        self.followed.receive(self.store_together(2))
        await self.followed.idle.wait()
        assert self.log.delivered == [1, 2, 3]

    async def test_what_was_stored_together_and_read_before_is_not_delivered_again(self) -> None:
        payload = self.store_together(2)
        for _ in range(2):
            self.followed.receive(payload)
        assert self.log.delivered == [1, 2]
        assert not self.log.reads

    async def test_a_lost_message_is_read_from_the_log(self) -> None:
        self.store()
        self.followed.receive(self.store())
        await self.followed.idle.wait()
        assert self.log.delivered == [1, 2]

    async def test_an_entry_that_was_delivered_is_not_delivered_again(self) -> None:
        payload = self.store()
        for _ in range(2):
            self.followed.receive(payload)
        assert self.log.delivered == [1]
        assert not self.log.reads
