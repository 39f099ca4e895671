"""Each push to each reader counts once, however it came to it, and the worst delay of a turn."""

import asyncio
from datetime import datetime
from unittest import IsolatedAsyncioTestCase

from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.metrics.deliveries import Deliveries, sent_at_s
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Typing
from chat.rooms import LOBBY
from tests.unit.fakes import BOB, EPOCH, TIME, FakeSink, SetClock, message, messages

SENT_AT_S = datetime.fromisoformat(TIME).timestamp()


class TestDeliveries(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.clock = SetClock(SENT_AT_S)
        self.deliveries = Deliveries(self.clock)
        self.hub = Hub(unsent_limit_bytes=1000, jitter=lambda: 0.5, deliveries=self.deliveries)

    def reader(self, framing: Framing = Framing.WEBSOCKET, *, is_held: bool = False) -> Reader:
        sink = FakeSink()
        reader = Reader(sink, BOB, framing)
        if framing is Framing.POLL:
            sink.on_write = lambda: self.hub.rooms.park(reader)
        self.hub.rooms.subscribe(reader, LOBBY, Position(EPOCH, 0))
        self.hub.uncork(reader)
        if not is_held:
            self.hub.release(reader, LOBBY)
        return reader

    def publish(self, *entries: Entry) -> None:
        for entry in entries:
            self.hub.dispatch(entry.room, Outgoing.of_entry(entry))
        self.hub.flush()

    async def test_a_push_counts_once_a_reader_with_the_bytes_of_its_json(self) -> None:
        for framing in (Framing.WEBSOCKET, Framing.SSE, Framing.POLL):
            self.reader(framing)
        entries = messages([1, 2])
        size_bytes = sum(len(entry.encode()) for entry in entries)
        self.publish(*entries)
        self.assertEqual(self.deliveries.pushes, 3 * 2)
        self.assertEqual(self.deliveries.payload_bytes, 3 * size_bytes)

    async def test_what_is_held_back_counts_when_it_is_released(self) -> None:
        self.reader()
        late = self.reader(is_held=True)
        self.publish(message(1))
        self.assertEqual(self.deliveries.pushes, 1)
        self.hub.release(late, LOBBY)
        self.assertEqual(self.deliveries.pushes, 2)

    async def test_what_was_read_already_counts_no_second_time(self) -> None:
        late = self.reader(is_held=True)
        self.publish(message(1))
        self.hub.deliver(late, LOBBY, [Outgoing.of_entry(message(1))])
        self.hub.release(late, LOBBY)
        self.assertEqual(self.deliveries.pushes, 1)

    async def test_a_reader_that_is_out_of_step_gets_it_once_too(self) -> None:
        self.reader()
        self.publish(message(1))
        ahead = Reader(FakeSink(), BOB, Framing.WEBSOCKET)
        self.hub.rooms.subscribe(ahead, LOBBY, Position(EPOCH, 2))
        self.hub.release(ahead, LOBBY)
        self.publish(message(2), message(3))
        self.assertEqual(self.deliveries.pushes, 1 + 2 + 1)

    async def test_what_came_between_two_polls_counts_when_the_next_one_gets_it(self) -> None:
        poll = self.reader(Framing.POLL)
        self.publish(message(1))
        self.publish(message(2), message(3))
        self.assertEqual(self.deliveries.pushes, 1)
        self.assertTrue(self.hub.resume(poll))
        self.assertEqual(self.deliveries.pushes, 3)

    async def test_a_turn_is_one_observation_of_its_oldest_entry(self) -> None:
        for _ in range(3):
            self.reader()
        self.clock.now += 0.2
        self.publish(*messages([1, 2, 3]))
        self.assertEqual(self.deliveries.latency_s.count, 1)
        self.assertAlmostEqual(self.deliveries.latency_s.total, 0.2, places=3)

    async def test_a_clock_that_is_behind_makes_no_negative_delay(self) -> None:
        self.reader()
        self.clock.now -= 5
        self.publish(message(1))
        self.assertEqual((self.deliveries.latency_s.count, self.deliveries.latency_s.total), (1, 0))

    async def test_what_is_in_no_log_has_no_delay(self) -> None:
        self.reader()
        typing = Outgoing.of_push(Typing(room=LOBBY, user="ada", name="Ada"))
        self.hub.dispatch(LOBBY, typing)
        await asyncio.sleep(0)
        self.assertEqual((self.deliveries.pushes, self.deliveries.latency_s.count), (1, 0))


def test_a_text_that_looks_like_a_time_is_not_the_time() -> None:
    payload = message(1, '","time":"2001-01-01T00:00:00.000Z').encode()
    assert sent_at_s(payload) == SENT_AT_S


def test_what_has_no_time_or_a_strange_one_has_none() -> None:
    assert sent_at_s(b'{"type":"message"}') is None
    assert sent_at_s(b'{"time":"tomorrow, about noon ..."}') is None
