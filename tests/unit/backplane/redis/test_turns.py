"""Those who ask in one turn get one answer, of work that begins after they asked."""

import asyncio
from collections.abc import Sequence
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.backplane.redis.turns import OncePerTurn


class TestOncePerTurn(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.worked: list[Sequence[str]] = []
        self.turn = OncePerTurn(self.work)

    async def work(self, keys: Sequence[str]) -> str:
        self.worked.append(keys)
        if "bad" in keys:
            raise ValueError
        return "+".join(keys)

    async def test_one_turn_is_one_piece_of_work_with_each_key_once(self) -> None:
        answers = await asyncio.gather(self.turn.of(["a"]), self.turn.of(["b", "a"]))
        assert answers == ["a+b", "a+b"]
        assert await self.turn.of(["c"]) == "c"
        assert self.worked == [("a", "b"), ("c",)]

    async def test_who_gives_up_takes_nothing_from_the_others(self) -> None:
        impatient, patient = (asyncio.create_task(self.turn.of([key])) for key in "ab")
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == "a+b"

    async def test_a_failure_is_told_to_all_and_the_next_turn_begins_anew(self) -> None:
        answers = await asyncio.gather(
            self.turn.of(["a"]), self.turn.of(["bad"]), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [ValueError, ValueError]
        assert await self.turn.of(["a"]) == "a"
        with pytest.raises(ValueError):
            await self.turn.of(["bad"])
