"""The scenarios of results/load.md that the model is compared with, and those it is fitted to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from benchmarks.capacity import crowd
from benchmarks.capacity.crowd import Figures
from benchmarks.capacity.measurements import Row
from benchmarks.capacity.parameters import Parameters

# The generator's CPU time for making one of 5,000 sockets: see results/load.md.
ASK_US: Final = 20.0

RATE, CPU, P50 = "deliveries/s", "CPU µs/delivery", "p50 ms"
OURS, OURS_REDIS = "Parley", "Parley, Redis"
STORM: Final = "5,000 come back at once"


@dataclass(frozen=True)
class Scenario:
    """A measured scenario; ``figures`` are those that depend on the server, not the generator."""

    name: str
    run: Callable[[Parameters, Row], Figures]
    figures: Sequence[str] = (RATE, CPU, P50)
    contender: str = OURS
    fitted: str = ""  # the parameter that is fitted to it


def _flood(**settings: Any) -> Callable[[Parameters, Row], Figures]:
    def run(known: Parameters, row: Row) -> Figures:
        if settings.get("instances", 1) > 1:  # three processes on a core that is never idle
            settings["share"] = row["server busy"]
        return crowd.as_costly(
            1e6 * row["generator busy"] / row[RATE],
            lambda react_us: crowd.flood(known, react_us=react_us, **settings),
        )

    return run


def _hush(members: int) -> Callable[[Parameters, Row], Figures]:
    return lambda known, row: crowd.hush(known, members=members, every_s=members / row[RATE])


def _alone(run: Callable[..., Figures], **settings: Any) -> Callable[[Parameters, Row], Figures]:
    return lambda known, row: partial(run, known, **settings)()


POLLS: Final = {"transport": "longpoll", "members": 500}

SCENARIOS: Final[Sequence[Scenario]] = (
    Scenario("one room of 65, 64 under way", _flood(members=65, under_way=64), fitted="take_us"),
    Scenario(
        "64 rooms of 2, 64 under way",
        _flood(members=128, under_way=64, rooms=64),
        fitted="room_us",
    ),
    Scenario(
        "5,000 members, 10 messages a second",
        _alone(crowd.steady, members=5000, per_s=10, seconds=14, warm_up_s=2),
        (CPU, P50),
        fitted="write_us",
    ),
    Scenario(
        "50 members, one message a second",
        _alone(crowd.steady, members=50, per_s=1, seconds=10),
        (CPU, P50),
        fitted="wake_us",
    ),
    Scenario(
        "500 members, 8 under way, long polling", _flood(**POLLS, under_way=8), fitted="poll_us"
    ),
    Scenario(
        "500 members, 64 under way, long polling",
        _flood(**POLLS, under_way=64),
        fitted="answer_kib_us",
    ),
    Scenario(
        "500 members, 64 under way, WebSocket",
        _flood(members=500, under_way=64),
        fitted="write_kib_us",
    ),
    Scenario("500 members, 8 under way, WebSocket", _flood(members=500, under_way=8)),
    Scenario(
        "10,000 idle, then one message after the other",
        _hush(10_000),
        (CPU, P50),
        fitted="young_us",
    ),
    Scenario("500 idle, then one message after the other", _hush(500), (CPU, P50)),
    Scenario("1,000 rooms of 5, 64 under way", _flood(members=5000, under_way=64, rooms=1000)),
    Scenario(
        STORM,
        _alone(crowd.storm, members=5000, ask_us=ASK_US),
        (P50, "p99 ms"),
    ),
    Scenario(
        "two instances through Redis, 500 members, 64 under way",
        _flood(members=500, under_way=64, instances=2),
        contender=OURS_REDIS,
    ),
)


def simulated(figures: Figures) -> Mapping[str, float | None]:
    """Return ``figures`` by their names in load.md."""
    return {
        RATE: figures.deliveries_per_s,
        CPU: figures.cpu_us_per_delivery,
        P50: figures.p50_ms,
        "p99 ms": figures.p99_ms,
    }
