import pytest

from benchmarks import pages
from benchmarks.capacity import parameters, tables
from benchmarks.capacity.deployment import (
    CONNECTIONS,
    TARGET,
    Demand,
    following,
    need,
    reconnect,
    size,
    spread,
)
from tests.benchmarks.capacity.known import known

SMALL = Demand(100_000, 5, 0.1)


def test_a_large_room_is_read_by_all_instances_and_a_small_one_by_as_many_as_it_has_members() -> (
    None
):
    assert spread(1, 100) == pytest.approx(1)
    assert spread(5, 1000) == pytest.approx(5, rel=0.01)
    assert spread(50_000, 100) == pytest.approx(100)
    assert spread(5, 1) == 1


def test_what_is_said_is_taken_in_once_and_heard_by_every_instance_that_reads_it() -> None:
    found = need(known(redis_take_us=1.0, hear_us=1.0), SMALL, 10)
    assert 10 * found.instance["taking messages in"] == pytest.approx(2000e-6)
    heard = 10 * found.instance["hearing them from Redis"]
    assert heard == pytest.approx(2000e-6 * spread(5, 10))


def test_a_room_that_talks_fast_shares_its_writes() -> None:
    costs = known(write_us=8.0)
    slow, fast = (need(costs, Demand(1000, 1000, per_s), 1) for per_s in (1.0, 1000.0))
    writing = [one.instance["writing to readers"] for one in (slow, fast)]
    assert writing[0] == pytest.approx(8e-3, rel=0.05)
    assert writing[1] < 0.55  # a fan-out rests for as long as it takes, however much is said


def test_no_more_connections_than_were_measured_and_no_core_busier_than_is_meant() -> None:
    parameters_ = parameters.load()
    idle = size(parameters_, Demand(1_000_000, 5, 0.0))
    assert idle.instances == 1_000_000 / CONNECTIONS
    busy = size(parameters_, Demand(1_000_000, 5, 1.0))
    assert busy.instances > idle.instances
    assert sum(busy.instance.values()) <= TARGET
    assert sum(need(parameters_, Demand(1_000_000, 5, 1.0), idle.instances).instance.values()) > (
        TARGET
    )


def test_counting_who_is_present_instead_of_reading_it_is_cheaper_the_larger_the_room() -> None:
    parameters_ = parameters.load()
    saved = []
    for room in (5, 500):
        demand = Demand(1_000_000, room, 0.1)
        read, counted = (
            need(parameters_, demand, 100, reads_presence=reads_presence)
            for reads_presence in (True, False)
        )
        saved.append(sum(read.redis.values()) / sum(counted.redis.values()))
    assert 1 < saved[0] < saved[1]


def test_more_instances_hardly_relieve_followers_and_fewer_messages_do() -> None:
    parameters_ = known(follow_us=40.0, follow_page_us=300.0, follow_turn_us=1000.0)
    few, many = (following(parameters_, SMALL, instances) for instances in (10, 1000))
    assert 0.9 * few < many < few
    rare = Demand(SMALL.clients, SMALL.room, SMALL.per_s / 10)
    assert following(parameters_, rare, 10) < 0.2 * few


def test_a_storm_takes_longer_the_more_come() -> None:
    parameters_ = parameters.load()
    sized = size(parameters_, SMALL)
    small, large = (reconnect(parameters_, SMALL, sized, part=part) for part in (0.02, 0.2))
    assert small.redis_s < large.redis_s
    assert small.instances_s < large.instances_s


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("limits", tables.limits),
        ("parameters", tables.parameters),
        ("million", tables.million),
        ("storms", tables.storms),
        ("million-counted", lambda known: tables.million(known, reads_presence=False)),
        ("storms-counted", lambda known: tables.storms(known, reads_presence=False)),
    ],
)
def test_the_tables_in_the_docs_are_what_the_program_writes(name: str, written) -> None:
    # Not so? Something that the model takes from the code has changed: make capacity.
    assert pages.said("capacity.md", name) == written(parameters.load())
