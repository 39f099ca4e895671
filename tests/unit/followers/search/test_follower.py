"""The index follows the log, and forgets what the log forgets."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from unittest import IsolatedAsyncioTestCase, mock

from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.limits import TRIM_STEP
from chat.backplane.listener import Deaf
from chat.clock import SystemClock
from chat.errors import Unavailable
from chat.followers.leases import FolderLease
from chat.followers.runner import Runner
from chat.followers.search import files, writes
from chat.followers.search.follower import SearchFollower
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import FollowerMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import EditedBody, FileInfo, MessageBody
from chat.rooms import LOBBY
from chat.rooms.search import Places
from chat.rooms.search_query import parse
from tests.contract.backplane_contract import WAIT_S, joining, message
from tests.contract.removal_contract import deletion, edit

KEEP = 200


class TestSearchFollower(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.index = self.folder / "index"
        self.backplane = EmbeddedBackplane(self.folder / "data", clock=SystemClock(), keep=KEEP)
        await self.backplane.start(Deaf())
        self.addAsyncCleanup(self.backplane.stop)
        self.metrics = FollowerMetrics()
        self.reader = SearchReader(self.index, self.metrics)
        self.runner = self.run_it()

    async def asyncTearDown(self) -> None:
        await self.reader.stop()
        await self.runner.stop()

    def run_it(self) -> Runner:
        runner = Runner(
            SearchFollower(self.backplane, self.index, SystemClock()),
            name="search",
            backplane=self.backplane,
            lease=FolderLease(files.lock_of(self.index)),
            clock=SystemClock(),
            metrics=self.metrics,
        )
        runner.start()
        return runner

    async def found(self, text: str, room: str = LOBBY, limit: int = 100) -> list[int]:
        """Return the offsets of what the index has, the greatest first."""
        try:
            found = await self.reader.find(
                parse(text), Places(has_public=False, since={room: 0}), below=None, limit=limit
            )
        except Unavailable:
            return [-1]
        return sorted((candidate.offset for candidate in found.candidates), reverse=True)

    async def until_found(self, text: str, *offsets: int, room: str = LOBBY) -> None:
        await until_async(lambda: self.found(text, room), lambda found: found == list(offsets))

    async def say(self, *texts: str, room: str = LOBBY) -> None:
        for text in texts:
            await self.backplane.append(message(text, room=room))

    def held(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.index.iterdir())

    async def test_messages_are_found_by_their_newest_text(self) -> None:
        await self.say("one apple", "two pears")
        await self.until_found("apple", 1)
        await self.backplane.append(edit(1, "one plum"))
        await self.until_found("plum", 1)
        assert await self.found("apple") == []
        await self.backplane.append(deletion(1))
        await self.until_found("plum")
        assert await self.found("pears") == [2]

    async def test_a_message_is_found_by_the_names_of_its_files_until_it_is_deleted(self) -> None:
        plan = FileInfo(id="0a" * 16, name="Garden plan.pdf", type="", bytes=1)
        draft = message("", key="k")
        assert isinstance(draft.body, MessageBody)
        draft.body.files = [plan]
        await self.backplane.append(draft)
        await self.until_found("garden pdf", 1)
        edited = edit(1, "as of November")
        assert isinstance(edited.body, EditedBody)
        edited.body.files = [plan]
        await self.backplane.append(edited)
        await self.until_found("november garden", 1)
        await self.backplane.append(deletion(1))
        await self.until_found("garden")

    async def test_removed_words_are_nowhere_in_the_folder_soon(self) -> None:
        with mock.patch.object(writes, "SHARD_MESSAGES", 40):
            words = [f"word{number}q" for number in range(150)]
            await self.say(*(f"common {word}" for word in words))
            await self.until_found("word149q", 150)
            for number in range(0, 150, 3):
                await self.backplane.append(deletion(number + 1))
            for number in range(1, 150, 3):
                await self.backplane.append(edit(number + 1, f"common new{number}q"))
            gone = [word.encode() for n, word in enumerate(words) if n % 3 != 2]
            await until(lambda: not any(word in self.held() for word in gone))
            assert await self.found("common new148q") == [149]
            assert len(await self.found("common", limit=200)) == 100
            # FTS5 leaves out what a word has in common with the one before it.
            assert self.held().count(b"8q") > 0

    async def test_a_room_that_is_removed_leaves_nothing(self) -> None:
        await self.backplane.join(joining("room"))
        await self.say(*(f"hidden{number}q" for number in range(50)), room="room")
        await self.say("kept")
        await self.until_found("hidden49q", 51, room="room")
        await self.backplane.remove("room")
        await self.until_found("hidden49q", room="room")
        await until(lambda: b"hidden" not in self.held())
        assert await self.found("kept") == [1]

    async def test_only_rooms_that_one_may_search_tell_whether_they_are_complete(self) -> None:
        rooms = {"room": True, "u-abcdefghijkmnpqr": False, "p-abcdefghijkmnpqr": False}
        await self.say("kept")
        await self.until_found("kept", 1)
        await self.runner.stop()
        query = parse("kept")
        for room, is_public in rooms.items():
            with closing(files.open_to_write(files.path_of(self.index))) as connection:
                writes.restart(connection, room, Position("epoch", 5))
            everywhere = Places(has_public=True, since={LOBBY: 0})
            found = await self.reader.find(query, everywhere, below=None, limit=1)
            assert found.is_complete is not is_public, room
            member = Places(has_public=False, since={LOBBY: 0, room: 3})
            assert not (await self.reader.find(query, member, below=None, limit=1)).is_complete
            with closing(files.open_to_write(files.path_of(self.index))) as connection:
                writes.forget(connection, room)

    async def test_it_reads_on_after_a_while_and_everything_if_it_was_lost(self) -> None:
        await self.say("first apple")
        await self.until_found("apple", 1)
        await self.runner.stop()
        await self.say("second apple")
        await self.backplane.append(deletion(1))
        self.runner = self.run_it()
        await self.until_found("apple", 2)
        for is_damaged in (False, True):
            await self.runner.stop()
            await self.reader.stop()
            self.reader = SearchReader(self.index, self.metrics)
            files.remove(files.path_of(self.index))
            if is_damaged:
                files.path_of(self.index).write_bytes(b"something else" * 500)
                with self.assertLogs("chat.followers.search", "WARNING") as logged:
                    self.runner = self.run_it()
                    await self.until_found("apple", 2)
                assert any("damaged" in line for line in logged.output)
            else:
                self.runner = self.run_it()
                await self.until_found("apple", 2)

    async def test_what_is_trimmed_is_removed(self) -> None:
        await self.say(*(f"ancient{number}q" for number in range(10)))
        await self.until_found("ancient0q", 1)
        await self.runner.stop()
        with mock.patch("chat.followers.search.follower.TRIM_S", 0.0):
            self.runner = self.run_it()
            await self.say(*(f"new{number}q" for number in range(KEEP + 2 * TRIM_STEP)))
            await until(lambda: b"ancient" not in self.held())
            await self.until_found("ancient9q")

    async def test_two_processes_of_a_folder_write_one_index(self) -> None:
        await self.say("apple")
        await self.until_found("apple", 1)
        second = FollowerMetrics()
        self.metrics, first = second, self.metrics
        other = self.run_it()
        try:
            await self.say("apple pie")
            await self.until_found("apple", 2, 1)
            assert (first.is_active, second.is_active) == (True, False)
        finally:
            await other.stop()

    async def test_a_message_is_found_however_many_share_its_millisecond(self) -> None:
        await self.say(*(f"same moment {number}" for number in range(30)))
        await until_async(lambda: self.found("moment"), lambda found: len(found) == 30)

    async def test_other_versions_of_the_index_are_removed(self) -> None:
        await self.runner.stop()
        (self.index / "search-0.sqlite3").write_bytes(b"old")
        (self.index / "search-0.sqlite3-wal").write_bytes(b"old")
        self.runner = self.run_it()
        await self.say("apple")
        await self.until_found("apple", 1)
        assert not list(self.index.glob("search-0*"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  a file sends no event
            await asyncio.sleep(0.02)


async def until_async(
    get: Callable[[], Awaitable[list[int]]], is_it: Callable[[list[int]], bool]
) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_it(await get()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
