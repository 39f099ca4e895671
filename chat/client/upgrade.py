"""Moves up: tries better transports beside the active one, ever more rarely while they fail."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence

from chat.client import policy


class Upgrade:
    """Schedules races of the transports in ``offered`` that are better than the active one."""

    def __init__(
        self,
        offered: Collection[str],
        *,
        rng: random.Random,
        attached: Callable[[], Collection[str]],
        race: Callable[[Sequence[str]], None],
    ) -> None:
        """``attached`` returns the transports that are in use or under way."""
        self._offered = offered
        self._rng = rng
        self._attached = attached
        self._race = race
        self._tries = 0
        self._better: Sequence[str] = ()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, active: str) -> None:
        """Plan attempts beside another active transport."""
        self.stop()
        self._tries = 0
        self._better = policy.better_than(active, self._offered)
        self.plan()

    def plan(self) -> None:
        """Schedule the next attempts, unless they are scheduled or under way."""
        if self._timer is None and self._better and not {*self._better} & {*self._attached()}:
            delay_s = policy.better_s(self._tries, self._rng.random())
            self._tries += 1
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.try_now)

    def try_now(self) -> None:
        self.stop()
        self._race([transport for transport in self._better if transport not in self._attached()])

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
