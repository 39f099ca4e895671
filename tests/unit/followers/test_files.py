"""Files go with their messages, and those that nobody sends go in time."""

import os
import tempfile
import time
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.listener import Deaf
from chat.backplane.records import Draft
from chat.clock import Clock
from chat.files.records import About, Sent, encode
from chat.files.shelf import Shelf, open_shelf
from chat.files.store import Part
from chat.followers.files import GRACE_S, SWEEP_S, FilesFollower
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, FileInfo, MessageBody
from chat.rooms import LOBBY
from chat.service.files import changes_for
from chat.settings.settings import Settings
from tests.contract.backplane_contract import joining
from tests.unit.fakes import ADA

UNSENT_S = 7200.0
ROOM = "garden"
START = Position("", 0)


class Ahead(Clock):
    """The machine's clock, as files have it, moved by tests."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s

    def time(self) -> float:
        return time.time() + self.ahead_s


class TestFilesFollower(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.clock = Ahead()
        self.backplane = EmbeddedBackplane(self.folder, clock=self.clock, keep=None)
        await self.backplane.start(Deaf())
        self.addAsyncCleanup(self.backplane.stop)
        await self.backplane.join(joining(ROOM))
        self.shelf: Shelf = open_shelf(Settings(data_dir=self.folder))
        self.addAsyncCleanup(self.shelf.stop)
        self.follower = FilesFollower(self.backplane, self.shelf, self.clock, unsent_s=UNSENT_S)
        await self.follower.open()
        self._count = 0

    async def upload(self) -> FileInfo:
        """Put a file into the store; return it."""
        self._count += 1
        id = f"{self._count:032x}"
        incoming = self.shelf.incoming(id)
        await incoming.open()
        await incoming.write(b"content")
        await incoming.close()
        about = About(user=ADA.user, name="a", type="text/plain", bytes=7)
        await incoming.add(Part.ABOUT, encode(about))
        await self.shelf.store.take(id, incoming.folder)
        return FileInfo(id=id, name="a", type="text/plain", bytes=7)

    async def claim(self, info: FileInfo, room: str = ROOM) -> None:
        sent = encode(Sent(room, ADA.user, "k"))
        assert await self.shelf.store.create(info.id, Part.SENT, sent) == sent

    async def send(self, info: FileInfo, room: str = ROOM) -> int:
        """Send a message with a file; return its offset."""
        await self.claim(info, room)
        body = MessageBody(
            user="u1", name="N", time="2026-01-01T00:00:00.000Z", key=info.id, text="", html="",
            files=[info],
        )  # fmt: skip
        draft = Draft(room=room, user="u1", body=body, is_open=True, changes=changes_for([info]))
        return (await self.backplane.append(draft)).position.offset

    async def kept(self) -> list[str]:
        return [stored.id async for stored in self.shelf.store.scan()]

    async def sweep(self) -> None:
        while await self.follower.work():
            pass

    def deleted(self, offset: int, *infos: FileInfo) -> Draft:
        ids = [info.id for info in infos]
        body = DeletedBody(
            user="u1", name="N", time="2026-01-01T00:00:00.000Z", target=offset, file_ids=ids
        )
        return Draft(room=ROOM, user="u1", body=body, is_open=True)

    async def test_a_deleted_message_takes_its_files_along(self) -> None:
        one, other = await self.upload(), await self.upload()
        offset = await self.send(one)
        await self.send(other)
        await self.backplane.append(self.deleted(offset, one))
        page = await self.backplane.read(ROOM, (await self.at_start()), limit=100)
        await self.follower.handle({ROOM: page.entries})
        assert await self.kept() == [other.id]

    async def test_what_was_deleted_in_a_new_room_before_it_was_noticed_goes_too(self) -> None:
        top = (await self.backplane.positions([ROOM]))[ROOM]
        assert await self.follower.restart(ROOM, top, is_gap=False) == top  # the sweep is to come
        await self.sweep()
        start = Position(top.epoch, 0)
        assert await self.follower.restart(ROOM, top, is_gap=False) == start
        assert await self.follower.restart(ROOM, top, is_gap=True) == top  # and sweeps anew

    async def at_start(self) -> Position:
        return (await self.backplane.positions([ROOM]))[ROOM]._replace(offset=0)

    async def test_a_sweep_finds_what_was_deleted_before(self) -> None:
        infos = [await self.upload() for _ in range(3)]
        offsets = [await self.send(info) for info in infos]
        await self.backplane.append(self.deleted(offsets[1]))  # by a version without files
        await self.sweep()
        assert await self.kept() == [infos[0].id, infos[2].id]

    async def test_a_sweep_comes_again_and_again_and_leaves_what_is_named(self) -> None:
        info = await self.upload()
        offset = await self.send(info)
        for _ in range(3):
            await self.sweep()
            assert await self.kept() == [info.id]
            self.clock.ahead_s += SWEEP_S + 10 * GRACE_S
        await self.sweep()
        await self.backplane.trim(ROOM, keep=None, before="2027-01-01T00:00:00.000Z")
        assert await self.backplane.entry(ROOM, offset) is None
        await self.sweep()
        assert await self.kept() == [info.id]  # not before it is due
        self.clock.ahead_s += SWEEP_S
        await self.sweep()
        assert await self.kept() == []

    async def test_the_files_of_a_room_go_with_it(self) -> None:
        info, other = await self.upload(), await self.upload()
        await self.send(info)
        await self.send(other, LOBBY)
        await self.sweep()
        await self.backplane.remove(ROOM)
        await self.follower.forget(ROOM)
        await self.sweep()
        assert await self.kept() == [other.id]

    async def test_an_upload_that_nobody_sends_goes_in_time(self) -> None:
        info = await self.upload()
        self.clock.ahead_s = UNSENT_S - 60
        await self.sweep()
        assert await self.kept() == [info.id]
        self.clock.ahead_s = UNSENT_S + SWEEP_S
        await self.sweep()
        assert await self.kept() == []

    async def test_a_message_that_is_not_stored_yet_keeps_its_file_for_a_while(self) -> None:
        info = await self.upload()
        await self.claim(info)
        self.clock.ahead_s = GRACE_S - 60
        await self.sweep()
        assert await self.kept() == [info.id]
        self.clock.ahead_s = GRACE_S + SWEEP_S
        await self.sweep()
        assert await self.kept() == []

    async def test_what_a_crash_left_of_an_upload_goes(self) -> None:
        for id in ("1" * 32, "2" * 32):
            incoming = self.shelf.incoming(id)
            await incoming.open()
            await incoming.write(b"half")
            await incoming.close()
        old = time.time() - 2 * GRACE_S
        for path in (self.folder / "files" / "incoming" / ("1" * 32)).glob("**"):
            for one in (path, path / Part.CONTENT):
                os.utime(one, (old, old))
        await self.sweep()
        left = [path.name for path in (self.folder / "files" / "incoming").iterdir()]
        assert left == ["2" * 32]  # it is still coming in
