"""A race of transports: the next one starts when the last one is slow or has failed."""

import asyncio
from collections.abc import Callable, Sequence

from chat.client import policy
from chat.client.link import Link


class Race:
    """Starts ``transports`` in their order, until the race is stopped."""

    def __init__(
        self,
        transports: Sequence[str],
        *,
        last_resorts: Sequence[str] = (),
        rtt_s: float,
        start: Callable[[str], Link],
    ) -> None:
        """Start the first; ``last_resorts`` start only when all the others have failed."""
        self._waiting = list(transports)
        self._last_resorts = list(last_resorts)
        self._rtt_s = rtt_s
        self._start = start
        self._started: list[Link] = []
        self._timer: asyncio.TimerHandle | None = None
        self._go_on()

    @property
    def is_exhausted(self) -> bool:
        return not (self._waiting or self._last_resorts)

    def failed(self, link: Link) -> None:
        """Start the next attempt if ``link``, which has ended, was one of this race."""
        if link in self._started:
            self._go_on()

    def stop(self) -> None:
        """Start no more attempts; running ones continue."""
        self._cancel_timer()
        self._waiting.clear()
        self._last_resorts.clear()

    def _go_on(self) -> None:
        self._cancel_timer()
        if not self._waiting and all(link.is_over for link in self._started):
            self._waiting, self._last_resorts = self._last_resorts[:1], self._last_resorts[1:]
        if not self._waiting:
            return
        self._started.append(self._start(self._waiting.pop(0)))
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_later(
                policy.stagger_s(len(self._started), self._rtt_s), self._go_on
            )

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
