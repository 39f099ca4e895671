"""The contract of a store of files, for the disk and for an object store."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.errors import Unavailable
from chat.files.disk import DiskStore
from chat.files.objects import ObjectStore
from chat.files.store import Part
from chat.files.threads import Threads
from chat.settings.files_url import FilesUrl
from tests.contract.files_contract import ID, FilesContract
from tests.support.ports import free_port
from tests.support.s3 import s3_bucket


class WithFolder(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "incoming"
        self.folder.mkdir()
        self.threads = Threads()
        self.addCleanup(self.threads.stop)


class TestDisk(FilesContract, WithFolder):
    async def asyncSetUp(self) -> None:
        self.store = DiskStore(self.folder.parent / "files", self.threads)
        (self.folder.parent / "files").mkdir()

    async def test_its_files_are_for_the_server_alone(self) -> None:
        folder = self.come_in()
        folder.chmod(0o700)
        await self.store.take(ID, folder)
        await self.store.create(ID, Part.SENT, b"s")
        for path in (self.folder.parent / "files").rglob("*"):
            if path.is_dir() or path.name == Part.SENT:
                assert path.stat().st_mode & 0o077 == 0, path


class TestObjects(FilesContract, WithFolder):
    @pytest.fixture(autouse=True)
    def _bucket(self) -> Iterator[None]:
        with s3_bucket() as url:
            self.url = url
            yield

    async def asyncSetUp(self) -> None:
        self.store = ObjectStore(FilesUrl.parse(self.url), self.threads)

    async def test_a_store_that_is_away_is_unavailable(self) -> None:
        url = f"s3://k:s@bucket?endpoint=http://127.0.0.1:{free_port()}"
        store = ObjectStore(FilesUrl.parse(url), self.threads)
        for work in (
            store.get(ID, Part.ABOUT),
            store.create(ID, Part.SENT, b""),
            store.read(ID, Part.CONTENT),
            store.take(ID, self.come_in()),
            store.remove(ID),
        ):
            with self.assertRaises(Unavailable):
                await work
        with self.assertRaises(Unavailable):
            [stored async for stored in store.scan()]
