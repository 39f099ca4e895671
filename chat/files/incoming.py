"""A file while it comes in: a folder that holds what has come, until a store takes it."""

import asyncio
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from chat.background import Tasks
from chat.files.store import Part
from chat.files.threads import Threads
from chat.settings import private_files

INCOMING: Final = "incoming"
# A file that comes in is written to again and again: what was not for so long is left by a crash.
_STALE_S: Final = 3600.0
# A file is synced each time that so much more has come. File systems sync what was written before
# together with what a message waits for (ext4 does): so there is never much.
SYNC_BYTES: Final = 4 << 20


class Incoming:
    """The folder of one file that comes in. Its methods are called one after the other."""

    def __init__(self, folder: Path, threads: Threads, tasks: Tasks) -> None:
        self.folder = folder
        self.size_bytes = 0
        self._threads = threads
        self._tasks = tasks
        self._file: BinaryIO | None = None
        self._lock = asyncio.Lock()  # a client may go while a piece is being written

    async def open(self) -> None:
        async with self._lock:
            self._file = await self._threads.run(_open, self.folder)

    async def write(self, piece: bytes) -> None:
        """Add ``piece``. Raises Unavailable, as where the disk is full."""
        async with self._lock:
            assert self._file is not None
            before, self.size_bytes = self.size_bytes, self.size_bytes + len(piece)
            is_due = before // SYNC_BYTES < self.size_bytes // SYNC_BYTES
            await self._threads.run(_write, self._file, piece, is_due)

    async def close(self) -> None:
        """Note that the content has come to its end."""
        async with self._lock:
            assert self._file is not None
            await self._threads.run(self._file.close)

    async def sync(self, part: Part) -> int:
        """Have ``part`` on the disk, so that it survives a power cut; return its length."""
        async with self._lock:
            return await self._threads.run(_sync, self.folder / part)

    async def add(self, part: Part, content: bytes) -> None:
        async with self._lock:
            await self._threads.run(_add, self.folder / part, content)

    def discard(self) -> None:
        """Remove what has come, if no store has taken it. Repeatable."""
        self._tasks.start(self._discard())

    async def _discard(self) -> None:
        async with self._lock:
            if self._file is not None:
                self._file.close()
            await self._threads.run(shutil.rmtree, self.folder, ignore_errors=True)


def remove_stale(folder: Path, *, now: float | None = None) -> None:
    """Remove what an upload has left in ``folder`` that a crash interrupted."""
    now = time.time() if now is None else now
    with suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            with suppress(FileNotFoundError):
                newest = max(found.stat().st_mtime for found in (path, *path.iterdir()))
                if newest < now - _STALE_S:
                    shutil.rmtree(path, ignore_errors=True)


def _open(folder: Path) -> BinaryIO:
    private_files.make_folder(folder.parent.parent)
    private_files.make_folder(folder.parent)
    folder.mkdir(mode=private_files.FOLDER_MODE)
    path = folder / Part.CONTENT
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, private_files.FILE_MODE)
    return os.fdopen(descriptor, "wb", buffering=0)


def _write(file: BinaryIO, piece: bytes, is_due: bool) -> None:
    rest = memoryview(piece)
    while rest:  # a disk that is nearly full takes a part
        rest = rest[file.write(rest) :]
    if is_due:
        os.fdatasync(file.fileno())


def _sync(path: Path) -> int:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size


def _add(path: Path, content: bytes) -> None:
    with private_files.create(path) as file:
        file.write(content)
