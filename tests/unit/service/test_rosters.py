"""Whom one can call is known without asking the log again and again, and not for ever."""

from collections.abc import Collection, Sequence
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.backplane.records import History
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Person
from chat.rooms.mentions import find_mentions
from chat.service.rosters import LOG_S, MAX_ROOMS, Rosters
from tests.unit.fakes import ADA, BOB, SetClock, message


class FakeBackplane:
    """One log for all rooms, in which nobody is present; counts how often it is read."""

    def __init__(self) -> None:
        self.entries: Sequence[Entry] = [message(1, by=BOB)]
        self.reads = 0

    async def people(self, room: str) -> Collection[Person]:
        return ()

    async def history(self, room: str, **page: Any) -> History:
        self.reads += 1
        return History(self.entries, {}, False)

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return {}


class TestRosters(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.backplane, self.clock = FakeBackplane(), SetClock()
        self.rosters = Rosters(self.backplane, self.clock)  # type: ignore[arg-type]

    async def called(self, text: str, room: str = "dev") -> Sequence[str]:
        return find_mentions(text, await self.rosters.names(room), author="")

    async def test_the_log_is_asked_once_in_a_while(self) -> None:
        for _ in range(10):
            self.assertEqual(await self.called("@bob"), ["bob"])
        self.assertEqual(self.backplane.reads, 1)
        self.backplane.entries = [message(2, by=ADA)]
        self.clock.now += LOG_S
        self.assertEqual(await self.called("@bob @ada"), ["ada"])
        self.assertEqual(self.backplane.reads, 2)

    async def test_who_speaks_here_is_known_at_once_and_by_the_name_of_then(self) -> None:
        self.assertEqual(await self.called("@ada"), [])
        self.rosters.note(ADA, "dev")
        self.assertEqual(await self.called("@ada"), ["ada"])
        self.assertEqual(await self.called("@ada", "other"), [])
        self.rosters.note(Person(user="ada", name="Countess"), "dev")
        self.assertEqual(await self.called("@ada"), [])
        self.assertEqual(await self.called("@countess"), ["ada"])

    async def test_of_so_many_rooms_the_one_asked_of_longest_ago_is_forgotten(self) -> None:
        for number in range(MAX_ROOMS + 1):
            await self.called("@bob", f"r{number}")
        reads = self.backplane.reads
        await self.called("@bob", "r1")
        self.assertEqual(self.backplane.reads, reads)
        await self.called("@bob", "r0")
        self.assertEqual(self.backplane.reads, reads + 1)
