"""Does once, for all who ask in one turn of the event loop, what each would do by itself.

Clients attach by the hundred in one turn, when an instance is drained or a network comes back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from chat import log_context

K = TypeVar("K")
V = TypeVar("V")


class OncePerTurn(Generic[K, V]):
    """Calls ``work`` once with the keys, each once, that were asked for in a turn."""

    def __init__(self, work: Callable[[Sequence[K]], Awaitable[V]]) -> None:
        self._work = work
        self._wanted: dict[K, None] = {}
        self._task: asyncio.Task[V] | None = None  # about to begin

    async def of(self, keys: Iterable[K]) -> V:
        """Return what ``work`` returns for these and others' keys; it begins after this call.

        Raises what ``work`` raises. Cancelling is safe, and cancels nothing for the others.
        """
        self._wanted.update(dict.fromkeys(keys))
        if self._task is None:
            # It begins in the next turn, so the rest of this one joins.
            self._task = asyncio.create_task(self._run(), context=log_context.nothing())
        return await asyncio.shield(self._task)

    async def _run(self) -> V:
        wanted, self._wanted, self._task = tuple(self._wanted), {}, None
        return await self._work(wanted)
