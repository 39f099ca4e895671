"""The interface of a store of files. tests/contract/files_contract.py checks it for each one.

A file has a few parts under one id: its content, perhaps a thumbnail, what is known about it, and
what it was sent in. All methods may raise Unavailable.
"""

from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Protocol

# Readers wait for one piece at a time; it is as much as a socket takes at once.
PIECE_BYTES: Final = 64 << 10


class Part(StrEnum):
    CONTENT = "content"
    THUMBNAIL = "thumbnail"
    ABOUT = "about"
    SENT = "sent"


class Stored(NamedTuple):
    """A file in the store. ``changed_s`` is the newest time of any part, in s since 1970."""

    id: str
    size_bytes: int
    changed_s: float
    is_sent: bool


class FileStore(Protocol):
    """Keeps files by id: 32 hexadecimal digits."""

    async def take(self, id: str, folder: Path) -> None:
        """Store a new file, whose parts are the files in ``folder``, and remove ``folder``.

        Once there is its ``about``, there are all of them.
        """

    async def get(self, id: str, part: Part) -> bytes | None:
        """Return a small part, or None if there is none."""

    async def create(self, id: str, part: Part, content: bytes) -> bytes:
        """Make ``part`` unless there is one, in one step; return what it is now."""

    async def read(self, id: str, part: Part) -> AsyncIterator[bytes] | None:
        """Return the pieces of ``part``, or None if there is none; the caller closes them."""

    async def remove(self, id: str) -> None:
        """Remove a file with all its parts. Repeatable."""

    def scan(self) -> AsyncIterator[Stored]:
        """Return all files, also those that are not complete, in any order."""

    async def stop(self) -> None:
        """Let go of everything."""
