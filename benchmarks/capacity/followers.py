"""The model of an instance's followers, which handle all messages in turns, beside the loop.

It does with messages what chat/followers/runner.py does, for all followers as if they were one. In
a server most of their work is in threads, which share the core with the loop; here a turn of theirs
comes after what the loop is doing. In slices beside it, each slice would come between messages that
are handled together, and the simulation would jump from one rhythm to another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.capacity.engine import US, Process, Then, World
from benchmarks.capacity.parameters import Parameters
from chat.followers.runner import GATHER_S

# The work of push and webhooks, which one of all instances does. Each has a search index and files
# of its own.
ONCE_SHARE: Final = 0.35


@dataclass(frozen=True)
class Costs:
    """CPU time of an instance's followers, and of Redis where they read from it."""

    turn_us: float
    room_us: float
    message_us: float
    redis_room_us: float = 0.0
    redis_message_us: float = 0.0


def costs(known: Parameters, *, instances: int = 1, through_redis: bool = True) -> Costs:
    """Return the costs of one of ``instances``, on average."""
    share = 1 - ONCE_SHARE + ONCE_SHARE / instances
    return Costs(
        turn_us=share * known.follow_turn_us,
        room_us=share * (known.follow_page_us if through_redis else known.follow_room_us),
        message_us=share * known.follow_us,
        redis_room_us=share * known.redis_follow_page_us * through_redis,
        redis_message_us=share * known.redis_follow_us * through_redis,
    )


class Followers:
    """A turn begins GATHER_S after the first message, or at once if more came during the last."""

    def __init__(
        self,
        world: World,
        loop: Process,
        costs: Costs,
        *,
        aside: Process,
        on_redis: Callable[[float], None],
    ) -> None:
        """While ``loop`` sleeps their work is done ``aside``: what waking costs is part of a turn.

        ``on_redis`` has so many µs of work done by Redis.
        """
        self._world = world
        self._loop = loop
        self._costs = costs
        self._aside = aside
        self._on_redis = on_redis
        self._rooms: set[int] = set()
        self._messages = 0
        self._is_busy = False

    def note(self, rooms: Iterable[int]) -> None:
        """Handle the hint that there is a new message in each of ``rooms``."""
        for room in rooms:
            self._rooms.add(room)
            self._messages += 1
        if not self._is_busy:
            self._is_busy = True
            self._world.after(GATHER_S, self._begin)

    def _begin(self) -> None:
        # What comes before the loop has time for them is handled in the same turn.
        self._do(0.0, self._read)

    def _read(self) -> None:
        costs, rooms, messages = self._costs, len(self._rooms), self._messages
        self._rooms, self._messages = set(), 0
        self._on_redis(rooms * costs.redis_room_us + messages * costs.redis_message_us)
        cost_us = costs.turn_us + rooms * costs.room_us + messages * costs.message_us
        self._do(cost_us, self._end)

    def _end(self) -> None:
        if self._messages:
            self._begin()
        else:
            self._is_busy = False

    def _do(self, cost_us: float, then: Then) -> None:
        process = self._loop if self._loop.is_awake else self._aside
        process.wake((cost_us * US, then))
