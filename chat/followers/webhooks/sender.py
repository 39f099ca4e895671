"""Sends one delivery: within the limits of all webhooks together, signed, and judged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chat import __version__
from chat.backplane.webhooks import Webhook
from chat.clock import Clock
from chat.net.outbound import NoAnswer, Outbound
from chat.net.public_addresses import Destinations, NotPublic
from chat.protocol.cursor import Position
from chat.protocol.webhooks import delivery_id, headers
from chat.token_bucket import Buckets

# Requests at a time: to receivers that took the last one, and to others. Those that never answer
# take the places of others of that kind only.
AT_ONCE: Final = 48
FAILING_AT_ONCE: Final = 16
# Attempts at one host, of all webhooks together: nobody is to be flooded by us. A room of a hundred
# people who write brings some ten a second.
HOST_BURST: Final = 200
HOST_RATE: Final = 50.0
_GONE: Final = 410


class Result(NamedTuple):
    """What became of an attempt; ``status`` is 0 if there was no answer."""

    status: int
    problem: str = ""
    retry_s: float = 0.0

    @property
    def is_delivered(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver says that it wants no more."""
        return self.status == _GONE


class Sender:
    """Sends for all webhooks."""

    def __init__(
        self, destinations: Destinations, clock: Clock, *, is_limited: bool = True
    ) -> None:
        """``is_limited``: no host is asked more often than HOST_RATE."""
        # Two: name servers that are silent hold threads, which those that succeed do not wait for.
        self._outbound = Outbound(clock, destinations), Outbound(clock, destinations)
        self._clock = clock
        self._hosts = Buckets(burst=HOST_BURST, rate=HOST_RATE) if is_limited else None
        self._slots = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(FAILING_AT_ONCE)

    @asynccontextmanager
    async def turn(self, hook: Webhook, *, is_failing: bool) -> AsyncIterator[None]:
        """Wait until one more request to the host of ``hook`` may be sent, and hold its place."""
        host = urlsplit(hook.url).hostname or ""
        while wait_s := self._wait_s(host):  # noqa: ASYNC110  it is known for how long
            await asyncio.sleep(wait_s)
        async with self._slots[is_failing]:
            yield

    async def send(
        self, hook: Webhook, position: Position, body: bytes, *, is_failing: bool
    ) -> Result:
        """Send ``body``, which tells of the entry at ``position``."""
        now_s = int(self._clock.time())
        secrets = [hook.secret]
        if now_s < hook.former_until_s:
            secrets.append(hook.former_secret)
        fields = headers(delivery_id(hook.id, position), body, secrets, now_s=now_s)
        try:
            answer = await self._outbound[is_failing].post(
                hook.url, body, {**fields, "User-Agent": f"Parley/{__version__}"}
            )
        except (NoAnswer, NotPublic) as error:
            return Result(0, str(error))
        if 300 <= answer.status < 400:
            problem = f"it redirects ({answer.status}), which is not followed: give the last URL"
            return Result(answer.status, problem)
        problem = "" if 200 <= answer.status < 300 else f"it answered {answer.status}"
        return Result(answer.status, problem, answer.retry_s)

    def stop(self) -> None:
        for outbound in self._outbound:
            outbound.stop()

    def _wait_s(self, host: str) -> float:
        """Count an attempt and return 0, or return how long to wait with it."""
        if self._hosts is None:
            return 0.0
        return self._hosts.consume(host, now=self._clock.monotonic()) / 1000
