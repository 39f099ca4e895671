"""Measures how late the event loop runs: the one number that grows whatever keeps it busy."""

import asyncio
from typing import Final

INTERVAL_S: Final = 0.5
# The weight of the old mean: one late turn, which is no load, is forgotten within a few seconds.
_KEPT: Final = 0.7


class LoopLag:
    """Measures, while started, how late a timer fires. Costs two timers a second."""

    def __init__(self) -> None:
        self.lag_s = 0.0  # a running mean
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(INTERVAL_S, self._tick, loop.time() + INTERVAL_S)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self, due: float) -> None:
        self.record(asyncio.get_running_loop().time() - due)
        self.start()

    def record(self, late_s: float) -> None:
        """Add a timer that fired ``late_s`` after its time to the mean."""
        self.lag_s = _KEPT * self.lag_s + (1 - _KEPT) * max(0.0, late_s)
