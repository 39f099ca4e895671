"""Notices when the database's files are removed or replaced while we have them open.

SQLite goes on writing into files that have no name any more, and says that all is well.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from chat.backplane.embedded.failures import FilesReplaced

# The log, which holds the newest, and its index (sqlite.org/walformat.html).
_ENDINGS: Final = ("", "-wal", "-shm")


class _File(NamedTuple):
    device: int
    inode: int


class OpenFiles:
    """The files of the database at ``path``, which is open and written to."""

    def __init__(self, path: Path) -> None:
        self._names = [f"{path}{ending}" for ending in _ENDINGS]
        self._size_bytes = 0
        self._known = self._look()
        self._is_lost = False

    def check(self) -> None:
        """Raise FilesReplaced where they are not those that we have open, or were cut short."""
        if self._is_lost or self._look() != self._known:
            raise FilesReplaced

    def check_stored(self) -> None:
        """Raise FilesReplaced where what was just committed is not in those that have the names.

        From then on ``check`` does, too: the files that we have open hold what nobody heard of.
        """
        self._is_lost = self._is_lost or self._look() != self._known
        self.check()

    def _look(self) -> Sequence[_File]:
        try:
            found = [os.stat(name) for name in self._names]
        except OSError:
            return ()
        size_bytes = found[0].st_size
        if size_bytes < self._size_bytes:  # nothing of ours makes it smaller: it was emptied
            return ()
        self._size_bytes = size_bytes
        return [_File(status.st_dev, status.st_ino) for status in found]
