"""The contract for leases and followers. Used together with BackplaneContract."""

import asyncio
from collections.abc import Callable
from typing import Any

from chat.backplane.base import Backplane
from chat.backplane.limits import PAGE_BYTES, TRIM_STEP
from chat.clock import SystemClock
from chat.followers.leases import Lease, SharedLease
from chat.followers.runner import BATCH_BYTES, Runner
from chat.rooms import LOBBY
from tests.contract.backplane_contract import WAIT_S, Recorder, SetClock, joining, message
from tests.contract.ledger import Free, Ledger, Store, die_after

ROOM = "room"
LEASE_S = 0.5
BATCH = 20  # entries at a time, of which the store keeps some more than a hundred


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  a follower sends no event
            await asyncio.sleep(0.01)


class FollowersContract:
    """A mixin of an IsolatedAsyncioTestCase, together with BackplaneContract."""

    backplane: Backplane
    clock: SetClock
    listener: Recorder
    keep: int
    lobby: Callable[[], Any]
    restart: Callable[[], Any]
    assertLogs: Callable[..., Any]

    async def asyncSetUp(self) -> None:
        self._runners: list[Runner] = []
        self._others: list[Backplane] = []
        await super().asyncSetUp()  # type: ignore[misc]

    async def asyncTearDown(self) -> None:
        for runner in self._runners:
            await runner.stop()
        for other in self._others:
            await other.stop()
        await super().asyncTearDown()  # type: ignore[misc]

    async def another_instance(self) -> Backplane:
        """Return a backplane on the same store; on an embedded one, it is the same."""
        return self.backplane

    # Leases

    async def test_a_lease_has_one_holder_until_it_is_released(self) -> None:
        leases = self.backplane.leases
        assert await leases.hold("search", "one", 60)
        assert not await leases.hold("search", "two", 60)
        assert await leases.hold("search", "one", 60)
        assert await leases.hold("push", "two", 60)
        await leases.release("search", "two")
        assert not await leases.hold("search", "two", 60)
        await leases.release("search", "one")
        await leases.release("search", "one")
        assert await leases.hold("search", "two", 60)

    async def test_a_lease_that_is_not_renewed_is_another_s(self) -> None:
        leases = self.backplane.leases
        assert await leases.hold("search", "one", 0.05)
        async with asyncio.timeout(WAIT_S):
            while not await leases.hold("search", "two", 60):
                self.clock.now += 0.05
        assert not await leases.hold("search", "one", 60)

    # Followers

    async def test_each_entry_of_all_rooms_is_handled_once_and_in_order(self) -> None:
        store = Store()
        await self._say(LOBBY, 3 * BATCH)
        runner = self._run(store)
        await self.backplane.join(joining(ROOM))
        await self._say(ROOM, 5)
        await self._until_all(store, runner)
        await self._say(LOBBY, 5, "later")
        await self._until_all(store, runner)

    async def test_long_messages_of_many_rooms_are_not_handled_all_at_once(self) -> None:
        store, rooms = Store(), [f"room{number}" for number in range(2 * BATCH)]
        for room in rooms:
            await self.backplane.join(joining(room))
            long = message(room, room=room)
            long.body.html = "a" * (BATCH_BYTES // len(rooms) * 2)  # type: ignore[attr-defined]
            await self.backplane.append(long)
        await self._until_all(store, self._run(store, batch=100 * BATCH))
        assert max(store.batches_bytes) < BATCH_BYTES + PAGE_BYTES

    async def test_a_follower_that_ends_anywhere_goes_on_without_a_hole_or_a_repetition(
        self,
    ) -> None:
        store = Store()
        await self._say(LOBBY, 5 * BATCH)
        for pages in (0, 2, 1):  # those that the life in question gets done
            ledger, is_dead = Ledger(store), asyncio.Event()
            ledger.before_storing = die_after(pages, is_dead)
            handled = len(store.handled)
            runner = self._run(store, ledger)
            await asyncio.wait_for(is_dead.wait(), WAIT_S)
            await self._die(runner)
            assert len(store.handled) == handled + pages * BATCH
        await self._until_all(store, self._run(store))
        # A receiver that can't be part of the step tells repetitions by their keys.
        assert sorted(set(store.delivered)) == sorted(store.handled)
        assert len(store.delivered) > len(store.handled)

    async def test_one_of_several_instances_follows_and_another_takes_over_when_it_dies(
        self,
    ) -> None:
        store, other = Store(), await self.another_instance()
        first = self._run(store, lease=SharedLease(self.backplane, "l", "one", lease_s=LEASE_S))
        await self._say(LOBBY, 5)
        await self._until_all(store, first)
        second = self._run(
            store, backplane=other, lease=SharedLease(other, "l", "two", lease_s=LEASE_S)
        )
        await self._say(LOBBY, 5, "both ")
        await self._until_all(store, first)
        assert not second.metrics.is_active
        await self._die(first)
        await self._say(LOBBY, 5, "one ")
        async with asyncio.timeout(WAIT_S):
            while not second.metrics.is_active:
                self.clock.now += LEASE_S / 100
                await asyncio.sleep(0.01)
        await self._until_all(store, second)

    async def test_one_that_stops_lets_another_go_on_at_once(self) -> None:
        store, other = Store(), await self.another_instance()
        first = self._run(store, lease=SharedLease(self.backplane, "l", "one"))
        await self._say(LOBBY, 2)
        await self._until_all(store, first)
        await first.stop()
        second = self._run(store, backplane=other, lease=SharedLease(other, "l", "two"))
        await self._say(LOBBY, 2, "after ")
        await self._until_all(store, second)

    async def test_a_slow_follower_holds_up_neither_writers_nor_another_follower(self) -> None:
        slow, quick = Store(), Store()
        is_over = asyncio.Event()
        ledger = Ledger(slow)
        ledger.before_storing = lambda: asyncio.wait_for(is_over.wait(), WAIT_S)  # type: ignore[assignment,return-value]
        slow_runner, runner = self._run(slow, ledger), self._run(quick)
        await self._say(LOBBY, 2 * BATCH)
        await self._until_all(quick, runner)
        assert not slow.handled
        is_over.set()
        await self._until_all(slow, slow_runner)

    async def test_one_that_fails_is_tried_again_and_says_how_far_behind_it_is(self) -> None:
        store, is_broken = Store(), True
        ledger = Ledger(store)

        async def fail() -> None:
            if is_broken:
                raise OSError("no receiver")

        ledger.before_storing = fail
        with self.assertLogs("chat.followers.runner") as logged:
            runner = self._run(store, ledger)
            await self._say(LOBBY, 7)
            await until(lambda: runner.metrics.failures >= 2 and runner.metrics.lag_entries == 7)
        assert len(logged.output) == 1, "one line, not one for each attempt"
        assert runner.metrics.problem == "OSError: no receiver"
        is_broken = False
        await self._until_all(store, runner)
        assert runner.metrics.problem is None

    async def test_one_that_is_behind_what_is_kept_begins_anew_at_the_top(self) -> None:
        store = Store()
        await self._say(LOBBY, 5)
        runner = self._run(store)
        await self._until_all(store, runner)
        await runner.stop()
        await self._say(LOBBY, self.keep + 2 * TRIM_STEP, "more ")
        runner = self._run(store)
        await self._until_at_top(store)
        assert store.gaps == [LOBBY]
        await self._say(LOBBY, 3, "last ")
        await self._until_at_top(store)
        top = (await self.lobby()).offset
        assert [key.rpartition(":")[2] for key in store.handled[5:]] == [
            str(offset) for offset in range(top - 2, top + 1)
        ]

    async def test_a_room_that_is_removed_is_forgotten(self) -> None:
        store = Store()
        await self.backplane.join(joining(ROOM))
        runner = self._run(store)
        await self._until_all(store, runner)
        assert ROOM in store.cursor
        await self.backplane.remove(ROOM)
        await until(lambda: ROOM not in store.cursor)

    # Helpers

    def _run(
        self,
        store: Store,
        ledger: Ledger | None = None,
        *,
        backplane: Backplane | None = None,
        lease: Lease | None = None,
        batch: int = BATCH,
    ) -> Runner:
        runner = Runner(
            ledger or Ledger(store),
            name="ledger",
            backplane=backplane or self.backplane,
            lease=lease or Free(),
            clock=SystemClock(),
            renew_s=LEASE_S / 4,
            batch=batch,
        )
        runner.start()
        self._runners.append(runner)
        return runner

    async def _die(self, runner: Runner) -> None:
        """End ``runner`` as a crash does, which releases nothing."""
        await runner._holding.cancel()
        await runner._following.cancel()

    async def _say(self, room: str, count: int, prefix: str = "") -> None:
        texts = [f"{prefix}{room}{number}" for number in range(count)]
        for first in range(0, count, 100):
            some = texts[first : first + 100]
            await asyncio.gather(*(self.backplane.append(message(t, room=room)) for t in some))

    async def _until_all(self, store: Store, runner: Runner) -> None:
        """Wait until everything is handled; check that it was so once and in order."""
        await self._until_at_top(store)
        for info in await self.backplane.rooms():
            (epoch, top), room = info.position, info.room
            expected = [f"{room}:{epoch}:{offset}" for offset in range(1, top + 1)]
            assert [key for key in store.handled if key.startswith(f"{room}:")] == expected
        await until(lambda: not runner.metrics.lag_entries and not runner.metrics.problem)

    async def _until_at_top(self, store: Store) -> None:
        tops = {info.room: info.position for info in await self.backplane.rooms()}
        await until(lambda: store.cursor == tops)
