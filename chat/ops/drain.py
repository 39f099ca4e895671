"""Leaving without anybody's notice: nobody new, everybody sent elsewhere a few at a time, in time.

Whatever hangs, the process is gone when its time is over: clients go on from their cursors, and
what was acknowledged has been stored before that was said.
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

# An instance takes some 4,000 who come back in a second, and does nothing else then. Of a
# twentieth of that those who are with the other instances already notice nothing.
GOODBYES_PER_S: Final = 200
# Between two turns in which some are sent away, others are served.
PAUSE_S: Final = 0.05
# Each of a turn comes back at a moment of its own.
RETURN_MS: Final = 500
# Where nobody else is to serve them, they are all told at once: the sooner the last has gone, the
# sooner the next process begins. What pauses would do is left to them: 5,000 are served in 1.3 s.
RETURN_ALONE_MS: Final = 2000
ALONE_AT_ONCE: Final = 500  # in a turn

# Of the time that there is, so much is over when the last is sent away, when the last is answered
# and when all is stored, at the latest. The rest is kept for what does not come to an end.
_GOODBYES: Final = 0.6
_ANSWERS: Final = 0.8
_STORED: Final = 0.9
# Who lives takes the last bytes, and closes, in less. A client that never reads is not waited for.
LINGER_S: Final = 2.0
# Who has just connected, as balancers do for a request that they have, asks in less.
NEW_S: Final = 0.1


class Drain:
    """How one instance stops. ``reason`` is why it is not ready, once it has begun to."""

    def __init__(
        self,
        attachments: Attachments,
        acceptor: Acceptor,
        *,
        limit_s: float,
        notice_s: float,
        is_alone: bool,
    ) -> None:
        """All of it takes at most ``limit_s``, ``notice_s`` of it as if nothing had happened.

        ``is_alone`` means that no other instance serves those who are sent away.
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
        """How long what is to be stored may take yet."""
        return self._until(_STORED)

    async def run(self, http: HttpServer) -> None:
        """Return when nobody is served any more, or the time for that is over."""
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
        # None yet, but who attaches from now on, by a connection that is left, is told so, too.
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
        """Wait for those who are to take their last bytes, and for answers under way."""
        loop = asyncio.get_running_loop()
        enough_s = loop.time() + LINGER_S
        while self._acceptor.count and (left_s := self._until(_ANSWERS)):
            if loop.time() >= enough_s and not http.is_answering:
                return
            await self._acceptor.until_none(within_s=min(NEW_S, left_s))

    def _until(self, part: float) -> float:
        """Return how many seconds are left until that part of the time is over."""
        now_s = asyncio.get_running_loop().time()
        return max(0.0, self._began_s + part * self._limit_s - now_s)


def batch(left: int, *, within_s: float) -> int:
    """Return how many to send away now, so that ``left`` are sent away ``within_s``."""
    rate = max(GOODBYES_PER_S, left / max(within_s, PAUSE_S))
    return math.ceil(rate * PAUSE_S)


def leave_within(limit_s: float) -> None:
    """End this process in ``limit_s``, with 0, whatever it waits for then.

    A disk or a socket that does not answer may hold a thread, or the event loop itself; and
    Python waits for its threads.
    """

    def leave() -> None:
        log.warning("Not done in %g s: leaving as it is", limit_s)
        os._exit(0)

    watch = threading.Timer(limit_s, leave)
    watch.daemon = True
    watch.start()
