"""What clients have read is stored when they have said so."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase, TestCase

from chat.background import Tasks
from chat.backplane.bookmarks import Place
from chat.errors import Unavailable
from chat.protocol.pushes import Person
from chat.transports.irc.receipts import Cursors, Receipts

PERSON = Person(user="u", name="U", device="d")
PLACE = Place("u", "d")


class SlowBookmarks:
    """Stores when it is told to; ``error``: can't."""

    def __init__(self) -> None:
        self.stored: dict[Place, str] = {}
        self.writes = 0
        self.may_write = asyncio.Event()
        self.error: Unavailable | None = None

    async def of(self, place: Place) -> str:
        return self.stored.get(place, "")

    async def put(self, cursors: Mapping[Place, str]) -> None:
        self.writes += 1
        await self.may_write.wait()
        if self.error is not None:
            raise self.error
        self.stored |= cursors


class TestCursors(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.bookmarks = SlowBookmarks()
        self.tasks = Tasks()
        self.cursors = Cursors(self.bookmarks, self.tasks)  # type: ignore[arg-type]

    async def test_while_one_is_written_the_newest_of_each_waits(self) -> None:
        for number in range(5):
            self.cursors.keep(PLACE, f"a:e:{number}")
            await asyncio.sleep(0)
        self.assertEqual(await self.cursors.of(PLACE), "a:e:4")
        self.bookmarks.may_write.set()
        await self.cursors.stored(PLACE)
        self.assertEqual(self.bookmarks.stored, {PLACE: "a:e:4"})
        self.assertEqual(self.bookmarks.writes, 2)
        await self.tasks.finish()

    async def test_what_could_not_be_stored_is_stored_with_the_next_one(self) -> None:
        self.bookmarks.error = Unavailable("unavailable", "The store is away.")
        self.bookmarks.may_write.set()
        self.cursors.keep(PLACE, "a:e:1")
        await self.cursors.stored(PLACE)
        self.assertEqual(self.bookmarks.stored, {})
        self.bookmarks.error = None
        self.cursors.keep(Place("v", "d"), "a:e:2")
        await self.tasks.finish()
        self.assertEqual(self.bookmarks.stored, {PLACE: "a:e:1", Place("v", "d"): "a:e:2"})


class TestReceipts(TestCase):
    def setUp(self) -> None:
        self.kept: list[str] = []
        self.cursor = "a:e:1"
        attachment = SimpleNamespace(
            session=SimpleNamespace(person=PERSON),
            reader=SimpleNamespace(cursor=lambda: self.cursor),
            began_at=self.cursor,
        )
        cursors = SimpleNamespace(keep=lambda place, cursor: self.kept.append(cursor))
        self.receipts = Receipts(cursors, attachment)  # type: ignore[arg-type]

    def test_what_was_pushed_is_asked_for_once(self) -> None:
        self.assertEqual(self.kept, ["a:e:1"])
        self.assertEqual(self.receipts.ask(), "")
        self.cursor = "a:e:2"
        word = self.receipts.ask()
        self.assertNotEqual(word, "")
        self.cursor = "a:e:3"
        self.assertEqual(self.receipts.ask(), "")
        self.receipts.answered("something else")
        self.assertEqual(self.kept, ["a:e:1"])
        self.receipts.answered(word)
        self.assertEqual(self.kept, ["a:e:1", "a:e:2"])
        self.assertNotIn(self.receipts.ask(), ("", word))

    def test_who_says_goodbye_has_read_all(self) -> None:
        self.cursor = "a:e:9"
        self.receipts.end()
        self.receipts.end()
        self.assertEqual(self.kept, ["a:e:1", "a:e:9"])
