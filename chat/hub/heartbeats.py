"""Heartbeats: an idle stream is shown to live, and where its rooms stand."""

import asyncio
import random
from typing import Final

from chat import log_context
from chat.hub.hub import Hub
from chat.hub.reader import Reader

# Those that are due within so long are sent in one turn. Waking up for each of 500 clients by
# itself costs twice what its heartbeat does; of 10,000 this leaves some 170 to a turn, 5 ms.
TURN_S: Final = 0.25
# One for all of them: else each would keep the names of the request that it began with.
_NOTHING: Final = log_context.nothing()


class Heartbeat:
    """Has one reader sent a heartbeat every ``every_s``."""

    __slots__ = ("reader", "every_s", "turn")

    def __init__(self, reader: Reader, every_s: float) -> None:
        self.reader = reader
        self.every_s = every_s
        self.turn = 0  # in which the next heartbeat is due

    @property
    def next_s(self) -> float:
        """When the next heartbeat is due, by the loop's time."""
        return self.turn * TURN_S


class Heartbeats:
    """The heartbeats of all readers of this instance."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._turns: dict[int, dict[Heartbeat, None]] = {}

    def start(self, reader: Reader, every_s: float) -> Heartbeat:
        """Send ``reader`` heartbeats, the first one sooner, until it is gone or ``stop``."""
        heartbeat = Heartbeat(reader, every_s)
        # Those who came at once, as after a restart, shall not all be told at once for ever.
        self._beat_later(heartbeat, every_s * random.uniform(0.5, 1.0))
        return heartbeat

    def stop(self, heartbeat: Heartbeat) -> None:
        if (turn := self._turns.get(heartbeat.turn)) is not None:
            turn.pop(heartbeat, None)

    def _beat_later(self, heartbeat: Heartbeat, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        # Sooner rather than later; but the turn that is being taken is taken once.
        number = heartbeat.turn = max(int((now + delay_s) / TURN_S), int(now / TURN_S) + 1)
        if (turn := self._turns.get(number)) is None:
            turn = self._turns[number] = {}
            loop.call_at(number * TURN_S, self._take, number, context=_NOTHING)
        turn[heartbeat] = None

    def _take(self, number: int) -> None:
        """Take the turn of this number."""
        for heartbeat in self._turns.pop(number):
            if not heartbeat.reader.is_gone:
                self._hub.beat(heartbeat.reader)
                self._beat_later(heartbeat, heartbeat.every_s)
