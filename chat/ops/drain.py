"""Drains an instance: sends its clients to others, a few at a time, so that no user notices.

It accepts no new connections meanwhile. The process ends when its time is over, whatever hangs:
clients resume from their cursors, and an entry is stored before it is acknowledged.
"""

import asyncio
import logging
import math
import os
import threading
from typing import Final

from chat.attach.attachments import Attachments
from chat.http.server import HttpServer
from chat.net.acceptor import Acceptor

log: Final = logging.getLogger(__name__)

# An instance can attach some 4,000 returning clients a second, and does nothing else then. At a
# twentieth of that rate, the clients that the other instances already have notice nothing.
GOODBYES_PER_S: Final = 200
# Between two turns of goodbyes, other clients are served.
PAUSE_S: Final = 0.05
# The clients of one turn return at random moments within this span.
RETURN_MS: Final = 500
# If no other instance is to serve them, all clients get their goodbye without pauses: the sooner
# the last one has gone, the sooner the next process begins. Their random return spreads the load
# instead of the pauses: 5,000 are served in 1.3 s.
RETURN_ALONE_MS: Final = 2000
ALONE_AT_ONCE: Final = 500  # in a turn

# Deadlines, as fractions of ``limit_s``: for the last goodbye, the last answer, and storing the
# last entry. The rest is for work that does not end by itself.
_GOODBYES: Final = 0.6
_ANSWERS: Final = 0.8
_STORED: Final = 0.9
# A live client reads its last bytes and closes in less. One that never reads is not waited for.
LINGER_S: Final = 2.0
# A new connection brings its request in less: balancers connect when they have one.
NEW_S: Final = 0.1


class Drain:
    """Drains one instance. ``reason`` says why it is not ready, once draining has begun."""

    def __init__(
        self,
        attachments: Attachments,
        acceptor: Acceptor,
        *,
        limit_s: float,
        notice_s: float,
        is_alone: bool,
    ) -> None:
        """Set up a drain that takes at most ``limit_s``.

        For the first ``notice_s`` it is not ready, but goes on serving. ``is_alone`` means that no
        other instance can serve its clients.
        """
        self.reason: str | None = None
        self._attachments = attachments
        self._acceptor = acceptor
        self._limit_s = limit_s
        self._notice_s = notice_s
        self._is_alone = is_alone
        self._began_s = 0.0  # by the loop's time

    @property
    def left_s(self) -> float:
        """The seconds left for storing entries."""
        return self._until(_STORED)

    async def run(self, http: HttpServer) -> None:
        """Drain; return when no client is served any more, or the time for that is over."""
        self._began_s = asyncio.get_running_loop().time()
        self.reason = "This instance is draining: it stops soon, and others take over."
        http.wind_down()
        if self._notice_s:
            log.info("Not ready any more, but serving for %g s", self._notice_s)
            await asyncio.sleep(self._notice_s)
        self._acceptor.stop()
        if self._acceptor.count:
            await asyncio.gather(self._say_goodbye(), asyncio.sleep(NEW_S))
        http.stop()
        await self._linger(http)
        if http.is_answering:
            log.warning("Requests are left without an answer: it took too long")

    async def _say_goodbye(self) -> None:
        spread_ms = RETURN_ALONE_MS if self._is_alone else RETURN_MS
        # None yet; but clients that attach from now on, on an open connection, get a goodbye too.
        left = self._attachments.dismiss(0, spread_ms=spread_ms)
        log.info("Sending %d clients elsewhere", left)
        while left:
            if self._is_alone:
                left = self._attachments.dismiss(ALONE_AT_ONCE, spread_ms=spread_ms)
                await asyncio.sleep(0)
            else:
                count = batch(left, within_s=self._until(_GOODBYES))
                left = self._attachments.dismiss(count, spread_ms=spread_ms)
                await asyncio.sleep(PAUSE_S)

    async def _linger(self, http: HttpServer) -> None:
        loop = asyncio.get_running_loop()
        enough_s = loop.time() + LINGER_S
        while self._acceptor.count and (left_s := self._until(_ANSWERS)):
            if loop.time() >= enough_s and not http.is_answering:
                return
            await self._acceptor.wait_until_idle(within_s=min(NEW_S, left_s))

    def _until(self, part: float) -> float:
        """Return the seconds left until ``part`` of the time limit is over."""
        now_s = asyncio.get_running_loop().time()
        return max(0.0, self._began_s + part * self._limit_s - now_s)


def batch(left: int, *, within_s: float) -> int:
    """Return how many clients to dismiss now, so that ``left`` are dismissed ``within_s``."""
    rate = max(GOODBYES_PER_S, left / max(within_s, PAUSE_S))
    return math.ceil(rate * PAUSE_S)


def leave_within(limit_s: float) -> None:
    """End this process after ``limit_s`` with exit code 0, whatever it is waiting for.

    A disk or a socket may block the event loop, or a thread, for which Python waits.
    """

    def leave() -> None:
        log.warning("Not done in %g s: leaving as it is", limit_s)
        os._exit(0)

    watch = threading.Timer(limit_s, leave)
    watch.daemon = True
    watch.start()
