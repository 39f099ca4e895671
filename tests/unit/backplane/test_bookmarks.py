"""How far devices have read that keep no cursor."""

from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase

from chat.backplane.bookmarks import Bookmarks, Place
from tests.unit.fakes import MemoryValues

USER, OTHER = "guest-00000000000000aa", "guest-00000000000000bb"


class TestBookmarks(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        values = MemoryValues()
        self.bookmarks = Bookmarks(SimpleNamespace(values=values))  # type: ignore[arg-type]

    async def cursors(self, *places: Place) -> list[str]:
        return [await self.bookmarks.of(place) for place in places]

    async def test_each_device_has_its_own_until_it_ends(self) -> None:
        desk, phone = Place(USER, "m-0000000000000001"), Place(USER, "m-0000000000000002")
        other = Place(OTHER, desk.device)
        self.assertEqual(await self.bookmarks.of(desk), "")
        await self.bookmarks.put({desk: "a:e:1", phone: "a:e:2", other: "a:e:3"})
        self.assertEqual(await self.cursors(desk, phone, other), ["a:e:1", "a:e:2", "a:e:3"])
        await self.bookmarks.end(f"{USER}/{desk.device}")
        self.assertEqual(await self.cursors(desk, phone, other), ["", "a:e:2", "a:e:3"])
        await self.bookmarks.end(USER)
        self.assertEqual(await self.cursors(desk, phone, other), ["", "", "a:e:3"])
