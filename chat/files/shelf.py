"""Everything that uploads need of this machine: the store, and the folder where files come in."""

from pathlib import Path

from chat.background import Tasks
from chat.files.disk import DiskStore
from chat.files.incoming import INCOMING, Incoming, remove_stale
from chat.files.pictures import Pictures
from chat.files.store import FileStore
from chat.files.threads import Threads
from chat.settings.settings import Settings


class Shelf:
    """The store of files, and the files that are not in it yet."""

    def __init__(
        self, folder: Path, store: FileStore, threads: Threads, *, is_shared: bool = False
    ) -> None:
        """``folder`` is for what comes in; ``is_shared``: other machines use the store, too."""
        self.store = store
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

    async def stop(self) -> None:
        await self._tasks.finish()
        await self.store.stop()
        self._threads.stop()


def open_shelf(settings: Settings) -> Shelf:
    """Return the shelf that the settings select."""
    folder = settings.data_dir / "files"
    threads = Threads()
    return Shelf(folder / INCOMING, DiskStore(folder, threads), threads)
