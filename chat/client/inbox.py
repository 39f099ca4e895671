"""The queue of pushes between the engine and the code that iterates over them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from chat.client.positions import Push

# Some minutes of a busy room. A reader that falls further behind should reload the history.
LIMIT: Final = 10_000


class Inbox:
    """A queue that never drops pushes silently: past LIMIT, resyncs replace its content."""

    def __init__(self, resyncs: Callable[[], Sequence[Push]]) -> None:
        self._pushes: deque[Push] = deque()
        self._resyncs = resyncs
        self._changed = asyncio.Event()
        self._error: Exception | None = None
        self._is_closed = False

    def put(self, push: Push) -> None:
        if len(self._pushes) >= LIMIT:
            self._pushes.clear()
            self._pushes.extend(self._resyncs())
        else:
            self._pushes.append(push)
        self._changed.set()

    def close(self, error: Exception | None = None) -> None:
        """End the queue: once all pushes are read, ``get`` raises ``error``, if there is one."""
        self._is_closed, self._error = True, error
        self._changed.set()

    async def get(self) -> Push:
        """Wait for the oldest push and return it. Cancelling is safe.

        Raises ``close``'s error at the end, or StopAsyncIteration if it has none.
        """
        while not self._pushes:
            if self._error is not None:
                raise self._error
            if self._is_closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._pushes.popleft()
