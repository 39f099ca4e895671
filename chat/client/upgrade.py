"""Schedules attempts at better transports beside the active one, at growing intervals."""

import asyncio
import random
from collections.abc import Callable

from chat.client import policy


class Upgrade:
    """Calls ``start`` again and again, as long as it is planned again and again."""

    def __init__(self, rng: random.Random, start: Callable[[], None]) -> None:
        self.tries = 0  # how often in a row it was planned
        self._rng = rng
        self._start = start
        self._timer: asyncio.TimerHandle | None = None

    def plan(self) -> None:
        """Schedule the next attempts, unless they are scheduled."""
        if self._timer is None:
            delay_s = policy.upgrade_s(self.tries, self._rng.random())
            self.tries += 1
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.try_now)

    def try_now(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
