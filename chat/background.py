"""Work that nobody waits for: a loop itself holds its tasks weakly, and would lose them."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any


class Tasks:
    """Tasks that are held until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, context: Context | None = None) -> None:
        """Begin ``work``, with the log's context of who asks for it unless another is given."""
        task = asyncio.get_running_loop().create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Return when all have ended."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Cancel all, and return when they have ended."""
        for task in self._tasks:
            task.cancel()
        await self.finish()
