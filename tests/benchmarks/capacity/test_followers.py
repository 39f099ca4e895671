import pytest

from benchmarks.capacity.engine import Core, Process, World
from benchmarks.capacity.followers import ONCE_SHARE, Costs, Followers, costs
from chat.followers.runner import GATHER_S
from tests.benchmarks.capacity.known import known


class Seen:
    """Followers beside a loop that sleeps, or works in pieces of ``piece_s``."""

    def __init__(self, *, piece_s: float = 0.0) -> None:
        self.world = World()
        core = Core(self.world)
        self.aside = Process(core)
        self.loop = Process(core, lambda: [(piece_s, lambda: None)] * (piece_s > 0))
        self.redis_us: list[float] = []
        self.followers = Followers(
            self.world,
            self.loop,
            Costs(1000.0, 100.0, 10.0, redis_room_us=50.0, redis_message_us=5.0),
            aside=self.aside,
            on_redis=self.redis_us.append,
        )

    def note_at(self, moment_s: float, *rooms: int) -> None:
        self.world.at(moment_s, lambda: self.followers.note(rooms))

    def cpu_us(self) -> float:
        self.world.run_until(self.world.now_s + 10.0)
        return 1e6 * self.aside.cpu_s


def test_messages_that_come_together_share_a_turn_and_those_of_one_room_its_reading() -> None:
    seen = Seen()
    seen.note_at(0.0, 1, 2)
    seen.note_at(GATHER_S / 2, 1)
    assert seen.cpu_us() == pytest.approx(1000 + 2 * 100 + 3 * 10)
    assert seen.redis_us == [pytest.approx(2 * 50 + 3 * 5)]


def test_messages_that_come_later_have_a_turn_of_their_own() -> None:
    seen = Seen()
    for moment_s in (0.0, 2 * GATHER_S):
        seen.note_at(moment_s, 1)
    assert seen.cpu_us() == pytest.approx(2 * (1000 + 100 + 10))


def test_what_comes_during_a_turn_is_handled_without_another_pause() -> None:
    seen = Seen()
    seen.note_at(0.0, 1)
    seen.note_at(GATHER_S + 0.5e-3, 1)
    seen.world.run_until(GATHER_S + 3e-3)
    assert 1e6 * seen.aside.cpu_s == pytest.approx(2 * (1000 + 100 + 10))


def test_while_the_loop_works_theirs_waits_for_it_and_is_done_by_it() -> None:
    seen = Seen(piece_s=0.05)
    seen.loop.wake()
    for number in range(10):
        seen.note_at(GATHER_S + 0.01 + number * 1e-3, 1)
    seen.note_at(0.0, 1)
    assert seen.cpu_us() == 0
    assert sum(seen.redis_us) == pytest.approx(2 * 50 + 11 * 5)
    assert seen.redis_us[0] < seen.redis_us[1]


def test_of_all_instances_one_notifies_devices_and_each_has_an_index() -> None:
    parameters = known(follow_us=100.0, follow_room_us=10.0, follow_page_us=20.0)
    alone, of_many = costs(parameters), costs(parameters, instances=1000)
    assert alone.message_us == pytest.approx(100)
    assert of_many.message_us == pytest.approx(100 * (1 - ONCE_SHARE), rel=0.01)
    assert alone.room_us == pytest.approx(20)
    assert costs(parameters, through_redis=False).room_us == pytest.approx(10)
