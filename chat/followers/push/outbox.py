"""Sends what is due, each device by itself: one that does not answer holds up nobody else."""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec

from chat.background import Tasks
from chat.backplane.base import Backplane
from chat.backplane.subscriptions import Subscription, Subscriptions
from chat.backplane.values import Setting
from chat.clock import Clock
from chat.errors import Unavailable
from chat.followers.push.client import (
    AT_ONCE,
    UNPROVEN_AT_ONCE,
    Outcome,
    PushClient,
    Sent,
)
from chat.followers.push.notices import Due, Notices
from chat.metrics.followers import PushMetrics
from chat.net.outbound import MAX_RETRY_S
from chat.rooms.notifying import Kind

log: Final = logging.getLogger(__name__)

# The group of values that holds what is due, by its key.
DUE: Final = "push-due"
# A message is tried so often; the pauses double, from FIRST_RETRY_S.
MAX_ATTEMPTS: Final = 5
FIRST_RETRY_S: Final = 30.0
# A device that so many messages in a row could not be brought to is none any more.
MAX_FAILURES: Final = 20
_STORE_RETRY_S: Final = 5.0
# Of so many addresses it is remembered that they failed: some 200 bytes each.
_MAX_REMEMBERED: Final = 10_000


class Outbox:
    """Keeps what is due, and sends it when its time has come, between start and stop."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        subscriptions: Subscriptions,
        notices: Notices,
        client: PushClient,
        clock: Clock,
        metrics: PushMetrics,
        is_shut_out: Callable[[str, str], bool],
        max_failures: int = MAX_FAILURES,
    ) -> None:
        """``is_shut_out`` returns whether a user, or this device of theirs, may not come in."""
        self._backplane = backplane
        self._subscriptions = subscriptions
        self._notices = notices
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._is_shut_out = is_shut_out
        self._max_failures = max_failures
        self._due: dict[str, Due] = {}
        self._times: list[tuple[float, str]] = []  # a heap
        self._ripe: dict[str, deque[str]] = {}  # by user, those of whom somebody is sending
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self._held_until: dict[str, float] = {}  # by endpoint, as its service asked
        self._failures: dict[str, int] = {}  # by endpoint, in a row
        self._proven: dict[str, None] = {}  # the endpoints that answered the last time
        self._slots = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(UNPROVEN_AT_ONCE)

    async def start(self) -> None:
        """Read what is due, and begin. Raises Unavailable."""
        found = await self._backplane.values.all(DUE)
        self.add(msgspec.json.decode(value, type=Due) for value in found.values())
        self._tasks.start(self._run())

    async def stop(self) -> None:
        """Stop; what is due stays in the store. Repeatable."""
        await self._tasks.cancel()
        self._client.stop()
        for kept in (self._due, self._times, self._ripe, self._held_until, self._failures):
            kept.clear()
        self._proven.clear()

    def add(self, more: Iterable[Due]) -> None:
        """Send these, too, which are in the store."""
        for due in more:
            self._due[due.key] = due
            heapq.heappush(self._times, (due.at_s, due.key))
        self._wake.set()

    def __len__(self) -> int:
        return len(self._due)

    async def _run(self) -> None:
        while True:
            now = self._clock.time()
            self._wake.clear()
            while self._times and self._times[0][0] <= now:
                self._begin(heapq.heappop(self._times)[1])
            wait_s = self._times[0][0] - now if self._times else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    def _begin(self, key: str) -> None:
        due = self._due.get(key)
        if due is None:
            return
        waiting = self._ripe.get(due.user)
        if waiting is not None:  # one after the other
            waiting.append(key)
            return
        self._ripe[due.user] = deque([key])
        self._tasks.start(self._serve(due.user))

    async def _serve(self, user: str) -> None:
        """Send what is ripe for ``user``, one message after the other."""
        waiting = self._ripe[user]
        try:
            while waiting:
                if (due := self._due.get(waiting.popleft())) is not None:
                    await self._handle(due)
        finally:
            self._ripe.pop(user, None)

    async def _handle(self, due: Due) -> None:
        try:
            later = await self._send(due)
            await self._put(due, later)
        except Unavailable as error:
            log.info("A notification waits for the store: %s", error)
            self.add([msgspec.structs.replace(due, at_s=self._clock.time() + _STORE_RETRY_S)])
        except Exception:  # a fault of ours must not keep the others from being sent
            log.exception("A notification could not be sent")
            self._due.pop(due.key, None)

    async def _put(self, due: Due, later: Due | None) -> None:
        """Store that ``due`` is done, or is ``later``."""
        value = None if later is None else msgspec.json.encode(later)
        await self._backplane.values.put([Setting(DUE, due.key, value)])
        if later is None:
            self._due.pop(due.key, None)
        else:
            self.add([later])

    async def _send(self, due: Due) -> Due | None:
        """Send ``due`` to the devices of its user; return what of it is to be tried later."""
        devices = await self._devices(due)
        sent = await asyncio.gather(
            *(self._send_to(due, device, to) for device, to in devices.items())
        )
        later = {
            device: one.retry_s
            for device, one in zip(devices, sent, strict=True)
            if one is not None and one.outcome in (Outcome.LATER, Outcome.HELD)
        }
        if not later:
            return None
        attempts = due.attempts + any(one and one.outcome is Outcome.LATER for one in sent)
        if attempts >= MAX_ATTEMPTS:
            self._metrics.sent["given_up"] += len(later)
            return None
        return msgspec.structs.replace(
            due,
            at_s=self._clock.time() + min(later.values()),
            attempts=attempts,
            devices=list(later),
        )

    async def _devices(self, due: Due) -> dict[str, Subscription]:
        """Return where to send ``due``; forget the devices that were signed out since."""
        found: dict[str, Subscription] = {}
        for device, to in (await self._subscriptions.of(due.user)).items():
            if self._is_shut_out(due.user, device):
                await self._subscriptions.remove(due.user, device)
            elif not due.devices or device in due.devices:
                found[device] = to
        return found

    async def _send_to(self, due: Due, device: str, to: Subscription) -> Sent | None:
        """Send ``due`` to one device; None if there is nothing to say any more."""
        held_s = self._held_until.get(to.endpoint, 0.0) - self._clock.time()
        if held_s > 0:
            return Sent(Outcome.HELD, held_s)
        async with self._slots[to.endpoint not in self._proven]:
            # Only now: it may have been read, or deleted, while others were sent.
            ready = await self._notices.of(due)
            if ready is None:
                return None
            sent = await self._client.send(
                to,
                ready.notice.encode(),
                topic=ready.topic,
                is_urgent=ready.notice.kind is not Kind.MESSAGE,
            )
        self._metrics.sent[sent.outcome.value] += 1
        return await self._note(due, device, to, sent)

    async def _note(self, due: Due, device: str, to: Subscription, sent: Sent) -> Sent:
        """Remember what became of it; forget a device that is none any more."""
        endpoint = to.endpoint
        self._proven.pop(endpoint, None)
        if sent.outcome is Outcome.LATER:
            failures = self._failures[endpoint] = self._failures.pop(endpoint, 0) + 1
            if failures >= self._max_failures:
                sent = Sent(Outcome.GONE, why=sent.why)
            else:
                retry_s = sent.retry_s or min(MAX_RETRY_S, FIRST_RETRY_S * 2**due.attempts)
                self._held_until[endpoint] = self._clock.time() + retry_s
                sent = sent._replace(retry_s=retry_s)
        else:
            self._failures.pop(endpoint, None)
            self._held_until.pop(endpoint, None)
            self._proven[endpoint] = None
        if sent.outcome is Outcome.GONE:
            log.info("A device of %s is not notified any more: %s", due.user, sent.why)
            self._failures.pop(endpoint, None)
            self._held_until.pop(endpoint, None)
            self._proven.pop(endpoint, None)
            await self._subscriptions.remove(due.user, device)
        _forget_some(self._failures)
        _forget_some(self._held_until)
        _forget_some(self._proven)
        return sent


def _forget_some(remembered: dict[str, Any]) -> None:
    """Forget the oldest of what is remembered if it is too much."""
    if len(remembered) > _MAX_REMEMBERED:
        del remembered[next(iter(remembered))]
