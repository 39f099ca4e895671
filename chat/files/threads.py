"""Threads for what would keep the event loop waiting for a disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final, ParamSpec, TypeVar

from chat.errors import Unavailable
from chat.protocol.codes import Code

P = ParamSpec("P")
T = TypeVar("T")

# Enough to keep one disk busy; each holds one piece at a time.
_THREADS: Final = 4


class Threads:
    """Runs functions in a few threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="files")
        self._has_ended = False
        # All begin now: later, a busy machine would keep the event loop waiting for each.
        together = Barrier(_THREADS)
        for _ in range(_THREADS):
            self._pool.submit(together.wait)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``work`` returns. Raises Unavailable for an OSError.

        Cancelling does not stop what has begun.
        """
        loop = asyncio.get_running_loop()
        if self._has_ended:
            raise Unavailable(Code.UNAVAILABLE, "This instance is stopping.")
        try:
            return await loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))
        except OSError as error:
            raise unavailable(error) from error

    def stop(self) -> None:
        self._has_ended = True
        self._pool.shutdown(wait=False)


def unavailable(error: Exception) -> Unavailable:
    """Return what people are told of a store that does not work; the log tells operators more."""
    return Unavailable(Code.UNAVAILABLE, f"Files can't be stored or read now: {_short(error)}.")


def _short(error: Exception) -> str:
    """Return what is wrong, without the paths or addresses that ``error`` may name."""
    return getattr(error, "strerror", None) or type(error).__name__
