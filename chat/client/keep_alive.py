"""Keeps the active link alive: attaches a second time beside one that may be dead or end soon.

Both read from the client's cursor, so it is enough to close the one that is not needed.
"""

import asyncio
from collections.abc import Callable

from chat.client.link import Link


class KeepAlive:
    """Watches ``link`` while it is active, and renews it."""

    def __init__(
        self,
        link: Link,
        *,
        silence_s: float,
        renewal_s: float | None,
        attach: Callable[[str], Link],
    ) -> None:
        """Suspect the link after ``silence_s`` of silence; renew it at the age of ``renewal_s``."""
        self._link = link
        self._silence_s = silence_s
        self._attach = attach
        self._loop = asyncio.get_running_loop()
        self.renewal: Link | None = None  # attached beside the link, replaces it when it is proven
        self._suspected_s: float | None = None
        self._is_doomed = False  # it will be closed even if data arrives on it
        self._timers = [self._loop.call_soon(self._watch)]
        if renewal_s is not None:
            left_s = max(0.0, renewal_s - link.lived_s)
            self._timers.append(self._loop.call_later(left_s, self.renew, "it would be cut soon"))

    @property
    def is_suspected(self) -> bool:
        return self._suspected_s is not None

    @property
    def is_silent(self) -> bool:
        return self._link.silent_s >= self._silence_s

    def suspect(self, reason: str, *, is_sure: bool = False) -> None:
        """Renew the link, which may be dead; ``is_sure`` means that data does not clear it."""
        self._suspected_s = self._loop.time()
        self.renew(reason, is_sure=is_sure)

    def renew(self, reason: str, *, is_sure: bool = False) -> None:
        """Attach a second time, unless that is under way."""
        self._is_doomed |= is_sure
        self._link.attempt.reason = reason
        if self.renewal is None:
            self.renewal = self._attach(self._link.transport)

    def renewal_failed(self) -> bool:
        """Return whether the link is dead: doomed, or without data since it was suspected."""
        self.renewal = None
        is_alive = self._suspected_s is None or self._link.heard_s > self._suspected_s
        if is_alive and not self._is_doomed:
            self._link.attempt.reason = ""
            return False
        return True

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _watch(self) -> None:
        left_s = self._silence_s - self._link.silent_s
        if left_s <= 0:
            self.suspect("it is silent")
            left_s = self._silence_s
        self._timers[0] = self._loop.call_later(left_s, self._watch)
