"""Parley's performance targets, most of them ratios within one round, and whether it meets them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load.rounds import Round

WS_64 = "500 members, 64 under way, WebSocket"
WS_8 = "500 members, 8 under way, WebSocket"
ONE_64 = "500 members, one WebSocket with 64 under way"
ONE_8 = "500 members, one WebSocket with 8 under way"
SSE_64 = "500 members, 64 under way, SSE"
SSE_8 = "500 members, 8 under way, SSE"
POLL_64 = "500 members, 64 under way, long polling"
POLL_8 = "500 members, 8 under way, long polling"
MANY = "5,000 members, 10 messages a second"
IDLE = "10,000 idle, then one message after the other"
FEW_IDLE = "500 idle, then one message after the other"
REDIS = "two instances through Redis, 500 members, 64 under way"
REDIS_ONE = "two instances through Redis, 500 members, one WebSocket with 64 under way"
STORM = "5,000 come back at once"
PAIRS = "64 rooms of 2, 64 under way"
FIVES = "1,000 rooms of 5, 64 under way"
COME = "2,000 come"
SINGLE = "single messages, posted to nobody"
TOGETHER = "100 at a time, posted to nobody"
LIGHT = "50 members, one message a second"


@dataclass(frozen=True)
class Target:
    """A bound, lower or upper, for the median of ``of_round`` over all rounds."""

    what: str
    bound: float
    is_at_least: bool
    of_round: Callable[[Round], float]
    unit: str = "x"

    def values(self, rounds: Sequence[Round]) -> list[float]:
        """Return the value of each round. Raises KeyError if it was not measured."""
        return [self.of_round(one) for one in rounds]

    def value(self, rounds: Sequence[Round]) -> float:
        return median(self.values(rounds))

    def is_met(self, rounds: Sequence[Round]) -> bool:
        value = self.value(rounds)
        return value >= self.bound if self.is_at_least else value <= self.bound


def per_cpu(scenario: str, contender: str) -> Callable[[Round], float]:
    """Return a function that finds the deliveries per second of the server's CPU time.

    Other processes' use of the machine does not change this figure.
    """

    def value(measured: Round) -> float:
        cost_us = measured[scenario][contender].cpu_us_per_delivery
        assert cost_us is not None
        return 1e6 / cost_us

    return value


def ratio(
    one: Callable[[Round], float], other: Callable[[Round], float]
) -> Callable[[Round], float]:
    return lambda measured: one(measured) / other(measured)


def figure(scenario: str, contender: str, name: str) -> Callable[[Round], float]:
    return lambda measured: float(getattr(measured[scenario][contender], name))


def latency_ms(scenario: str, contender: str, share: float) -> Callable[[Round], float]:
    def value(measured: Round) -> float:
        found = measured[scenario][contender].latency_ms(share)
        assert found is not None
        return found

    return value


def _faster(scenario: str, other: str, bound: float, *, ours: str = "Parley") -> Target:
    return Target(
        f"{scenario}: deliveries a CPU second, of {other}'s",
        bound,
        True,
        ratio(per_cpu(scenario, ours), per_cpu(scenario, other)),
    )


def _lighter(what: str, bound: float, scenario: str, name: str, both: tuple[str, str]) -> Target:
    """Bound from above how large the figure ``name`` of one contender is, of the other's."""
    one, other = (figure(scenario, contender, name) for contender in both)
    return Target(what, bound, False, ratio(one, other))


TARGETS: Sequence[Target] = (
    _faster(WS_64, "Socket.IO", 10),
    _faster(WS_64, "nchan", 3),
    _faster(WS_8, "Socket.IO", 4),
    _faster(WS_8, "nchan", 1),
    _faster(WS_64, "uWebSockets", 0.85),
    _faster(WS_8, "uWebSockets", 0.85),
    _faster(ONE_64, "Socket.IO", 10),
    _faster(ONE_64, "nchan", 3),
    _faster(ONE_64, "uWebSockets", 0.5),
    _faster(ONE_8, "uWebSockets", 0.5),
    _faster(SSE_64, "Parley, WebSocket", 1),
    _faster(SSE_8, "Parley, WebSocket", 1),
    _faster(SSE_64, "sockjs-tornado", 3),
    _faster(SSE_8, "sockjs-tornado", 3),
    _faster(POLL_64, "sockjs-tornado", 5),
    _faster(POLL_8, "sockjs-tornado", 5),
    Target(
        f"{MANY}: CPU per delivery, of nchan's",
        1.1,
        False,
        ratio(per_cpu(MANY, "nchan"), per_cpu(MANY, "Parley")),
    ),
    Target(
        f"{MANY}: p99, of Socket.IO's",
        0.5,
        False,
        ratio(latency_ms(MANY, "Parley", 0.99), latency_ms(MANY, "Socket.IO", 0.99)),
    ),
    Target(
        f"{MANY}: p99, of uWebSockets'",
        1.1,
        False,
        ratio(latency_ms(MANY, "Parley", 0.99), latency_ms(MANY, "uWebSockets", 0.99)),
    ),
    _faster(PAIRS, "Socket.IO", 0.5),
    _faster(PAIRS, "Socket.IO, SQLite", 3),
    _faster(FIVES, "Socket.IO", 1),
    _faster(FIVES, "Socket.IO, SQLite", 4),
    Target(
        f"{TOGETHER}: messages a second, of single ones",
        20,
        True,
        ratio(
            figure(TOGETHER, "Parley", "deliveries_per_s"),
            figure(SINGLE, "Parley", "deliveries_per_s"),
        ),
    ),
    Target(
        f"{TOGETHER}: messages stored",
        20_000,
        True,
        figure(TOGETHER, "Parley", "deliveries_per_s"),
        "a second",
    ),
    Target(
        "Disk for a message",
        300,
        False,
        figure(TOGETHER, "Parley", "disk_bytes_per_message"),
        "bytes",
    ),
    _faster(REDIS, "Socket.IO, Redis", 8, ours="Parley, Redis"),
    _faster(REDIS_ONE, "Socket.IO, Redis", 8, ours="Parley, Redis"),
    _lighter(
        "Memory per connection with Redis, of that with SQLite",
        1.3,
        COME,
        "memory_bytes_per_connection",
        ("Parley, one with Redis", "Parley"),
    ),
    _lighter(
        "CPU per connect with Redis, of that with SQLite",
        1.6,
        COME,
        "cpu_us_per_connect",
        ("Parley, one with Redis", "Parley"),
    ),
    Target(
        "Memory per idle WebSocket session",
        16,
        False,
        lambda measured: figure(IDLE, "Parley", "memory_bytes_per_connection")(measured) / 1024,
        "KiB",
    ),
    _lighter(
        "Memory per idle WebSocket session, of Socket.IO's",
        1,
        IDLE,
        "memory_bytes_per_connection",
        ("Parley", "Socket.IO"),
    ),
    _lighter(
        "CPU per connect, hello delivered, of Socket.IO's",
        1,
        IDLE,
        "cpu_us_per_connect",
        ("Parley", "Socket.IO"),
    ),
    Target(
        "CPU per delivery, with 10,000 members of that with 500",
        1.3,
        False,
        ratio(per_cpu(FEW_IDLE, "Parley"), per_cpu(IDLE, "Parley")),
    ),
    Target(
        f"{LIGHT}: p50, above bare Tornado's",
        1,
        False,
        lambda measured: (
            latency_ms(LIGHT, "Parley", 0.5)(measured) - latency_ms(LIGHT, "Tornado", 0.5)(measured)
        ),
        "ms",
    ),
)
