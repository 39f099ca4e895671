"""Files in a folder of this machine, each in a folder of its own."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from chat.files.store import PIECE_BYTES, FileStore, Part, Stored
from chat.files.threads import Threads
from chat.settings import private_files

# A folder of the file system should not have more entries than some thousand.
_SHARD_CHARACTERS: Final = 2
_BATCH: Final = 200


class DiskStore(FileStore):
    """Keeps files below ``folder``; those that are taken must be on the same file system."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._folder = folder
        self._threads = threads

    async def take(self, id: str, folder: Path) -> None:
        await self._threads.run(self._take, id, folder)

    async def get(self, id: str, part: Part) -> bytes | None:
        return await self._threads.run(self._get, id, part)

    async def create(self, id: str, part: Part, content: bytes) -> bytes:
        return await self._threads.run(self._create, id, part, content)

    async def read(self, id: str, part: Part) -> AsyncIterator[bytes] | None:
        file = await self._threads.run(self._open, id, part)
        return None if file is None else self._pieces(file)

    async def remove(self, id: str) -> None:
        await self._threads.run(self._remove, id)

    async def scan(self) -> AsyncIterator[Stored]:
        found = self._all()
        while batch := await self._threads.run(_next, found):
            for stored in batch:
                yield stored

    async def stop(self) -> None:
        """Do nothing: the threads are the caller's."""

    def _path(self, id: str) -> Path:
        return self._folder / id[:_SHARD_CHARACTERS] / id

    def _take(self, id: str, folder: Path) -> None:
        path = self._path(id)
        private_files.make_folder(path.parent)
        os.rename(folder, path)
        _sync(path.parent)

    def _get(self, id: str, part: Part) -> bytes | None:
        with suppress(FileNotFoundError):
            return (self._path(id) / part).read_bytes()
        return None

    def _create(self, id: str, part: Part, content: bytes) -> bytes:
        path = self._path(id) / part
        new = path.with_name(f"{part}.{os.urandom(8).hex()}")
        try:
            with private_files.create(new) as file:
                file.write(content)
            os.link(new, path)  # fails if there is one, and never shows half of one
        except FileExistsError:
            return path.read_bytes()
        finally:
            new.unlink(missing_ok=True)
        return content

    def _open(self, id: str, part: Part) -> BinaryIO | None:
        with suppress(FileNotFoundError):
            return (self._path(id) / part).open("rb", buffering=0)
        return None

    async def _pieces(self, file: BinaryIO) -> AsyncIterator[bytes]:
        with file:
            while piece := await self._threads.run(file.read, PIECE_BYTES):
                yield piece

    def _remove(self, id: str) -> None:
        path = self._path(id)
        # What is left by a crash in between is a file that nobody finds, and the next sweep does.
        (path / Part.ABOUT).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)

    def _all(self) -> Iterator[Stored]:
        for shard in sorted(_children(self._folder)):
            if len(shard.name) == _SHARD_CHARACTERS:
                for path in sorted(_children(shard)):
                    with suppress(FileNotFoundError):  # just removed
                        yield _stored(path)


def _stored(path: Path) -> Stored:
    parts = {part.name: part.stat() for part in _children(path)}
    return Stored(
        id=path.name,
        size_bytes=sum(found.st_size for found in parts.values()),
        changed_s=max((found.st_mtime for found in parts.values()), default=0.0),
        is_sent=Part.SENT in parts,
    )


def _children(folder: Path) -> list[Path]:
    """Return what is in ``folder``; nothing if it has just been removed."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return list(folder.iterdir())
    return []


def _next(found: Iterator[Stored]) -> list[Stored]:
    return list(islice(found, _BATCH))


def _sync(folder: Path) -> None:
    """Have what was renamed in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
