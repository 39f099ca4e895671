"""When heartbeats are sent, and what they say."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from chat.hub.heartbeats import TURN_S, Heartbeat, Heartbeats
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Framing, Outgoing
from chat.rooms import LOBBY
from chat.transports.websocket.frames import PING
from tests.unit.fakes import ADA, EPOCH, FakeSink, message


def due_s(heartbeat: Heartbeat) -> float:
    """Return the loop's time when the next heartbeat is due."""
    return heartbeat.turn * TURN_S


class TestHeartbeats(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.hub = Hub(unsent_limit_bytes=1 << 20, jitter=lambda: 0.0)
        self.heartbeats = Heartbeats(self.hub)

    def reader(self) -> tuple[Reader, FakeSink]:
        sink = FakeSink()
        reader = Reader(sink, ADA, Framing.WEBSOCKET)
        self.hub.rooms.subscribe(reader, LOBBY, Position(EPOCH, 0))
        self.hub.release(reader, LOBBY)
        self.hub.uncork(reader)
        return reader, sink

    async def test_none_is_later_than_asked_for_nor_much_sooner(self) -> None:
        for every_s in (0.3, 1.0, 5.0, 15.0):
            reader, _ = self.reader()
            before = asyncio.get_running_loop().time()
            heartbeat = self.heartbeats.start(reader, every_s)
            after = asyncio.get_running_loop().time()
            self.assertLessEqual(due_s(heartbeat), after + every_s)
            self.assertGreater(due_s(heartbeat), before + every_s / 2 - TURN_S)
            self.heartbeats.stop(heartbeat)

    async def test_those_that_are_due_at_about_the_same_time_are_sent_in_one_turn(self) -> None:
        readers = [self.reader() for _ in range(50)]
        heartbeats = [self.heartbeats.start(reader, 4 * TURN_S) for reader, _ in readers]
        moment_s = min(due_s(heartbeat) for heartbeat in heartbeats)
        first = [
            sink
            for (_, sink), heartbeat in zip(readers, heartbeats, strict=True)
            if due_s(heartbeat) == moment_s
        ]
        self.assertLessEqual(len({due_s(heartbeat) for heartbeat in heartbeats}), 4)
        await first[-1].until(lambda sink: bool(sink.chunks))
        self.assertTrue(all(sink.chunks for sink in first))
        for heartbeat in heartbeats:
            self.heartbeats.stop(heartbeat)

    async def test_they_go_on_until_stopped(self) -> None:
        (reader, sink), (gone, silent) = self.reader(), self.reader()
        heartbeat = self.heartbeats.start(reader, TURN_S)
        self.heartbeats.stop(self.heartbeats.start(gone, TURN_S))
        await sink.until(lambda sink: len(sink.of_type("heartbeat")) == 3)
        self.assertEqual(silent.chunks, [])
        self.heartbeats.stop(heartbeat)
        self.heartbeats.stop(heartbeat)  # as when a transport ends twice

    async def test_however_often_is_asked_for_no_turn_is_taken_twice(self) -> None:
        reader, sink = self.reader()
        began = asyncio.get_running_loop().time()
        heartbeat = self.heartbeats.start(reader, 1e-6)
        await sink.until(lambda sink: len(sink.of_type("heartbeat")) == 3)
        self.assertGreater(asyncio.get_running_loop().time() - began, 2 * TURN_S)
        self.heartbeats.stop(heartbeat)

    def tops(self, reader: Reader, sink: FakeSink) -> object:
        """Return the ``tops`` of the next heartbeat."""
        self.heartbeats.send(reader)
        self.hub.flush_reader(reader)
        return sink.of_type("heartbeat")[-1]["tops"]

    async def test_tops_are_what_was_written_and_at_first_the_reader_s_position(self) -> None:
        reader, sink = self.reader()
        self.assertEqual(self.tops(reader, sink), {LOBBY: f"{EPOCH}:0"})
        self.hub.dispatch(LOBBY, Outgoing.of_entry(message(1)))
        self.assertEqual(self.tops(reader, sink), {LOBBY: f"{EPOCH}:0"})
        self.hub.flush()
        self.assertEqual(self.tops(reader, sink), {LOBBY: f"{EPOCH}:1"})

    async def test_a_ping_comes_before_the_heartbeat_and_in_one_piece(self) -> None:
        reader, sink = self.reader()
        sink.asks = PING
        self.heartbeats.send(reader)
        self.hub.flush()
        (chunk,) = sink.chunks
        self.assertTrue(chunk.startswith(PING))
        self.assertIn(b"heartbeat", chunk)
