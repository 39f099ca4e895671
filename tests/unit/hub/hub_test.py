"""A hub, readers of it, and entries for them."""

from collections.abc import Iterable
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from tests.unit.fakes import BOB, EPOCH, FakeSink

LIMIT_BYTES = 1000


class HubTest(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.is_storing = False
        self.hub = Hub(
            unsent_limit_bytes=LIMIT_BYTES,
            jitter=lambda: 0.5,
            is_storing=lambda: self.is_storing,
        )

    def subscribed(
        self,
        at: int = 0,
        *,
        rooms: Iterable[str] = (LOBBY,),
        framing: Framing = Framing.WEBSOCKET,
        person: Person = BOB,
        is_stuck: bool = False,
    ) -> tuple[Reader, FakeSink]:
        """Return a reader whose live pushes are held back still."""
        sink = FakeSink(is_stuck=is_stuck)
        reader = Reader(sink, person, framing)
        if framing is Framing.POLL:
            sink.on_write = lambda: self.hub.rooms.park(reader)
        for room in rooms:
            self.hub.rooms.subscribe(reader, room, Position(EPOCH, at))
        self.hub.uncork(reader)
        return reader, sink

    def live(
        self, at: int = 0, *, rooms: Iterable[str] = (LOBBY,), **options: Any
    ) -> tuple[Reader, FakeSink]:
        """Return a reader that has caught up at ``at``; ``options`` are those of subscribed."""
        reader, sink = self.subscribed(at, rooms=rooms, **options)
        for room in rooms:
            self.hub.release(reader, room)
        return reader, sink

    def publish(self, *entries: Entry) -> None:
        for entry in entries:
            self.hub.dispatch(entry.room, Outgoing.of_entry(entry))
