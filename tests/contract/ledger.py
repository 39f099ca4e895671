"""A follower for the contract: it writes down what it was given."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from chat.followers.follower import Follower, key_of
from chat.followers.leases import Lease
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry


class Store:
    """What outlives the instance that a Ledger is of: its results, and the cursor with them."""

    def __init__(self) -> None:
        self.cursor: dict[str, Position] = {}
        self.handled: list[str] = []  # the keys, in one step with the cursor
        self.delivered: list[str] = []  # the keys, as a receiver elsewhere sees them
        self.gaps: list[str] = []
        self.batches_bytes: list[int] = []  # of each call


class Ledger(Follower):
    """Writes down the key of each entry."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.before_storing: Callable[[], Coroutine[Any, Any, None]] | None = None

    async def open(self) -> Mapping[str, Position]:
        return self.store.cursor

    async def close(self) -> None: ...

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        all_ = [entry for entries in pages.values() for entry in entries]
        keys = [key_of(entry) for entry in all_]
        self.store.batches_bytes.append(sum(len(entry.body) for entry in all_))
        self.store.delivered += keys
        if self.before_storing is not None:
            await self.before_storing()
        self.store.handled += keys
        self.store.cursor |= {room: entries[-1].position for room, entries in pages.items()}

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        if is_gap:
            self.store.gaps.append(room)
        self.store.cursor[room] = top if is_gap else Position(top.epoch, 0)
        return self.store.cursor[room]

    async def forget(self, room: str) -> None:
        del self.store.cursor[room]

    async def work(self) -> bool:
        return False

    @property
    def backlog(self) -> int:
        return 0


def die_after(pages: int, is_dead: asyncio.Event) -> Callable[[], Coroutine[Any, Any, None]]:
    """Return a function that lets ``pages`` pass, and never returns for the next one."""
    left = iter(range(pages))

    async def pass_or_die() -> None:
        if next(left, None) is None:
            is_dead.set()
            await asyncio.Event().wait()

    return pass_or_die


class Free(Lease):
    """A lease that nobody else wants."""

    async def hold(self) -> bool:
        return True

    async def release(self) -> None: ...
