"""The ends of logs that are asked for in one turn are read together, and fail each by itself."""

import asyncio
from collections.abc import Sequence
from typing import Any
from unittest import IsolatedAsyncioTestCase

from redis.exceptions import ResponseError

from chat.backplane.redis.keys import Keys
from chat.backplane.redis.logs import RedisLogs
from chat.errors import Unavailable
from chat.protocol.cursor import Position


class Store:
    """Has a log in each room but one, which can't be read."""

    keys = Keys()

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def run_all(self, commands: Sequence[Any]) -> list[Any]:
        self.asked.append(len(commands))
        broken = self.keys.head("broken")
        return [
            ResponseError("moved") if command[1] == broken else [b"e", b"7", b"3"]
            for command in commands
        ]


class TestHeads(IsolatedAsyncioTestCase):
    async def test_one_turn_asks_once_and_a_room_that_cannot_be_read_harms_no_other(self) -> None:
        logs = RedisLogs(store := Store(), converter=None)  # type: ignore[arg-type]
        one, both, other = await asyncio.gather(
            logs.heads(["room"]),
            logs.heads(["room", "broken"]),
            logs.counted_heads(["other"]),
            return_exceptions=True,
        )
        self.assertEqual(one, {"room": Position("e", 7)})
        self.assertIsInstance(both, Unavailable)
        self.assertEqual(other, {"other": (Position("e", 7), 3)})
        self.assertEqual(store.asked, [3])
