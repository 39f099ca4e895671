"""The hub gives each reader what is behind its position, once and in order, or tells it to go."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st

from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.hub.room import MISSED_BATCHES, MISSED_BYTES
from chat.hub.rooms import BUFFERED_LIMIT
from chat.protocol import codes
from chat.protocol.cursor import Position
from chat.protocol.framing import websocket_frame
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Ok, Person, Typing
from chat.rooms import LOBBY
from tests.unit.fakes import ADA, BOB, EPOCH, FakeSink, message, messages
from tests.unit.hub.hub_test import LIMIT_BYTES, HubTest


class CountingPush(Outgoing):
    """Counts how often it is asked for its bytes."""

    count = 0

    def framed(self, framing: Framing) -> bytes:
        self.count += 1
        return super().framed(framing)


def typing(by: Person = ADA) -> Outgoing:
    return Outgoing.of_push(Typing(room=LOBBY, user=by.user, name=by.name))


class TestOneTurn(HubTest):
    async def test_what_one_turn_brings_is_written_once_at_its_end(self) -> None:
        _, sink = self.live()
        self.publish(*messages([1, 2, 3]))
        self.assertEqual(sink.chunks, [])
        await asyncio.sleep(0)
        self.assertEqual(len(sink.chunks), 1)
        self.assertEqual(sink.offsets, [1, 2, 3])

    async def test_a_push_is_encoded_once_for_each_framing_whoever_receives_it(self) -> None:
        sinks = [self.live(framing=framing)[1] for framing in Framing for _ in range(5)]
        push = CountingPush.of_entry(message(1))
        self.hub.dispatch(LOBBY, push)
        self.hub.flush()
        self.assertTrue(all(sink.data for sink in sinks))
        self.assertEqual(push.count, len(set(Framing) - {Framing.SSE}))  # alone, it has ids

    async def test_what_waits_for_a_reader_comes_first_and_in_one_write_with_what_all_get(
        self,
    ) -> None:
        reader, sink = self.live()
        _, other = self.live()
        self.hub.send(reader, Outgoing.of_reply(Ok(id="1")))
        self.publish(message(1))
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["ok", "message"])
        self.assertEqual([len(sink.chunks), len(other.chunks)], [1, 1])
        self.publish(message(2))
        self.hub.flush()
        self.assertEqual([sink.offsets, other.offsets], [[1, 2], [1, 2]])

    async def test_who_leaves_while_others_are_written_to_is_forgotten(self) -> None:
        leaving, sink = self.live()

        class Last(FakeSink):
            def write(last, chunk: bytes) -> int:
                self.hub.rooms.remove(leaving)
                return super().write(chunk)

        reader = Reader(Last(), ADA, Framing.WEBSOCKET)
        self.hub.rooms.subscribe(reader, LOBBY, Position(EPOCH, 0))
        self.hub.uncork(reader)
        self.hub.release(reader, LOBBY)
        self.hub.send(leaving, Outgoing.of_reply(Ok(id="1")))  # so that it waits for its write
        self.publish(message(1))
        self.hub.flush()
        self.assertEqual(sink.chunks, [])
        self.assertEqual({room: len(live) for room, live in self.hub.rooms.items()}, {LOBBY: 1})

    async def test_a_stream_that_reads_one_more_room_or_less_goes_on_with_the_others(self) -> None:
        reader, sink = self.live(framing=Framing.SSE_WITH_ID)
        self.publish(message(1))
        self.hub.flush()
        self.hub.rooms.subscribe(reader, "dev", Position(EPOCH, 0))
        self.hub.release(reader, "dev")
        self.publish(message(2), message(1, room="dev"))
        self.hub.flush()
        self.hub.unsubscribe(reader, "dev")
        self.publish(message(3), message(2, room="dev"))
        self.hub.flush()
        self.assertEqual(sink.data.count(b'"offset":1,'), 2)
        ids = [line for line in sink.data.split(b"\n") if line.startswith(b"id: ")]
        self.assertEqual(ids, [b"id: general:e1:1", b"id: general:e1:3"])
        self.assertEqual(sink.data.count(b"event: message"), 4)

    async def test_a_room_reaches_its_readers_and_no_others(self) -> None:
        _, here = self.live()
        _, elsewhere = self.live(rooms=["dev"])
        self.publish(message(1))
        self.hub.flush()
        self.assertEqual(here.offsets, [1])
        self.assertEqual(elsewhere.data, b"")

    async def test_rooms_of_one_turn_are_joined_into_one_write(self) -> None:
        _, sink = self.live(rooms=[LOBBY, "dev"])
        self.publish(message(1), message(1, room="dev"), message(2))
        self.hub.flush()
        self.assertEqual(len(sink.chunks), 1)
        self.assertEqual(
            sorted((push["room"], push["offset"]) for push in sink.pushes),
            [("dev", 1), (LOBBY, 1), (LOBBY, 2)],
        )

    async def test_where_several_rooms_talk_a_reply_is_in_one_write_with_the_pushes_before_it(
        self,
    ) -> None:
        author, sink = self.live()
        _, other = self.live(rooms=["dev"])
        self.publish(message(1), message(1, room="dev"))
        # As a task that goes on when its message is stored, after it was published.
        asyncio.get_running_loop().call_soon(
            self.hub.send, author, Outgoing.of_reply(Ok(id="1", room=LOBBY))
        )
        await asyncio.sleep(0)
        self.assertEqual(self.hub.deliveries.latency_s.count, 0)  # nobody has it yet
        await asyncio.sleep(0)
        self.assertEqual([push["type"] for push in sink.pushes], ["message", "ok"])
        self.assertEqual([len(sink.chunks), len(other.chunks)], [1, 1])
        self.assertEqual(self.hub.deliveries.latency_s.count, 1)

    async def test_rooms_that_talk_in_each_turn_are_never_more_than_a_turn_late(self) -> None:
        _, sink = self.live(rooms=[LOBBY, "dev"])
        for offset in range(1, 10):
            self.publish(message(offset), message(offset, room="dev"))
            await asyncio.sleep(0)
            written = {push["offset"] for push in sink.pushes}
            self.assertLessEqual({*range(1, offset)}, written)
        await asyncio.sleep(0)
        self.assertEqual(len(sink.pushes), 18)
        self.assertEqual(self.hub.deliveries.latency_s.count, 9)

    async def test_a_room_without_readers_keeps_nothing(self) -> None:
        reader, _ = self.live()
        self.hub.rooms.remove(reader)
        self.publish(message(1))
        _, sink = self.live(at=7)
        self.publish(message(8))
        self.hub.flush()
        self.assertEqual(sink.offsets, [8])

    async def test_what_is_in_no_log_moves_no_position(self) -> None:
        reader, sink = self.live(at=3)
        self.hub.dispatch(LOBBY, typing())
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["typing", "message"])
        self.assertEqual(reader.cursor(), f"{LOBBY}:{EPOCH}:4")


class TestCatchingUp(HubTest):
    async def test_live_pushes_are_held_until_the_log_was_read(self) -> None:
        reader, sink = self.subscribed()
        self.publish(message(1))
        self.hub.flush()
        self.assertEqual(sink.data, b"")
        self.hub.release(reader, LOBBY)
        self.hub.flush()
        self.assertEqual(sink.offsets, [1])

    async def test_what_was_read_and_held_back_comes_once(self) -> None:
        reader, sink = self.subscribed()
        self.publish(*messages([2, 3]))
        self.hub.deliver(reader, LOBBY, map(Outgoing.of_entry, messages([1, 2])))
        self.hub.release(reader, LOBBY)
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual(sink.offsets, [1, 2, 3, 4])

    async def test_the_log_may_be_ahead_of_the_live_feed(self) -> None:
        _, ahead = self.live(at=3)
        self.publish(*messages([2, 3, 4]))
        self.hub.flush()
        self.assertEqual(ahead.offsets, [4])

    async def test_a_reader_ahead_of_the_others_and_they_all_go_on(self) -> None:
        _, others = self.live(at=1)
        _, ahead = self.live(at=3)
        self.publish(*messages([2, 3]))
        self.hub.flush()
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual(others.offsets, [2, 3, 4])
        self.assertEqual(ahead.offsets, [4])

    async def test_a_reader_that_has_caught_up_is_in_step_with_the_others(self) -> None:
        self.live(at=1)
        _, missed = self.live(at=1)
        push = CountingPush.of_entry(message(2))
        self.hub.dispatch(LOBBY, push)
        self.hub.flush()
        self.assertEqual(missed.offsets, [2])
        self.assertEqual(push.count, 1)  # it got the very bytes that were joined for all

    async def test_a_corked_reader_is_written_to_in_one_piece_when_it_is_uncorked(self) -> None:
        sink = FakeSink()
        reader = Reader(sink, BOB, Framing.WEBSOCKET)
        self.hub.rooms.subscribe(reader, LOBBY, Position(EPOCH, 0))
        self.hub.deliver(reader, LOBBY, [Outgoing.of_entry(message(1))])
        self.hub.release(reader, LOBBY)
        self.publish(message(2))
        self.hub.flush()
        self.assertEqual(sink.chunks, [])
        self.hub.uncork(reader)
        self.hub.flush()
        self.assertEqual(len(sink.chunks), 1)
        self.assertEqual(sink.offsets, [1, 2])

    async def test_no_more_is_held_back_than_the_limit_and_the_log_fills_the_rest(self) -> None:
        reader, sink = self.subscribed()
        entries = messages(range(1, BUFFERED_LIMIT + 11))
        self.publish(*entries)
        self.hub.flush()
        self.assertEqual(len(reader.buffered[LOBBY]), BUFFERED_LIMIT)
        self.hub.deliver(reader, LOBBY, map(Outgoing.of_entry, entries[:10]))
        self.hub.release(reader, LOBBY)
        self.hub.flush()
        self.assertIsNone(sink.ended)
        self.assertEqual(sink.offsets, list(range(1, BUFFERED_LIMIT + 11)))


class TestHoles(HubTest):
    async def test_a_hole_in_the_feed_ends_the_reader_instead_of_skipping(self) -> None:
        reader, sink = self.live(at=1)
        self.publish(message(3))
        self.hub.flush()
        self.assertEqual(sink.ended, codes.GAP)
        self.assertEqual(sink.offsets, [])
        self.assertTrue(reader.is_gone)
        self.assertEqual(sink.pushes[-1]["type"], "goodbye")

    async def test_a_hole_within_a_turn_gives_what_comes_before_it(self) -> None:
        _, sink = self.live(at=1)
        self.publish(message(2), message(4))
        self.hub.flush()
        self.assertEqual(sink.offsets, [2])
        self.assertEqual(sink.ended, codes.GAP)

    async def test_another_epoch_is_a_hole(self) -> None:
        _, sink = self.live(at=1)
        self.publish(message(2, epoch="e2"))
        self.hub.flush()
        self.assertEqual(sink.ended, codes.GAP)

    async def test_a_hole_in_what_was_held_back_ends_the_reader(self) -> None:
        reader, sink = self.subscribed(at=1)
        self.publish(message(3))
        self.hub.flush()
        self.hub.release(reader, LOBBY)
        self.assertEqual(sink.ended, codes.GAP)

    async def test_a_hole_before_what_has_come_and_is_not_written_yet_ends_the_reader(self) -> None:
        reader, sink = self.subscribed(at=1)
        self.publish(message(3))
        self.hub.release(reader, LOBBY)
        self.hub.flush()
        self.assertEqual(sink.ended, codes.GAP)

    async def test_one_readers_hole_is_not_the_others(self) -> None:
        _, behind = self.live(at=1)
        _, level = self.live(at=2)
        self.publish(message(3))
        self.hub.flush()
        self.assertEqual(behind.ended, codes.GAP)
        self.assertEqual((level.ended, level.offsets), (None, [3]))

    async def test_those_who_come_after_a_hole_go_on(self) -> None:
        self.live(at=1)
        self.publish(message(3))
        self.hub.flush()
        _, sink = self.live(at=3)
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual((sink.ended, sink.offsets), (None, [4]))


class TestShedding(HubTest):
    def stuck_with(self, size: int) -> FakeSink:
        """Return the sink of a reader that was written ``size`` bytes and took none."""
        reader, sink = self.live(is_stuck=True)
        frame = b"x" * (size - len(websocket_frame(b"x" * size)) + size)
        self.assertEqual(len(websocket_frame(frame)), size)
        self.hub.send(reader, Outgoing("ok", frame))
        self.hub.flush()
        return sink

    async def test_a_reader_at_the_limit_stays(self) -> None:
        self.assertIsNone(self.stuck_with(LIMIT_BYTES).ended)

    async def test_a_reader_past_the_limit_is_shed_and_written_nothing_more(self) -> None:
        sink = self.stuck_with(LIMIT_BYTES + 1)
        self.assertEqual(sink.ended, codes.SLOW_CONSUMER)
        self.assertEqual(len(sink.data), LIMIT_BYTES + 1)

    async def test_a_slow_reader_does_not_cost_the_others_a_message(self) -> None:
        _, slow = self.live(is_stuck=True)
        _, quick = self.live()
        for offset in range(1, 21):
            self.publish(message(offset))
            self.hub.flush()
        self.assertEqual(slow.ended, codes.SLOW_CONSUMER)
        self.assertEqual(quick.offsets, list(range(1, 21)))


class TestFramings(HubTest):
    async def test_a_poll_takes_one_answer_and_keeps_its_cursor(self) -> None:
        reader, sink = self.live(framing=Framing.POLL)
        self.publish(*messages([1, 2]))
        self.hub.flush()
        self.publish(message(3))
        self.hub.flush()
        answer = json.loads(b"[" + sink.data + b"]")
        self.assertEqual([push["offset"] for push in answer], [1, 2])
        self.assertEqual(reader.cursor(), f"{LOBBY}:{EPOCH}:2")
        self.assertIsNone(sink.ended)

    async def test_what_waited_for_a_poll_is_joined_into_its_one_answer(self) -> None:
        reader, sink = self.live(framing=Framing.POLL)
        self.publish(message(1))
        self.hub.send(reader, Outgoing.of_reply(Ok(id=1)))
        self.hub.flush()
        self.assertEqual(len(json.loads(b"[" + sink.data + b"]")), 2)

    async def test_an_event_of_a_stream_with_one_room_has_its_place_as_id(self) -> None:
        _, sink = self.live(framing=Framing.SSE)
        self.publish(message(1))
        self.hub.flush()
        self.assertTrue(sink.data.startswith(f"id: {LOBBY}:{EPOCH}:1\nevent: message\n".encode()))

    async def test_a_logged_event_among_several_rooms_has_no_id(self) -> None:
        _, sink = self.live(framing=Framing.SSE, rooms=[LOBBY, "dev"])
        self.publish(message(1))
        self.hub.flush()
        self.assertTrue(sink.data.startswith(b"event: message\n"))

    async def test_what_is_sent_to_one_stream_carries_the_whole_cursor(self) -> None:
        reader, sink = self.live(framing=Framing.SSE, rooms=[LOBBY, "dev"])
        self.publish(message(1))
        self.hub.flush()
        sink.chunks.clear()
        self.hub.send(reader, Outgoing.of_reply(Ok()))
        self.hub.flush()
        self.assertTrue(sink.data.startswith(f"id: {LOBBY}:{EPOCH}:1,dev:{EPOCH}:0\n".encode()))


class TestLeaving(HubTest):
    async def test_a_room_that_was_left_sends_no_more_but_what_came_before(self) -> None:
        reader, sink = self.live()
        self.publish(message(1))
        self.hub.unsubscribe(reader, LOBBY)
        self.publish(message(2))
        self.hub.flush()
        self.assertEqual(sink.offsets, [1])
        self.assertEqual(reader.cursor(), "")

    async def test_a_reader_that_was_removed_gets_nothing(self) -> None:
        reader, sink = self.live()
        self.publish(message(1))
        self.hub.rooms.remove(reader)
        self.hub.send(reader, typing())
        self.hub.flush()
        self.assertEqual((sink.chunks, sink.ended), ([], None))

    async def test_what_is_done_to_a_reader_that_is_gone_is_nothing(self) -> None:
        reader, sink = self.live(rooms=(LOBBY, "dev"), framing=Framing.SSE)
        self.hub.rooms.remove(reader)
        self.hub.uncork(reader)
        self.hub.resync(reader, LOBBY, Position(EPOCH, 3))
        self.hub.unsubscribe(reader, "dev")
        self.hub.flush()
        self.assertEqual(sink.chunks, [])
        self.assertFalse(self.hub.rooms)

    async def test_the_goodbye_comes_after_all_that_was_pending(self) -> None:
        reader, sink = self.live()
        self.hub.send(reader, typing())
        self.hub.end(reader, codes.REPLACED)
        self.hub.end(reader, codes.SHUTDOWN)  # the first reason stays
        self.assertEqual([push["type"] for push in sink.pushes], ["typing", "goodbye"])
        self.assertEqual(sink.pushes[-1]["code"], codes.REPLACED.code)
        self.assertEqual(sink.ended, codes.REPLACED)

    async def test_those_who_are_sent_away_by_a_shutdown_come_back_each_at_their_own_time(
        self,
    ) -> None:
        reader, sink = self.live()
        self.hub.end(reader, codes.SHUTDOWN, retry_ms=100, spread_ms=2000)
        self.assertEqual(sink.pushes[-1]["retry_ms"], 1100)  # jitter is 0.5


class TestNewLife(HubTest):
    async def test_a_reset_has_every_reader_load_the_room_anew_and_go_on(self) -> None:
        reader, sink = self.live(at=5)
        self.hub.reset(LOBBY, Position("e2", 3))
        self.publish(message(4, epoch="e2"))
        self.hub.flush()
        resync, entry = sink.pushes
        self.assertEqual(resync, {"type": "resync", "room": LOBBY, "epoch": "e2", "offset": 3})
        self.assertEqual(entry["offset"], 4)
        self.assertEqual(reader.cursor(), f"{LOBBY}:e2:4")

    async def test_what_came_before_a_reset_is_sent_before_it(self) -> None:
        _, sink = self.live()
        self.publish(message(1))
        self.hub.reset(LOBBY, Position("e2", 0))
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["message", "resync"])

    async def test_a_reset_of_a_room_without_readers_is_nothing(self) -> None:
        self.hub.reset(LOBBY, Position("e2", 0))


class TestParking(HubTest):
    """Between two polls."""

    def offsets(self, sink: FakeSink) -> list[int]:
        return [push["offset"] for chunk in sink.chunks for push in json.loads(b"[%b]" % chunk)]

    async def test_who_is_back_has_each_turn_that_it_missed_once(self) -> None:
        reader, sink = self.live(framing=Framing.POLL)
        for offset in (1, 2, 3):
            self.publish(message(offset))
            self.hub.flush()
        self.assertEqual(self.offsets(sink), [1])
        self.assertTrue(self.hub.resume(reader))
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual(self.offsets(sink), [1, 2, 3, 4])
        self.assertEqual(reader.cursor(), f"{LOBBY}:{EPOCH}:4")

    async def test_who_missed_more_than_is_kept_must_ask_the_log(self) -> None:
        for missed_by in (MISSED_BATCHES, MISSED_BATCHES + 1):
            self.hub = Hub(unsent_limit_bytes=1 << 20, jitter=lambda: 0.5)
            reader, sink = self.live(framing=Framing.POLL)
            for offset in range(1, missed_by + 2):
                self.publish(message(offset))
                self.hub.flush()
            self.assertEqual(self.hub.resume(reader), missed_by == MISSED_BATCHES)
            self.assertEqual(reader.is_parked, missed_by != MISSED_BATCHES)

    async def test_nothing_is_skipped_behind_a_hole_or_a_turn_too_large_to_keep(self) -> None:
        for offset, text in ((3, "hi"), (2, "x" * MISSED_BYTES)):
            self.hub = Hub(unsent_limit_bytes=1 << 20, jitter=lambda: 0.5)
            reader, _ = self.live(framing=Framing.POLL)
            self.publish(message(1))
            self.hub.flush()
            self.publish(message(offset, text))
            self.hub.flush()
            self.publish(message(offset + 1))
            self.hub.flush()
            self.assertFalse(self.hub.resume(reader))

    async def test_nothing_of_a_log_s_former_life_is_given_after_its_reset(self) -> None:
        reader, _ = self.live(framing=Framing.POLL)
        self.publish(message(1))
        self.hub.flush()
        self.publish(message(2))
        self.hub.reset(LOBBY, Position("e2", 0))
        self.assertFalse(self.hub.resume(reader))

    async def test_a_room_stays_as_long_as_somebody_is_expected_back(self) -> None:
        reader, _ = self.live(framing=Framing.POLL)
        self.publish(message(1))
        self.hub.flush()
        self.assertIn(LOBBY, self.hub.rooms)
        self.hub.rooms.remove(reader)
        self.assertNotIn(LOBBY, self.hub.rooms)

    async def test_of_several_rooms_all_or_none_is_joined_again(self) -> None:
        reader, sink = self.live(framing=Framing.POLL, rooms=[LOBBY, "dev"])
        self.publish(message(1))
        self.hub.flush()
        self.publish(message(2), message(1, room="dev"))
        self.hub.flush()
        self.publish(message(5, room="dev"))
        self.hub.flush()
        self.assertFalse(self.hub.resume(reader))
        self.publish(message(3))
        self.hub.flush()
        self.assertEqual(self.offsets(sink), [1])


class TestMentions(HubTest):
    async def test_who_is_mentioned_is_notified_after_the_message(self) -> None:
        _, bob = self.live(person=BOB)
        _, eve = self.live(person=Person(user="eve", name="Eve"))
        self.publish(message(1, "hello @bob", by=ADA, mentions=["bob"]))
        self.hub.flush()
        self.assertEqual([push["type"] for push in bob.pushes], ["message", "notification"])
        self.assertEqual(
            bob.pushes[1],
            {
                "type": "notification",
                "kind": "mention",
                "key": f"{LOBBY}:{EPOCH}:1",
                "room": LOBBY,
                "offset": 1,
                "user": "ada",
                "name": "Ada",
                "text": "hello @bob",
            },
        )
        self.assertEqual([push["type"] for push in eve.pushes], ["message"])

    async def test_a_name_in_a_text_that_mentions_nobody_notifies_nobody(self) -> None:
        _, sink = self.live(person=BOB)
        self.publish(message(1, 'hello @bob "mentions":["bob"]', by=ADA))
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["message"])

    async def test_a_mention_is_found_while_catching_up_too(self) -> None:
        reader, sink = self.subscribed()
        self.hub.deliver(reader, LOBBY, [Outgoing.of_entry(message(1, "@bob!", mentions=["bob"]))])
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["message", "notification"])


class _Log:
    """A log, its live feed and readers that come at any time: a world for the property below."""

    def __init__(self) -> None:
        self.hub = Hub(unsent_limit_bytes=1 << 20, jitter=lambda: 0.0)
        self.top = 0
        self.readers: list[tuple[Reader, FakeSink, int]] = []

    def append(self, count: int) -> None:
        for _ in range(count):
            self.top += 1
            self.hub.dispatch(LOBBY, Outgoing.of_entry(message(self.top)))

    def lose(self) -> None:
        """Store an entry that the live feed does not bring."""
        self.top += 1

    def attach(self, back: int) -> None:
        start = max(0, self.top - back)
        sink = FakeSink()
        reader = Reader(sink, BOB, Framing.WEBSOCKET)
        self.hub.rooms.subscribe(reader, LOBBY, Position(EPOCH, start))
        self.hub.uncork(reader)
        self.readers.append((reader, sink, start))

    def catch_up(self, which: int, limit: int) -> None:
        """Have a reader read one page, and go live when it was the last."""
        if not self.readers:
            return
        reader, _, _ = self.readers[which % len(self.readers)]
        if reader.is_gone or LOBBY not in reader.buffered:
            return
        at = reader.positions[LOBBY].offset
        end = min(at + limit, self.top)
        self.hub.deliver(reader, LOBBY, map(Outgoing.of_entry, messages(range(at + 1, end + 1))))
        if end == self.top:
            self.hub.release(reader, LOBBY)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5)),
        st.tuples(st.just("lose")),
        st.tuples(st.just("attach"), st.integers(0, 8)),
        st.tuples(st.just("catch_up"), st.integers(0, 5), st.integers(1, 4)),
        st.tuples(st.just("flush")),
    ),
    max_size=40,
)


@given(_STEPS)
def test_whatever_happens_when_a_reader_has_each_entry_once_in_order_or_is_told_to_go(
    steps: list[tuple[str, int]],
) -> None:
    async def run() -> None:
        world = _Log()
        for name, *arguments in steps:
            if name == "flush":
                world.hub.flush()
            else:
                getattr(world, name)(*arguments)
        world.hub.flush()
        has_lost = any(step[0] == "lose" for step in steps)
        for reader, sink, start in world.readers:
            got = sink.offsets
            assert got == list(range(start + 1, start + 1 + len(got)))
            assert sink.ended in (None, codes.GAP)
            if not has_lost:
                assert sink.ended is None
                if LOBBY not in reader.buffered:
                    assert start + len(got) == world.top

    asyncio.run(run())
