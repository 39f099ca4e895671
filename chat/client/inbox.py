"""Pushes on their way to whoever iterates over them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from chat.client.positions import Push

# A busy room's minutes. Whoever falls further behind is better off loading the history.
LIMIT: Final = 10_000


class Inbox:
    """A queue that never skips in silence: past LIMIT, its content becomes resyncs."""

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
        """Nothing comes any more: ``get`` raises ``error`` when all is read, if there is one."""
        self._is_closed, self._error = True, error
        self._changed.set()

    async def get(self) -> Push:
        """Return the oldest push. Raises StopAsyncIteration at the end; cancelling is safe."""
        while not self._pushes:
            if self._error is not None:
                raise self._error
            if self._is_closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._pushes.popleft()
