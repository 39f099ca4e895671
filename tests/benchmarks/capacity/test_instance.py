import pytest

from benchmarks.capacity.engine import Core, World
from benchmarks.capacity.instance import QUICK_ACKS, Instance, Message, Room
from chat.hub.write_schedule import FAN_OUT_S
from tests.benchmarks.capacity.known import known

READERS = 1000


class Seen:
    """An instance with one room, of whose readers the last is looked at."""

    def __init__(self, **values: float) -> None:
        self.world = World()
        self.batches: list[tuple[float, int]] = []  # when, and how many messages
        self.room = Room(READERS, {READERS - 1: 7})
        self.instance = Instance(
            self.world,
            Core(self.world),
            known(**values),
            {0: self.room},
            lambda number, batch: self.batches.append((self.world.now_s, len(batch))),
        )

    def say_at(self, moment_s: float) -> None:
        self.world.at(moment_s, lambda: self.instance.take(Message(0, 0, self.world.now_s)))

    def cpu_us(self) -> float:
        self.world.run_until(self.world.now_s + 1.0)
        return self.instance.loop.cpu_s * 1e6


def test_a_message_costs_what_taking_it_costs_and_a_write_to_each_reader() -> None:
    seen = Seen(take_us=100.0, room_us=10.0, write_us=2.0)
    seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx(100 + 10 + 2 * READERS)


def test_the_last_reader_hears_it_when_all_before_have_been_written_to() -> None:
    seen = Seen(take_us=100.0, write_us=2.0, late_sync_ms=5.0)
    seen.say_at(0.0)
    seen.cpu_us()
    assert seen.batches == [(pytest.approx(100e-6 + 5e-3 + 2e-6 * READERS), 1)]


def test_messages_that_come_while_a_room_is_written_or_rests_share_the_next_write() -> None:
    seen = Seen(write_us=2.0)
    for moment_s in (0.0, 0.5e-3, 1e-3):  # one, written for 2 ms; then two, until 4 ms
        seen.say_at(moment_s)
    for moment_s in (5e-3, 6e-3, 11e-3):  # the room rests until 12
        seen.say_at(moment_s)
    assert seen.cpu_us() == pytest.approx(3 * 2 * READERS)
    rested_s = 4e-3 + FAN_OUT_S * READERS
    assert seen.batches == [
        (pytest.approx(2e-3), 1),
        (pytest.approx(4e-3), 2),
        (pytest.approx(rested_s + 2e-3), 3),
    ]


def test_a_message_that_came_alone_is_followed_by_no_rest() -> None:
    seen = Seen(write_us=2.0)
    seen.say_at(0.0)
    seen.say_at(0.003)
    seen.cpu_us()
    assert [round(moment_s, 4) for moment_s, _ in seen.batches] == [0.002, 0.005]


def test_messages_that_come_during_a_commit_are_stored_by_the_next_one() -> None:
    seen = Seen(sync_ms=5.0, late_sync_ms=7.0)
    for moment_s in (0.0, 1e-3, 2e-3):
        seen.say_at(moment_s)
    seen.cpu_us()
    assert [(round(moment_s, 4), count) for moment_s, count in seen.batches] == [
        (0.007, 1),  # the disk had nothing to do before
        (0.012, 2),
    ]


def test_a_transaction_costs_the_same_however_many_messages_it_stores() -> None:
    seen = Seen(commit_us=50.0)
    for _ in range(3):
        seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx(2 * 50)  # the first alone, two that came meanwhile


def test_the_first_writes_are_dearer() -> None:
    seen = Seen(write_us=2.0, young_us=3.0)
    for number in range(QUICK_ACKS + 1):
        seen.say_at(number * 20e-3)
    assert seen.cpu_us() == pytest.approx((QUICK_ACKS * (2.0 + 3.0) + 2.0) * READERS)


def test_a_write_costs_more_the_longer_it_is() -> None:
    seen = Seen(write_us=2.0, write_kib_us=4.0, message_bytes=512.0)
    seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx((2.0 + 2.0) * READERS)


def test_a_room_that_has_rested_waits_for_what_is_being_stored() -> None:
    seen = Seen(write_us=2.0, sync_ms=4.0, late_sync_ms=4.0)
    for moment_s in (0.0, 0.0, 0.0):  # two commits; the second one's is written from 8 to 10 ms
        seen.say_at(moment_s)
    for moment_s in (11e-3, 14e-3):  # stored at 15 and 19 ms; the room rests until 18
        seen.say_at(moment_s)
    seen.cpu_us()
    assert [(round(moment_s, 3), count) for moment_s, count in seen.batches] == [
        (0.006, 1),
        (0.01, 2),
        (0.021, 2),
    ]


def test_polls_are_waited_for_until_they_are_back() -> None:
    seen = Seen(poll_us=20.0)
    seen.room.polls = READERS
    seen.say_at(0.0)  # answered within 10 ms, back after 20
    seen.say_at(5e-3)
    seen.cpu_us()
    assert [round(moment_s, 3) for moment_s, _ in seen.batches] == [0.01, 0.03]


def test_a_poll_costs_its_answer_and_the_request_that_comes_next() -> None:
    seen = Seen(poll_us=300.0)
    seen.room.polls = READERS
    seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx(300 * READERS)


def test_an_answer_to_a_poll_costs_more_the_longer_it_is() -> None:
    seen = Seen(answer_kib_us=4.0, message_bytes=512.0)
    seen.room.polls = READERS
    seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx(2.0 * READERS)


def test_streams_in_a_room_of_polls_are_only_written_to() -> None:
    seen = Seen(poll_us=300.0, write_us=2.0)
    seen.room.polls = READERS // 2
    seen.say_at(0.0)
    assert seen.cpu_us() == pytest.approx((300 + 2) * READERS // 2)
