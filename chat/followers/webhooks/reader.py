"""Reads a room's log for one webhook, from a cursor of its own, and sends what it is to be told."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from chat.backplane.base import Backplane
from chat.backplane.values import Setting
from chat.backplane.webhooks import (
    PROGRESS,
    Delivery,
    Progress,
    Waiting,
    Webhook,
    is_enabled,
)
from chat.clock import Clock
from chat.errors import Refused, ResyncNeeded, Unavailable
from chat.followers.webhooks import schedule
from chat.followers.webhooks.deliveries import Deliveries
from chat.followers.webhooks.sender import Result, Sender
from chat.metrics.followers import WebhookMetrics
from chat.protocol.cursor import Position
from chat.protocol.webhooks import delivery_id, payload

log: Final = logging.getLogger(__name__)

_PAGE: Final = 100
_STORE_RETRY_S: Final = 5.0
_FAULT_RETRY_S: Final = 60.0
# At the end, so long is waited for an attempt: what it has brought is then not brought again.
_FINISH_S: Final = 2.0


class _Place(NamedTuple):
    position: Position
    kind: str


class HookReader:
    """Sends for one webhook, one request at a time, from start to stop.

    How far it has come is stored after each attempt. So an instance that is killed brings at most
    one entry of each webhook once more, with the same id.
    """

    def __init__(
        self,
        hook: Webhook,
        progress: Progress,
        deliveries: Deliveries,
        *,
        backplane: Backplane,
        sender: Sender,
        clock: Clock,
        metrics: WebhookMetrics,
        on_disabled: Callable[[Webhook, int, str], Awaitable[None]],
    ) -> None:
        """``on_disabled`` is given the offset at which it failed, and why."""
        self.hook = hook
        schedule.begin_turn(progress, hook, now=clock.time())
        self._progress = progress
        self._stored = b""
        self._deliveries = deliveries
        self._backplane = backplane
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._on_disabled = on_disabled
        self._page: deque[_Place] = deque()  # entries after the cursor
        self._is_at_end = False  # nothing was there when it last looked, and nothing hinted since
        self._is_stopping = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Finish the attempt that is under way, if it takes at most _FINISH_S. Repeatable."""
        self._is_stopping = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_FINISH_S)
            self._task.cancel()
            await asyncio.wait([self._task])

    def note(self) -> None:
        """Handle the hint that there may be new entries."""
        self._is_at_end = False
        self._wake.set()

    def change(self, hook: Webhook) -> None:
        """Go on as people have set it now."""
        self.hook = hook
        schedule.begin_turn(self._progress, hook, now=self._clock.time())
        self.note()

    async def send_again(self, position: Position, kind: str) -> None:
        """Send an entry once more, now. Raises Unavailable."""
        now = self._clock.time()
        others = [one for one in self._progress.waiting if one.position != position]
        if len(others) < schedule.MAX_WAITING:
            job = Waiting(**position._asdict(), kind=kind, first_s=now, at_s=now)
            self._progress.waiting = sorted([*others, job], key=lambda one: one.offset)
            await self._store()
            self._wake.set()

    async def disable(self, why: str) -> None:
        """Send no more until people enable it again. Raises Unavailable."""
        self._progress.is_stopped, self._progress.why = True, why
        await self._store(is_urgent=True)

    @property
    def backlog(self) -> int:
        return len(self._progress.waiting)

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                self._wake.clear()
                if not await self._step() and not self._is_stopping:
                    await self._rest()
            except Unavailable as error:
                log.info("A webhook waits for the store: %s", error)
                await self._pause(_STORE_RETRY_S)
            except Exception:  # a fault of ours must not keep the other webhooks from going on
                log.exception("A webhook does not go on, and is tried again")
                await self._pause(_FAULT_RETRY_S)
        with suppress(Unavailable):
            await self._store(is_urgent=True)

    async def _rest(self) -> None:
        """Wait until there is something to do."""
        await self._store(is_urgent=True)
        now = self._clock.time()
        at_s = schedule.next_attempt_s(self._progress, now=now)
        if at_s is None or not is_enabled(self.hook, self._progress):
            await self._wake.wait()
        else:
            await self._pause(max(0.0, at_s - now))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _step(self) -> bool:
        """Make one attempt; return whether there was one to make."""
        now = self._clock.time()
        if not is_enabled(self.hook, self._progress):
            return False
        job = schedule.due(self._progress, now=now)
        if job is None and schedule.takes_new(self._progress, now=now):
            place = await self._next()
            if place is not None:
                job = Waiting(**place.position._asdict(), kind=place.kind, first_s=now, at_s=now)
        if job is None:
            return False
        await self._attempt(job)
        return True

    async def _next(self) -> _Place | None:
        """Return the next entry to be told of; None if there is none now."""
        while True:
            while self._page:
                place = self._page[0]
                if place.kind in self.hook.events:
                    return place
                self._pass(self._page.popleft().position)
            if self._is_at_end:
                return None
            self._is_at_end = True  # before it is read: a hint that comes meanwhile counts
            if await self._read():
                self._is_at_end = False

    async def _read(self) -> bool:
        """Read a page on from the cursor; return whether there was one."""
        try:
            page = await self._backplane.read(self.hook.room, self._progress.position, limit=_PAGE)
        except ResyncNeeded:
            return await self._skip_gap()
        except Refused:  # the room has gone, and this webhook is about to
            return False
        self._page.extend(_Place(entry.position, entry.kind) for entry in page.entries)
        return bool(page.entries)

    async def _skip_gap(self) -> bool:
        """Go on behind entries that are no more; return whether there may be some."""
        room, position = self.hook.room, self._progress.position
        top = (await self._backplane.positions([room])).get(room)
        if top is None:
            return False
        if top.epoch != position.epoch:  # the log began anew: after a restore, or with a loss
            self._pass(Position(top.epoch, min(position.offset, top.offset)))
            return True
        history = await self._backplane.history(room, before=None, after=position.offset, limit=1)
        kept = [entry.position.offset - 1 for entry in history.entries]
        self._pass(Position(top.epoch, max([position.offset, *kept]) if kept else top.offset))
        return bool(kept)

    def _pass(self, position: Position) -> None:
        self._progress.epoch, self._progress.offset = position

    async def _attempt(self, job: Waiting) -> None:
        is_failing, turn = self._progress.failures > 0, self.hook.turn
        async with self._sender.turn(self.hook, is_failing=is_failing):
            if self._is_stopping:
                return
            # Only now: it may have been edited or deleted while others were sent.
            hook, position = self.hook, job.position
            entry = await self._backplane.entry(hook.room, position.offset)
            body = None
            if entry is not None and entry.position == position and entry.kind in hook.events:
                body = payload(entry)
            result = (
                None
                if body is None
                else await self._sender.send(hook, position, body, is_failing=is_failing)
            )
        await self._note(job, result, is_of_now=turn == self.hook.turn)

    async def _note(self, job: Waiting, result: Result | None, *, is_of_now: bool) -> None:
        """Store what became of an attempt; None: there is nothing to tell any more.

        ``is_of_now``: nobody has changed the webhook meanwhile, such as its URL.
        """
        now, progress = self._clock.time(), self._progress
        waiting = [one for one in progress.waiting if one.position != job.position]
        state = "gone"
        if result is not None:
            if result.is_delivered:
                job.attempts += 1
                schedule.note_success(progress, now=now)
                state = "delivered"
            elif schedule.note_failure(
                progress, job, retry_s=result.retry_s, now=now, jitter=random.random()
            ):
                waiting.append(job)
                state = "waiting"
            else:
                state = "failed"
            self._metrics.attempts["delivered" if result.is_delivered else "failed"] += 1
        progress.waiting = sorted(waiting, key=lambda one: one.offset)
        if self._page and self._page[0].position == job.position:
            self._pass(self._page.popleft().position)
        self._deliveries.note(
            Delivery(
                id=delivery_id(self.hook.id, job.position),
                type=job.kind,
                state=state,
                attempts=job.attempts,
                last_s=now,
                status=0 if result is None else result.status,
                problem="" if result is None else result.problem,
                next_s=job.at_s if state == "waiting" else 0.0,
            )
        )
        if result is not None and not result.is_delivered and is_of_now:
            await self._disable_if_due(job, result, now)
        await self._store()

    async def _disable_if_due(self, job: Waiting, result: Result, now: float) -> None:
        if result.is_gone:
            why = "The receiver answered 410 Gone: it wants no more."
        elif schedule.is_given_up(self._progress, now=now):
            why = f"Nothing was delivered for a day: {result.problem}."
        else:
            return
        self._metrics.attempts["disabled"] += 1
        log.info("The webhook %s is disabled: %s", self.hook.id, why)
        await self.disable(why)
        await self._on_disabled(self.hook, job.offset, why)

    async def _store(self, *, is_urgent: bool = False) -> None:
        settings = self._deliveries.settings(now=self._clock.time(), is_urgent=is_urgent)
        encoded = msgspec.json.encode(self._progress)
        if encoded != self._stored:
            settings.append(Setting(PROGRESS, self.hook.id, encoded))
        if settings:
            await self._backplane.values.put(settings)
        self._stored = encoded
