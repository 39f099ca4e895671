"""A change of presence is pushed at once, then once in an interval, if it is one."""

import asyncio
from unittest import TestCase
from unittest.mock import patch

from chat.backplane.limits import PRESENCE_INTERVAL_S
from chat.backplane.presence_pushes import PresencePushes
from chat.protocol.pushes import Presence
from tests.unit.backplane.set_loop import SetLoop

ROOM = "dev"


class TestPresencePushes(TestCase):
    def setUp(self) -> None:
        self.loop, self.count, self.pushed = SetLoop(), 1, list[int]()
        self.enterContext(patch.object(asyncio, "get_running_loop", lambda: self.loop))
        self.pushes = PresencePushes(
            lambda room: self.pushes.put(Presence(room=room, count=self.count)),
            lambda room, presence: self.pushed.append(presence.count),
        )

    def change(self, count: int) -> None:
        self.count = count
        self.pushes.changed(ROOM)

    def test_changes_of_an_interval_are_pushed_at_its_end_in_one(self) -> None:
        self.change(1)
        self.loop.pass_time(0)
        self.change(2)
        self.change(3)
        self.loop.pass_time(PRESENCE_INTERVAL_S - 0.01)
        assert self.pushed == [1]
        assert self.pushes.is_in_interval(ROOM)
        self.loop.pass_time(0.01)
        assert self.pushed == [1, 3]

    def test_a_quiet_room_costs_nothing_and_its_next_change_is_pushed_at_once(self) -> None:
        self.change(1)
        self.loop.pass_time(2 * PRESENCE_INTERVAL_S)
        assert self.loop.timers == 0 and not self.pushes.is_in_interval(ROOM)
        self.change(2)
        self.loop.pass_time(0)
        assert self.pushed == [1, 2]

    def test_the_same_presence_is_not_pushed_again(self) -> None:
        for _ in range(2):
            self.change(1)
            self.loop.pass_time(2 * PRESENCE_INTERVAL_S)
        assert self.pushed == [1]

    def test_nothing_is_pushed_after_a_stop(self) -> None:
        self.change(1)
        self.pushes.stop()
        self.loop.pass_time(PRESENCE_INTERVAL_S)
        assert self.pushed == []
