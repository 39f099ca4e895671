"""When pushes are written: at the end of a turn; in a busy room, when its delay is over."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from unittest.mock import patch

from chat.hub.write_schedule import FAN_OUT_S, STORE_S
from chat.protocol.outgoing import Framing, Outgoing
from tests.unit.fakes import WAIT_S, FakeSink, message, messages
from tests.unit.hub.hub_test import HubTest

T = TypeVar("T")
# Ten times as long: so no delay is over before a slow machine has run the turns of a test.
DELAY_S = 10 * FAN_OUT_S


class TestDelays(HubTest):
    """Under load a room's fan-out takes at most half of the time."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(patch("chat.hub.hub.FAN_OUT_S", DELAY_S))

    async def turn(self) -> None:
        await asyncio.sleep(0)

    async def tired(self) -> FakeSink:
        """Fill the lobby, and have it rest for long; return one reader's sink."""
        sink = [self.live()[1] for _ in range(500)][0]
        self.publish(*messages([1, 2]))
        await self.turn()
        self.assertEqual(sink.offsets, [1, 2])
        return sink

    async def test_what_comes_while_a_room_rests_is_written_together_when_it_has_rested(
        self,
    ) -> None:
        sink = await self.tired()
        for offset in (3, 4):
            self.publish(message(offset))
            await self.turn()
        self.assertEqual(len(sink.offsets), 2)
        async with asyncio.timeout(WAIT_S):
            while len(sink.offsets) < 4:
                await self.turn()
        self.assertEqual((sink.offsets, len(sink.chunks)), ([1, 2, 3, 4], 2))

    async def test_who_talks_now_and_then_does_not_wait(self) -> None:
        sink = [self.live()[1] for _ in range(500)][0]
        for offset in (1, 2, 3):
            self.publish(message(offset))
            await self.turn()
        self.assertEqual((sink.offsets, len(sink.chunks)), ([1, 2, 3], 3))

    async def test_others_have_theirs_meanwhile(self) -> None:
        await self.tired()
        other, sink = self.live(at=2)
        self.publish(message(3))
        self.hub.send(other, Outgoing("ok", b'{"type":"ok"}'))
        await self.turn()
        self.assertEqual([push["type"] for push in sink.pushes], ["ok"])

    async def test_who_comes_while_a_room_rests_gets_each_once(self) -> None:
        await self.tired()
        self.publish(message(3))
        await self.turn()
        _, in_time = self.live(at=2)
        _, ahead = self.live(at=3)  # has read the log, which has it already
        async with asyncio.timeout(WAIT_S):
            while not in_time.offsets:
                await self.turn()
        self.publish(message(4))
        self.hub.flush()
        self.assertEqual((in_time.offsets, ahead.offsets), ([3, 4], [4]))

    async def back_again(self) -> list[FakeSink]:
        """Fill the lobby with polls and have them come back from a first answer to the next."""
        polls = [self.live(framing=Framing.POLL) for _ in range(500)]
        self.publish(message(1))
        await self.turn()
        self.publish(message(2))
        await self.turn()
        *first, (last, _) = polls
        for reader, _ in first:
            self.assertTrue(self.hub.resume(reader))
        await self.turn()
        self.assertEqual({len(sink.chunks) for _, sink in polls}, {1})
        self.assertTrue(self.hub.resume(last))
        await self.turn()
        return [sink for _, sink in polls]

    async def test_a_room_rests_for_polls_only_until_they_are_back(self) -> None:
        sinks = await self.back_again()
        self.assertEqual({len(sink.chunks) for sink in sinks}, {2})

    async def test_what_is_being_stored_when_a_room_has_rested_is_waited_for(self) -> None:
        self.is_storing = True
        with patch("chat.hub.write_schedule.STORE_S", WAIT_S):  # however slow this test is
            sinks = await self.back_again()
        self.assertEqual({len(sink.chunks) for sink in sinks}, {1})
        self.is_storing = False
        self.publish(message(3))
        await self.turn()
        self.assertEqual({len(sink.chunks) for sink in sinks}, {2})
        self.assertEqual({sink.chunks[-1].count(b'"offset"') for sink in sinks}, {2})

    async def test_a_store_that_is_slow_is_not_waited_for_long(self) -> None:
        self.is_storing = True
        sinks = await self.back_again()
        answers = await self.at(500 * STORE_S, lambda: len(sinks[0].chunks))
        self.assertEqual(answers, 2)

    async def test_a_room_does_not_wait_for_another_that_rests_longer(self) -> None:
        for _ in range(500):
            self.live(rooms=["slow"], framing=Framing.POLL)
        quick = [self.live()[1] for _ in range(500)][0]
        for offset in (1, 2):
            self.publish(message(offset, room="slow"))
            await self.turn()
        self.publish(*messages([1, 2]))
        await self.turn()
        self.publish(*messages([3, 4]))
        offsets = await self.at(500 * DELAY_S, lambda: quick.offsets)
        self.assertEqual(offsets, [1, 2, 3, 4])

    async def at(self, delay_s: float, look: Callable[[], T]) -> T:
        """Return what ``look`` sees in ``delay_s``.

        The loop takes timers in the order in which they are due, however slow the machine is.
        """
        seen: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(delay_s, lambda: seen.set_result(look()))
        async with asyncio.timeout(WAIT_S):
            return await seen
