"""The scenarios as data: each with the contenders that it compares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.load import runs
from benchmarks.load.contenders import Contender
from benchmarks.load.figures import Figures
from benchmarks.load.posts import posts


@dataclass(frozen=True)
class Scenario:
    """One measurement. Reports and targets use ``name``; ``is_quick``: ``--quick`` runs it too."""

    name: str
    run: Callable[..., Figures]
    contenders: Sequence[str]
    is_quick: bool = False

    def measure(self, contender: Contender) -> Figures:
        return self.run(contender)


def flood(
    members: int, under_way: int, transport: str, *, rooms: int = 1, ahead: int = 1
) -> Callable[..., Figures]:
    return partial(
        runs.flood,
        members=members,
        under_way=under_way,
        transport=transport,
        rooms=rooms,
        ahead=ahead,
        seconds=4,
    )


ALL = (
    "Parley", "Socket.IO", "nchan", "python-socketio", "sockjs-tornado", "Tornado", "uWebSockets",
    "limit",
)  # fmt: skip
AHEAD = ("Parley", "Socket.IO", "nchan", "python-socketio", "uWebSockets")
GREAT = ("Parley", "Socket.IO", "nchan")
SSE = ("Parley", "Parley, WebSocket", "sockjs-tornado", "nchan")
POLLS = ("Parley", "sockjs-tornado")
PROXIED = ("Parley, nginx", "Parley, haproxy")
DURABLE = ("Parley", "Socket.IO", "Socket.IO, SQLite")
THROUGH_REDIS = ("Parley, Redis", "Socket.IO, Redis", "Socket.IO, streams")

SCENARIOS: Sequence[Scenario] = (
    Scenario("500 members, 64 under way, WebSocket", flood(500, 64, "websocket"), ALL, True),
    Scenario("500 members, 8 under way, WebSocket", flood(500, 8, "websocket"), ALL, True),
    Scenario(
        "500 members, one WebSocket with 64 under way",
        flood(500, 64, "websocket", ahead=64),
        AHEAD,
    ),
    Scenario(
        "500 members, one WebSocket with 8 under way", flood(500, 8, "websocket", ahead=8), AHEAD
    ),
    Scenario("500 members, 64 under way, SSE", flood(500, 64, "sse"), SSE, True),
    Scenario("500 members, 8 under way, SSE", flood(500, 8, "sse"), (*SSE, *PROXIED)),
    Scenario("500 members, 64 under way, long polling", flood(500, 64, "longpoll"), POLLS, True),
    Scenario(
        "500 members, 8 under way, long polling",
        flood(500, 8, "longpoll"),
        (*POLLS, *PROXIED),
    ),
    Scenario(
        "500 members, 8 under way, long polling behind a router",
        flood(500, 8, "longpoll, routed"),
        ("Parley",),
    ),
    Scenario(
        "5,000 members, 10 messages a second",
        # 14 s give enough messages that p99 is more than the slowest one; after 30 s a member that
        # answers no ping would be disconnected. A member is warm after more than 16 messages: Linux
        # acknowledges the first 16 at once, from any server, so each of those writes costs half
        # more.
        partial(
            runs.steady, transport="websocket", members=5000, per_s=10, seconds=14, warm_up_s=2
        ),
        (*GREAT, "uWebSockets", "limit"),
    ),
    Scenario(
        "10,000 idle, then one message after the other",
        partial(runs.hush, transport="websocket", members=10_000, seconds=5),
        GREAT,
    ),
    Scenario(
        "500 idle, then one message after the other",
        partial(runs.hush, transport="websocket", members=500, seconds=5),
        GREAT,
    ),
    Scenario(
        "1,000 rooms of 5, 64 under way",
        flood(5000, 64, "websocket", rooms=1000),
        DURABLE,
    ),
    Scenario(
        "5,000 come back at once",
        partial(runs.storm, transport="websocket", members=5000),
        ("Parley", "Socket.IO", "Tornado"),
    ),
    Scenario(
        "two instances through Redis, 500 members, 64 under way",
        flood(500, 64, "websocket"),
        THROUGH_REDIS,
    ),
    Scenario(
        "two instances through Redis, 500 members, one WebSocket with 64 under way",
        flood(500, 64, "websocket", ahead=64),
        THROUGH_REDIS,
    ),
    Scenario(
        "2,000 come",
        partial(runs.arrive, transport="websocket", members=2000),
        ("Parley", "Parley, one with Redis"),
    ),
    Scenario("single messages, posted to nobody", partial(posts, batch=1, seconds=4), ("Parley",)),
    Scenario("100 at a time, posted to nobody", partial(posts, batch=100, seconds=4), ("Parley",)),
    Scenario("one room of 65, 64 under way", flood(65, 64, "websocket"), ("Parley", "Socket.IO")),
    Scenario(
        "64 rooms of 2, 64 under way",
        flood(128, 64, "websocket", rooms=64),
        DURABLE,
    ),
    Scenario(
        "50 members, one message a second",
        partial(runs.steady, transport="websocket", members=50, per_s=1, seconds=10),
        ("Parley", "Socket.IO", "Tornado"),
        True,
    ),
)
