import pytest

from benchmarks.capacity import crowd, scenarios
from benchmarks.capacity.crowd import BACKLOG, SYN_AGAIN_S
from benchmarks.capacity.measurements import load_rows
from benchmarks.capacity.parameters import load
from tests.benchmarks.capacity.known import known


def test_everybody_who_spoke_hears_it_and_speaks_again() -> None:
    parameters = known(take_us=100.0, write_us=5.0)
    figures = crowd.flood(parameters, members=10, under_way=4, seconds=0.5)
    # 4 messages a turn: taken in, then written to 10, then the rest.
    assert figures.deliveries_per_s is not None and figures.cpu_us_per_delivery is not None
    assert figures.cpu_us_per_delivery * 10 >= 100
    assert figures.deliveries_per_s * figures.cpu_us_per_delivery <= 1.01e6


def test_through_redis_every_instance_hears_every_message_and_nobody_is_forgotten() -> None:
    parameters = known(redis_take_us=100.0, hear_us=50.0, redis_message_us=20.0, write_us=5.0)
    one, two = (
        crowd.flood(parameters, members=64, under_way=32, instances=instances, seconds=1.0)
        for instances in (2, 4)
    )
    assert one.deliveries_per_s and two.deliveries_per_s and one.p50_ms
    assert one.deliveries_per_s > two.deliveries_per_s > 0.5 * one.deliveries_per_s
    # Little's law: what is under way, over what comes through, is how long it takes.
    assert one.p50_ms == pytest.approx(1e3 * 32 * 64 / one.deliveries_per_s, rel=0.3)


def test_the_same_run_gives_the_same_figures() -> None:
    once, again = (crowd.flood(load(), members=50, under_way=8, seconds=0.5) for _ in range(2))
    assert once == again


def test_who_finds_the_queue_full_comes_again_a_second_later() -> None:
    quick = known(return_us=1.0)
    fits, too_many = (
        crowd.storm(quick, members=members).p99_ms for members in (BACKLOG + 1, 2 * BACKLOG)
    )
    assert fits is not None and fits < 100
    assert too_many is not None and too_many > 1e3 * SYN_AGAIN_S


def test_the_generator_spends_what_it_did() -> None:
    figures = crowd.as_costly(
        5.0,
        lambda react_us: crowd.flood(
            load(), members=50, under_way=8, react_us=react_us, seconds=0.5
        ),
    )
    assert crowd.generator_us(figures) == pytest.approx(5.0, rel=0.05)


@pytest.mark.parametrize(
    "name",
    [
        "500 members, 8 under way, WebSocket",
        "two instances through Redis, 500 members, 64 under way",
    ],
)
def test_what_no_parameter_was_fitted_to_is_near_what_was_measured(name: str) -> None:
    rows = load_rows()
    (scenario,) = (one for one in scenarios.SCENARIOS if one.name == name)
    assert not scenario.fitted
    row = rows[scenario.name][scenario.contender]
    found = scenarios.simulated(scenario.run(load(), row))
    for figure in scenario.figures:
        assert found[figure] == pytest.approx(row[figure], rel=0.2), figure
