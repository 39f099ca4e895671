"""What only the embedded backplane does: failures fail a whole turn, logs are trimmed in steps."""

import asyncio
import sqlite3
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded import EmbeddedBackplane, EmbeddedSiteAdmin
from chat.backplane.limits import TRIM_STEP
from chat.backplane.records import SITE, Draft
from chat.errors import ResyncNeeded, Unavailable
from chat.protocol.cursor import Position
from chat.protocol.entries import AuditBody, JoinedBody, LeftBody, MessageBody
from chat.rooms import LOBBY
from tests.unit.fakes import ADA, TIME, SetClock
from tests.unit.service.test_service import Feed


class EmbeddedTest(IsolatedAsyncioTestCase):
    keep: int | None = None

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.feed = Feed()
        self.backplane = EmbeddedBackplane(self.folder, clock=SetClock(), keep=self.keep)
        await self.backplane.start(self.feed)
        self.addAsyncCleanup(self.backplane.stop)

    def draft(self, text: str) -> Draft:
        body = MessageBody(user="ada", name=ADA.name, time=TIME, key=text, text=text, html=text)
        return Draft(room=LOBBY, user="ada", body=body, key=text, digest=text.encode())

    def execute(self, statement: str) -> None:
        connection = sqlite3.connect(self.folder / "parley.sqlite3")
        connection.execute(statement)
        connection.commit()
        connection.close()


class TestFailures(EmbeddedTest):
    async def test_a_write_that_fails_is_said_to_all_of_its_turn_and_nobody_hears_of_it(
        self,
    ) -> None:
        self.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries WHEN NEW.offset = 3"
            " BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        )
        with self.assertLogs("chat.backplane.embedded.writer", "WARNING"):
            results = await asyncio.gather(
                *(self.backplane.append(self.draft(f"t{n}")) for n in range(5)),
                return_exceptions=True,
            )
        for result in results:
            self.assertIsInstance(result, Unavailable)
        self.assertEqual(self.feed.entries, [])

        self.execute("DROP TRIGGER full")
        again = await asyncio.gather(
            *(self.backplane.append(self.draft(f"t{n}")) for n in range(5))
        )
        self.assertEqual([a.position.offset for a in again], [1, 2, 3, 4, 5])
        self.assertEqual([e.position.offset for e in self.feed.entries], [1, 2, 3, 4, 5])
        self.assertTrue(all(a.is_new for a in again))

    async def test_a_read_that_fails_is_unavailable(self) -> None:
        self.execute("ALTER TABLE entries RENAME TO elsewhere")
        top = (await self.backplane.positions([LOBBY]))[LOBBY]
        with self.assertRaises(Unavailable):
            await self.backplane.history(LOBBY, before=None, after=None, limit=1)
        self.assertEqual(await self.backplane.positions([LOBBY]), {LOBBY: top})
        self.execute("ALTER TABLE elsewhere RENAME TO entries")
        await self.backplane.history(LOBBY, before=None, after=None, limit=1)


class TestTrimming(EmbeddedTest):
    keep = 10

    async def test_the_newest_are_kept_and_the_rest_go_in_steps(self) -> None:
        async def oldest_read(top: int) -> int:
            """Return the lowest offset that can be gone on from."""
            for offset in range(top + 1):
                try:
                    await self.backplane.read(LOBBY, Position(epoch, offset), limit=1)
                except ResyncNeeded:
                    continue
                return offset
            raise AssertionError("nothing can be read")

        await self.append(TRIM_STEP - 1)
        epoch = (await self.backplane.positions([LOBBY]))[LOBBY].epoch
        self.assertEqual(await oldest_read(TRIM_STEP - 1), 0)
        await self.append(1)
        self.assertEqual(await oldest_read(TRIM_STEP), TRIM_STEP - self.keep)

    async def append(self, count: int) -> None:
        self.count = getattr(self, "count", 0) + count
        texts = range(self.count - count, self.count)
        await asyncio.gather(*(self.backplane.append(self.draft(f"t{n}")) for n in texts))


class TestOtherProcesses(EmbeddedTest):
    async def test_a_room_that_another_one_made_is_there(self) -> None:
        self.execute("INSERT INTO rooms VALUES ('imported', 'abc', 7, 5)")
        found = await self.backplane.positions([LOBBY, "imported", "nowhere"])
        assert found.keys() == {LOBBY, "imported"}
        assert found["imported"] == ("abc", 7)

    async def test_what_another_one_appends_to_the_log_of_the_site_moves_its_position(self) -> None:
        epoch, top = (await self.backplane.positions([SITE]))[SITE]
        other = EmbeddedSiteAdmin(self.folder, SetClock())
        body = AuditBody(user="operator", name="An operator", time=TIME, action="site")
        await other.append(Draft(room=SITE, user="operator", body=body, is_open=True))
        assert await self.backplane.positions([SITE]) == {SITE: Position(epoch, top + 1)}
        assert await other.positions([SITE]) == {SITE: Position(epoch, top + 1)}
        await other.close()


class TestUnusedRooms(EmbeddedTest):
    async def join(self, room: str) -> None:
        body = JoinedBody(user="ada", name="Ada", time=TIME)
        await self.backplane.join(Draft(room=room, user="ada", body=body))

    async def leave(self, room: str) -> None:
        body = LeftBody(user="ada", name="Ada", time=TIME)
        await self.backplane.leave(Draft(room=room, user="ada", body=body))

    async def test_a_room_goes_when_its_last_reader_is_gone(self) -> None:
        await self.join("reader")
        await self.leave("reader")
        await self.backplane.follow(["reader"])
        await self.backplane.purge()
        assert await self.rooms() == [LOBBY, "reader"]
        self.backplane.unfollow(["reader"])
        await self.backplane.purge()
        assert await self.rooms() == [LOBBY]

    async def rooms(self) -> list[str]:
        return [info.room for info in await self.backplane.rooms()]
