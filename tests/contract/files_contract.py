"""What every store of files promises."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chat.files.store import FileStore, Part

ID, OTHER = "0a" * 16, "0b" * 16
LONG = bytes(range(256)) * 4096 * 7  # more than one part of an upload, and no multiple of a piece


class FilesContract:
    """A mixin of an IsolatedAsyncioTestCase with ``store`` and an empty ``folder``."""

    store: FileStore
    folder: Path
    assertRaises: Any

    def come_in(self, id: str = ID, **parts: bytes) -> Path:
        """Return a folder as an upload makes it."""
        folder = self.folder / id
        folder.mkdir(parents=True)
        for part, content in {"content": b"c", "about": b"a", **parts}.items():
            (folder / part).write_bytes(content)
        return folder

    async def everything(self) -> Mapping[str, Any]:
        return {stored.id: stored async for stored in self.store.scan()}

    async def read(self, id: str, part: Part = Part.CONTENT) -> bytes | None:
        pieces = await self.store.read(id, part)
        return None if pieces is None else b"".join([piece async for piece in pieces])

    async def test_what_is_taken_is_read_and_its_folder_is_gone(self) -> None:
        folder = self.come_in(content=LONG, thumbnail=b"small")
        await self.store.take(ID, folder)
        assert not folder.exists()
        assert await self.read(ID) == LONG
        assert await self.read(ID, Part.THUMBNAIL) == b"small"
        assert await self.store.get(ID, Part.ABOUT) == b"a"

    async def test_what_is_not_there_is_none(self) -> None:
        assert await self.read(ID) is None
        assert await self.store.get(ID, Part.ABOUT) is None
        await self.store.take(ID, self.come_in())
        assert await self.read(ID, Part.THUMBNAIL) is None
        assert await self.store.get(ID, Part.SENT) is None

    async def test_a_part_is_made_once(self) -> None:
        await self.store.take(ID, self.come_in())
        assert await self.store.create(ID, Part.SENT, b"one") == b"one"
        assert await self.store.create(ID, Part.SENT, b"two") == b"one"
        assert await self.store.get(ID, Part.SENT) == b"one"

    async def test_what_is_removed_is_gone_with_all_its_parts(self) -> None:
        for id in (ID, OTHER):
            await self.store.take(id, self.come_in(id, thumbnail=b"t"))
        await self.store.create(ID, Part.SENT, b"s")
        await self.store.remove(ID)
        await self.store.remove(ID)
        assert await self.everything() == {OTHER: (await self.everything())[OTHER]}
        for part in Part:
            assert await self.store.get(ID, part) is None
        assert await self.read(OTHER) == b"c"

    async def test_a_scan_finds_all_files_with_their_lengths_and_times(self) -> None:
        assert await self.everything() == {}
        ids = [f"{number:032x}" for number in range(250)]  # more than a batch of any store
        for id in ids:
            await self.store.take(id, self.come_in(id, content=b"12345"))
        await self.store.create(ids[7], Part.SENT, b"sent")
        found = await self.everything()
        assert list(found) == ids
        assert [found[id].is_sent for id in ids] == [id == ids[7] for id in ids]
        assert (found[ids[0]].size_bytes, found[ids[7]].size_bytes) == (6, 10)
        assert abs(found[ids[0]].changed_s - time.time()) < 60
