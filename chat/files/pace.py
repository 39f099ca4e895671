"""Spaces out what is written of all uploads, so that those who chat hardly notice."""

import asyncio
from typing import Final

# What a line of 1 Gbit/s carries. Uploads from a faster one would take most of a processor and of
# what a disk can sync, and messages wait for both.
BYTES_PER_S: Final = 100_000_000


class Pace:
    """Lets pieces through, in the order of the calls, at ``bytes_per_s`` at most."""

    def __init__(self, bytes_per_s: float = BYTES_PER_S) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at_s = 0.0  # of the event loop's clock

    async def wait(self, size_bytes: int) -> None:
        """Return when a piece of this size may be written."""
        now_s = asyncio.get_running_loop().time()
        begin_s = max(now_s, self._free_at_s)
        self._free_at_s = begin_s + size_bytes / self._bytes_per_s
        if begin_s > now_s:
            await asyncio.sleep(begin_s - now_s)
