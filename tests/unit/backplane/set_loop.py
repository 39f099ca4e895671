"""An event loop's timers, whose time goes on when a test says so."""

import heapq
import itertools
from collections.abc import Callable
from typing import Any


class SetLoop:
    """The part of an event loop that presence uses; its time goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self._count = itertools.count()  # of timers due at one time the first comes first
        self._timers: list[tuple[float, int, SetTimer]] = []

    def call_later(self, delay: float, callback: Callable[..., None], *args: Any) -> "SetTimer":
        timer = SetTimer(callback, args)
        heapq.heappush(self._timers, (self.now + delay, next(self._count), timer))
        return timer

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            self.now, _, timer = heapq.heappop(self._timers)
            timer.run()
        self.now = end

    @property
    def timers(self) -> int:
        return len(self._timers)


class SetTimer:
    def __init__(self, callback: Callable[..., None], args: Any) -> None:
        self._callback, self._args = callback, args
        self._is_cancelled = False

    def cancel(self) -> None:
        self._is_cancelled = True

    def run(self) -> None:
        if not self._is_cancelled:
            self._callback(*self._args)
