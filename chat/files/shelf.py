"""Everything that uploads need of this machine: the store, and the folder where files come in."""

import logging
from pathlib import Path
from typing import Final

from chat.background import Tasks
from chat.files.disk import DiskStore
from chat.files.incoming import INCOMING, Incoming, remove_stale
from chat.files.objects import ObjectStore
from chat.files.pictures import Pictures
from chat.files.store import FileStore
from chat.files.threads import Threads
from chat.files.usage import Usage
from chat.settings.settings import Settings

log: Final = logging.getLogger(__name__)


class Shelf:
    """The store of files, and the files that are not in it yet."""

    def __init__(
        self,
        folder: Path,
        store: FileStore,
        threads: Threads,
        *,
        limit_bytes: int,
        file_bytes: int,
        is_shared: bool = False,
    ) -> None:
        """``folder`` is for what comes in; ``is_shared``: other machines use the store, too.

        The store is to hold at most ``limit_bytes``, and a file at most ``file_bytes``.
        """
        self.store = store
        self.file_bytes = file_bytes
        self.usage = Usage(store, limit_bytes=limit_bytes)
        self.is_shared = is_shared
        self.lock = folder.parent / "lock"  # held by the one who tidies the folder up
        self._folder = folder
        self._threads = threads
        self._tasks = Tasks()
        self.pictures = Pictures()

    def incoming(self, id: str) -> Incoming:
        return Incoming(self._folder / id, self._threads, self._tasks)

    async def tidy(self) -> None:
        """Remove what uploads have left that a crash interrupted."""
        await self._threads.run(remove_stale, self._folder)

    def start(self) -> None:
        self.usage.start()

    async def stop(self) -> None:
        await self.usage.stop()
        await self._tasks.finish()
        await self.store.stop()
        self._threads.stop()


def open_shelf(settings: Settings) -> Shelf:
    """Return the shelf that the settings select."""
    folder, url = settings.data_dir / "files", settings.files_url
    threads = Threads()
    store = DiskStore(folder, threads) if url is None else ObjectStore(url, threads)
    if url is None and settings.redis_url is not None:
        log.info(
            "Files are kept in %s: instances on other machines don't have them. FILES_URL names a "
            "store for all of them",
            folder,
        )
    return Shelf(
        folder / INCOMING,
        store,
        threads,
        limit_bytes=settings.files_gb * 1_000_000_000,
        file_bytes=settings.file_bytes,
        is_shared=url is not None,
    )
