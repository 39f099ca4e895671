"""Runs one follower: reads all logs on from its cursor, and gives it the entries.

It learns of new entries by hints, from the live feed of this instance, and by looking at the
positions of all rooms every SWEEP_S. Only the positions count: a hint that is lost costs time. What
a follower does takes place in a task of its own, so nothing waits for one that is slow or fails.
"""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from chat.background import Tasks
from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.errors import Refused, ResyncNeeded, Unavailable
from chat.followers.follower import Follower
from chat.followers.leases import RENEW_S, Lease
from chat.metrics.followers import FollowerMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

log: Final = logging.getLogger(__name__)

# At most this many entries at a time, or as many as make BATCH_BYTES and one more page.
BATCH: Final = 200
BATCH_BYTES: Final = 512 << 10  # some 1,500 usual messages, or 50 of the longest
# Of rooms that nobody reads here there are no hints.
SWEEP_S: Final = 0.5
# A sweep of 10,000 rooms takes 0.2 s of the processor: sweeps take at most this part of the time.
_SWEEP_SHARE: Final = 0.02
# Entries that come within this time are handled together: it costs a fraction of one by one.
GATHER_S: Final = 0.2
FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 30.0


class Runner:
    """Runs ``follower`` between start and stop, while this instance holds ``lease``."""

    def __init__(
        self,
        follower: Follower,
        *,
        name: str,
        backplane: Backplane,
        lease: Lease,
        clock: Clock,
        metrics: FollowerMetrics | None = None,
        renew_s: float = RENEW_S,
        batch: int = BATCH,
    ) -> None:
        self._follower = follower
        self._name = name
        self._backplane = backplane
        self._lease = lease
        self._clock = clock
        self.metrics = metrics or FollowerMetrics()
        self._renew_s = renew_s
        self._batch = batch
        self._cursor: dict[str, Position] = {}
        self._tops: dict[str, Position] = {}  # of the rooms in which there may be new entries
        self._hint = asyncio.Event()
        self._retry_s = FIRST_RETRY_S
        self._holding, self._following = Tasks(), Tasks()

    def start(self) -> None:
        self._holding.start(self._hold_for_ever())

    async def stop(self) -> None:
        await self._holding.cancel()
        await self._stop_following()
        with suppress(Unavailable):  # else it expires
            await self._lease.release()

    def note(self, tops: Mapping[str, Position]) -> None:
        """Handle the hint that entries were stored up to ``tops``, the positions of their rooms."""
        if self.metrics.is_active:
            self._tops |= tops
            self._hint.set()

    # The lease

    async def _hold_for_ever(self) -> None:
        while True:
            is_held = await self._is_held()
            if is_held and not self.metrics.is_active:
                self.metrics.is_active = True
                self._following.start(self._follow_for_ever())
            elif not is_held and self.metrics.is_active:
                log.info("%s: another instance goes on with it", self._name)
                await self._stop_following()
            await asyncio.sleep(self._renew_s * (0.8 + random.random() / 5))

    async def _is_held(self) -> bool:
        try:
            return await self._lease.hold()
        except Unavailable as error:
            self._note_store_is_away(error)
        except OSError as error:
            self._note_failure(error)
        return False

    async def _stop_following(self) -> None:
        await self._following.cancel()
        self.metrics.is_active = False
        self.metrics.lag_entries = 0

    # Following

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._follow()
            except Unavailable as error:
                self._note_store_is_away(error)
                self._retry_s = FIRST_RETRY_S  # it is all the same to the follower
            except Exception as error:  # also a fault of ours, of which the others know nothing
                self._note_failure(error)
            await asyncio.sleep(self._retry_s * (0.5 + random.random()))
            self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)

    def _note_store_is_away(self, error: Unavailable) -> None:
        log.info("%s waits for the store: %s", self._name, error)
        self._measure()

    def _note_failure(self, error: Exception) -> None:
        self.metrics.failures += 1
        problem = f"{type(error).__name__}: {error}"
        if self.metrics.problem != problem:  # log once, not with each attempt
            log.warning(
                "%s does not go on, and is tried again: %s",
                *(self._name, problem),
                exc_info=None if isinstance(error, OSError) else error,
            )
        self.metrics.problem = problem
        self._measure()

    async def _follow(self) -> None:
        try:
            self._tops.clear()
            self._cursor = dict(await self._follower.open())
            due_s = self._clock.monotonic()
            while True:
                began_s = self._clock.monotonic()
                if began_s >= due_s:
                    await self._sweep()
                    took_s = self._clock.monotonic() - began_s
                    due_s = began_s + max(SWEEP_S, took_s / _SWEEP_SHARE)
                self._hint.clear()
                await self._read_on()
                has_more = await self._do_other_work()
                self._note_success()
                if not self._tops and not has_more:
                    await self._wait_until(due_s)
        finally:
            await self._follower.close()

    def _note_success(self) -> None:
        if self.metrics.problem is not None:
            log.info("%s goes on", self._name)
            self.metrics.problem = None
        self._retry_s = FIRST_RETRY_S
        self._measure()

    def _measure(self) -> None:
        nothing = Position("", 0)
        self.metrics.lag_entries = self._follower.backlog + sum(
            max(0, top.offset - self._cursor.get(room, nothing).offset)
            for room, top in self._tops.items()
        )

    async def _wait_until(self, due_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, due_s - self._clock.monotonic())):
                await self._hint.wait()
        await asyncio.sleep(GATHER_S)

    async def _sweep(self) -> None:
        """Look where all logs end, and forget the rooms that are gone."""
        tops = {info.room: info.position for info in await self._backplane.rooms()}
        for room in self._cursor.keys() - tops.keys():
            await self._follower.forget(room)
            del self._cursor[room]
            self._tops.pop(room, None)
        for room, top in tops.items():
            cursor = self._cursor.get(room)
            if cursor is not None and cursor.epoch == top.epoch and cursor.offset > top.offset:
                del self._cursor[room]  # the store has lost entries: begin anew
            hint = self._tops.get(room)
            if cursor != top and (hint is None or hint.epoch != top.epoch or hint < top):
                self._tops[room] = top

    async def _read_on(self) -> None:
        """Have the next page of each room handled, those of several rooms together."""
        pages: dict[str, Sequence[Entry]] = {}
        count = size_bytes = 0
        for room in tuple(self._tops):
            if entries := await self._next_page(room, self._batch - count):
                pages[room] = entries
                count += len(entries)
                size_bytes += sum([len(entry.body) for entry in entries])
            if count >= self._batch or size_bytes >= BATCH_BYTES:
                await self._handle(pages)
                pages, count, size_bytes = {}, 0, 0
        await self._handle(pages)

    async def _next_page(self, room: str, limit: int) -> Sequence[Entry]:
        """Return entries of ``room`` after the cursor; none if there are none to be read now."""
        top, cursor = self._tops[room], self._cursor.get(room)
        if cursor is None or cursor.epoch != top.epoch:
            cursor = await self._restart(room, top, is_gap=False)
        if cursor.offset < top.offset:
            try:
                page = await self._backplane.read(room, cursor, limit=limit)
            except ResyncNeeded:
                await self._restart(room, top, is_gap=True)
                return ()
            except Refused:  # it has gone; the next sweep sees to the rest
                pass
            else:
                if page.entries:
                    return page.entries
        if self._tops.get(room) == top:  # no hint has come meanwhile
            del self._tops[room]
        return ()

    async def _restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        self._cursor[room] = await self._follower.restart(room, top, is_gap=is_gap)
        return self._cursor[room]

    async def _handle(self, pages: dict[str, Sequence[Entry]]) -> None:
        if not pages:
            return
        await self._follower.handle(pages)
        for room, entries in pages.items():
            cursor = self._cursor[room] = entries[-1].position
            if self._tops.get(room) == cursor:
                del self._tops[room]
            self.metrics.handled += len(entries)

    async def _do_other_work(self) -> bool:
        """Have a piece of other work done, and rest as long as it took: it is never urgent."""
        began_s = self._clock.monotonic()
        has_more = await self._follower.work()
        if has_more:
            await asyncio.sleep(self._clock.monotonic() - began_s)
        return has_more
