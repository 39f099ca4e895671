"""What people want to be notified of."""

from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase

from chat.backplane.levels import Levels
from chat.rooms.notifying import Level
from tests.unit.fakes import MemoryValues

DIRECT = "d-aaaaaaaaaaaaaaaa"


class TestLevels(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.values = MemoryValues()
        self.levels = Levels(SimpleNamespace(values=self.values))  # type: ignore[arg-type]

    async def test_what_nobody_chose_is_the_default_and_is_not_stored(self) -> None:
        assert await self.levels.of("ada", "birds") is Level.MENTIONS
        assert await self.levels.of("ada", DIRECT) is Level.ALL
        await self.levels.put("ada", "birds", Level.ALL)
        await self.levels.put("ada", "birds", Level.MENTIONS)
        await self.levels.put("ada", DIRECT, Level.ALL)
        assert await self.levels.in_rooms(["birds", DIRECT]) == {}

    async def test_each_has_a_choice_of_their_own_in_each_room(self) -> None:
        await self.levels.put("ada", "birds", Level.ALL)
        await self.levels.put("bob", "birds", Level.NOTHING)
        await self.levels.put("ada", DIRECT, Level.NOTHING)
        assert await self.levels.in_rooms(["birds", "general", DIRECT]) == {
            "birds": {"ada": Level.ALL, "bob": Level.NOTHING},
            DIRECT: {"ada": Level.NOTHING},
        }
        assert await self.levels.chosen("ada", ["birds", "general", DIRECT]) == {
            "birds": Level.ALL,
            DIRECT: Level.NOTHING,
        }
        await self.levels.forget("bob", "birds")
        assert await self.levels.of("bob", "birds") is Level.MENTIONS
        await self.levels.clear("birds")
        assert await self.levels.in_rooms(["birds"]) == {}
        assert await self.levels.of("ada", DIRECT) is Level.NOTHING
