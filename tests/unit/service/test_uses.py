"""When programs were last here is stored by and by, and known at once on the same instance."""

from unittest import IsolatedAsyncioTestCase

from chat.service.uses import Uses
from tests.unit.fakes import SetClock
from tests.unit.service.parts import MemoryStore


class TestUses(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.store, self.clock = MemoryStore(), SetClock()

    def instance(self) -> Uses:
        return Uses(self.store, self.clock)  # type: ignore[arg-type]

    async def test_many_uses_are_one_write(self) -> None:
        here, there = self.instance(), self.instance()
        for _ in range(100):
            here.note("a")
            self.clock.now += 1
        assert await here.all() == {"a": 1_000_099} and await there.all() == {}
        await here.store()
        assert await there.all() == {"a": 1_000_099}

    async def test_they_are_stored_in_the_end(self) -> None:
        here = self.instance()
        here.start()
        here.note("a")
        await here.stop()
        assert await self.instance().all() == {"a": 1_000_000}

    async def test_who_is_gone_is_forgotten(self) -> None:
        here = self.instance()
        here.note("a")
        await here.store()
        here.note("a")
        await here.forget("a")
        assert await here.all() == {}
