"""Detects that the database's files were removed or replaced while the server has them open.

SQLite goes on writing to files that no longer have a name, and reports success.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chat.backplane.embedded.failures import FilesReplaced

# The database, its write-ahead log, which holds the newest data, and the log's index
# (sqlite.org/walformat.html).
_ENDINGS: Final = ("", "-wal", "-shm")


class OpenFiles:
    """The files of the database at ``path``, once this process has opened them."""

    def __init__(self, path: Path) -> None:
        self._names = [f"{path}{ending}" for ending in _ENDINGS]
        self._size_bytes = 0
        self._known: Sequence[tuple[int, int]] | None = None  # None: they are not open yet
        self._is_lost = False

    def opened(self) -> None:
        """Note that the files that exist now are the open ones."""
        self._known = self._look()

    def check(self) -> None:
        """Raise FilesReplaced if the files are not the open ones, or were truncated."""
        if self._is_lost or self._known not in (None, self._look()):
            raise FilesReplaced

    def check_stored(self) -> None:
        """Raise FilesReplaced if the last commit went to files that were removed or replaced.

        ``check`` then always raises, too: the open files hold entries that were never published.
        """
        self._is_lost = self._is_lost or self._known not in (None, self._look())
        self.check()

    def _look(self) -> Sequence[tuple[int, int]]:
        """Return the device and inode of each file; nothing if one is missing or was emptied."""
        try:
            found = [os.stat(name) for name in self._names]
        except OSError:
            return ()
        size_bytes = found[0].st_size
        if size_bytes < self._size_bytes:  # this program never shrinks it, so another emptied it
            return ()
        self._size_bytes = size_bytes
        return [(status.st_dev, status.st_ino) for status in found]
