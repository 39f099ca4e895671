"""The model of an instance's followers, which handle all messages in turns, beside the loop.

It does with messages what chat/followers/runner.py does, for all followers as if they were one. All
of their work is in threads here; some of it is on the loop.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.capacity.engine import US, Core, Process, Then, World
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
        core: Core,
        costs: Costs,
        *,
        when_free: Callable[[Then], None],
        on_redis: Callable[[float], None],
    ) -> None:
        """``when_free`` calls back when the loop has done what it is doing now.

        ``on_redis`` has so many µs of work done by Redis.
        """
        self.process = Process(core)
        self._world = world
        self._costs = costs
        self._when_free = when_free
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
        # Between its steps a follower waits for the loop, so it has more to do the busier that is.
        self._when_free(self._read)

    def _read(self) -> None:
        costs, rooms, messages = self._costs, len(self._rooms), self._messages
        self._rooms, self._messages = set(), 0
        self._on_redis(rooms * costs.redis_room_us + messages * costs.redis_message_us)
        cost_us = costs.turn_us + rooms * costs.room_us + messages * costs.message_us
        self.process.wake((cost_us * US, lambda: self._when_free(self._end)))

    def _end(self) -> None:
        if self._messages:
            self._begin()
        else:
            self._is_busy = False
