"""Uploads: who may, how many and how much; nothing is left of those that fail."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.accounts.rate_limits import ADDRESS_UPLOADS, UPLOADERS, USER_UPLOADS, Limits
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.listener import Deaf
from chat.errors import ChatError
from chat.files.shelf import Shelf, open_shelf
from chat.metrics.counters import CUT_SHORT, OK, Metrics
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.service.service import Service
from chat.service.uploads import MAX_AT_ONCE, PIECES_AT_ONCE, Upload, Uploads
from chat.settings.settings import Settings
from tests.unit.fakes import ADA, BOB, SetClock

HERE, THERE = "192.0.2.1", "192.0.2.2"
MB = 1_000_000
FILE_BYTES = 5 * MB


class TestUploads(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.clock = SetClock()
        self.limited: list[Limit] = []
        self.metrics = Metrics()
        self.backplane = EmbeddedBackplane(self.folder, clock=self.clock, keep=None)
        await self.backplane.start(Deaf())
        self.addAsyncCleanup(self.backplane.stop)

    def open(self, **settings: int) -> Uploads:
        made = Settings(data_dir=self.folder, **settings)  # type: ignore[arg-type]
        self.shelf: Shelf = open_shelf(made)
        self.shelf.file_bytes = FILE_BYTES
        self.addAsyncCleanup(self.shelf.stop)
        service = Service(
            self.backplane,
            clock=self.clock,
            limits=Limits(made, self.clock, self.limited.append),
            metrics=self.metrics,
            shelf=self.shelf,
        )
        assert service.uploads is not None
        return service.uploads

    async def code_of(self, work: Callable[[], object]) -> str | None:
        try:
            await work()  # type: ignore[misc]
        except ChatError as error:
            return error.code
        return None

    def kept(self) -> int:
        return sum(len(files) for _, _, files in os.walk(self.folder / "files"))

    async def store(
        self, uploads: Uploads, size_bytes: int, person: Person = ADA, address: str = HERE
    ) -> None:
        upload = await uploads.begin(person, "a", address, size_bytes=None)
        try:
            for _ in range(size_bytes // MB):
                await upload.write(bytes(MB))
            await upload.finish()
        finally:
            upload.discard()

    async def test_a_user_and_an_address_upload_so_much_a_day(self) -> None:
        uploads = self.open(files_mb_per_day=4, files_gb=1)
        await self.store(uploads, 4 * MB)
        assert await self.code_of(lambda: self.store(uploads, MB)) == Code.RATE_LIMITED
        known = uploads.begin(ADA, "a", HERE, size_bytes=MB)
        assert await self.code_of(lambda: known) == Code.RATE_LIMITED  # before anything has come
        for number in range(UPLOADERS - 1):
            await self.store(uploads, 4 * MB, Person(user=f"guest-{number:016x}", name="N"))
        assert await self.code_of(lambda: self.store(uploads, MB, BOB)) == Code.RATE_LIMITED
        assert set(self.limited) == {Limit.UPLOADS, Limit.ADDRESS_UPLOADS}
        await self.store(uploads, MB, BOB, THERE)
        self.clock.now += 86_400 / 4
        await self.store(uploads, MB)

    async def test_a_short_file_counts_a_megabyte(self) -> None:
        uploads = self.open(files_mb_per_day=2)

        async def store_a_byte() -> None:
            upload = await uploads.begin(ADA, "a", HERE, size_bytes=1)
            await upload.write(b"x")
            await upload.finish()
            upload.discard()

        await store_a_byte()
        await store_a_byte()
        assert await self.code_of(store_a_byte) == Code.RATE_LIMITED

    async def test_so_many_come_in_at_once(self) -> None:
        uploads = self.open()

        async def begin(number: int, address: str = HERE) -> Upload:
            person = Person(user=f"guest-{number:016x}", name="N")
            return await uploads.begin(person, "a", address, size_bytes=1)

        coming = [await begin(1) for _ in range(USER_UPLOADS)]
        assert await self.code_of(lambda: begin(1)) == Code.RATE_LIMITED
        while len(coming) < ADDRESS_UPLOADS:
            coming.append(await begin(10 + len(coming)))
        assert await self.code_of(lambda: begin(2)) == Code.RATE_LIMITED
        while len(coming) < MAX_AT_ONCE:
            coming.append(await begin(10 + len(coming), f"10.0.{len(coming)}.1"))
        assert await self.code_of(lambda: begin(2, THERE)) == Code.UNAVAILABLE
        for upload in coming:
            upload.discard()
            upload.discard()
        again = await begin(1)
        again.discard()
        await self.until_nothing_is_left()

    async def test_a_store_holds_so_much_and_no_more(self) -> None:
        uploads = self.open(files_gb=1, files_mb_per_day=10_000)
        self.shelf.usage.size_bytes = 999 * MB
        second = uploads.begin(ADA, "a", HERE, size_bytes=2 * MB)
        assert await self.code_of(lambda: second) == Code.UNAVAILABLE
        assert await self.code_of(lambda: self.store(uploads, 2 * MB)) == Code.UNAVAILABLE
        assert self.limited == []
        await self.store(uploads, MB)
        assert self.shelf.usage.size_bytes == 1000 * MB
        await self.shelf.usage.count()
        assert MB <= self.shelf.usage.size_bytes < 2 * MB

    async def test_a_file_over_the_limit_leaves_nothing(self) -> None:
        uploads = self.open()
        assert await self.code_of(lambda: self.store(uploads, FILE_BYTES + MB)) == Code.TOO_LONG
        await self.until_nothing_is_left()
        await self.store(uploads, FILE_BYTES)

    async def test_uploads_and_their_bytes_are_counted_by_what_became_of_them(self) -> None:
        uploads = self.open()
        await self.store(uploads, 2 * MB)
        assert await self.code_of(lambda: self.store(uploads, 0)) == Code.EMPTY
        assert await self.code_of(lambda: self.store(uploads, FILE_BYTES + MB)) == Code.TOO_LONG
        of_a_path = uploads.begin(ADA, "a/b", HERE, size_bytes=1)
        assert await self.code_of(lambda: of_a_path) == Code.BAD_COMMAND
        cut_short = await uploads.begin(ADA, "a", HERE, size_bytes=2)
        await cut_short.write(b"x")
        cut_short.discard()
        shutil.rmtree(self.folder / "files")
        (self.folder / "files").touch()  # there is no such place to store anything at
        assert await self.code_of(lambda: self.store(uploads, MB)) == Code.UNAVAILABLE
        outcomes = (OK, Code.EMPTY, Code.TOO_LONG, Code.BAD_COMMAND, CUT_SHORT, Code.UNAVAILABLE)
        assert self.metrics.uploads == dict.fromkeys(outcomes, 1)
        assert self.metrics.uploaded_bytes == 2 * MB + FILE_BYTES + 1

    async def test_one_that_ends_while_its_pieces_wait_is_no_fault(self) -> None:
        uploads = self.open()
        coming = [await uploads.begin(ADA, "a", HERE, size_bytes=MB) for _ in range(USER_UPLOADS)]
        assert len(coming) > PIECES_AT_ONCE
        writing = [asyncio.create_task(upload.write(bytes(MB))) for upload in coming]
        await asyncio.sleep(0)  # each has begun
        for upload in coming:
            upload.discard()
        await asyncio.gather(*writing)
        assert self.metrics.uploads == {CUT_SHORT: USER_UPLOADS}
        await self.until_nothing_is_left()

    async def until_nothing_is_left(self) -> None:
        async with asyncio.timeout(10):
            while self.kept():  # noqa: ASYNC110  a removal sends no event
                await asyncio.sleep(0.01)
