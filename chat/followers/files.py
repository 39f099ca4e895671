"""Removes the files of messages that are gone, and uploads that nobody has sent."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.files.records import decode_sent
from chat.files.shelf import Shelf
from chat.files.store import Part
from chat.followers.follower import Follower
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, Entry, MessageBody
from chat.rooms.access import FILE

# What logs keep no longer leaves no entry, so it is looked for. Retention runs as often.
SWEEP_S: Final = 600.0
# A sweep of many files takes at most this part of the time.
_SWEEP_SHARE: Final = 0.02
_PAGE: Final = 100
# Between the moments when a file is given to a message and when that is stored, the store of the
# logs may be away: then the message is sent again, and needs its file.
GRACE_S: Final = 3600.0


class FilesFollower(Follower):
    """Follows deletions, and sweeps the store for what it has missed.

    It keeps no cursor: it begins with a sweep, which finds all that was deleted before.
    """

    def __init__(
        self, backplane: Backplane, shelf: Shelf, clock: Clock, *, unsent_s: float
    ) -> None:
        """Uploads that were not sent are kept for ``unsent_s``."""
        self._backplane = backplane
        self._shelf = shelf
        self._clock = clock
        self._unsent_s = unsent_s
        self._due_s = 0.0
        self._sweep: AsyncIterator[None] | None = None
        self._began_s = 0.0

    async def open(self) -> Mapping[str, Position]:
        self._due_s = 0.0
        return {}

    async def close(self) -> None:
        self._sweep = None

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        for entries in pages.values():
            for entry in entries:
                body = entry.decode() if entry.kind == DeletedBody.kind else None
                if isinstance(body, DeletedBody):
                    for id in body.file_ids:
                        await self._shelf.store.remove(id)

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        if is_gap:
            self._due_s = 0.0
        # A sweep finds what was deleted before it began. A room that is new since then may have had
        # deletions before it was noticed.
        is_sweep_to_come = self._sweep is None and self._due_s == 0.0
        return top if is_sweep_to_come else Position(top.epoch, 0)

    async def forget(self, room: str) -> None:
        self._due_s, self._sweep = 0.0, None

    async def work(self) -> bool:
        now = self._clock.monotonic()
        if self._sweep is None:
            if now < self._due_s:
                return False
            self._sweep, self._began_s, self._due_s = self._steps(), now, now + SWEEP_S
        async for _ in self._sweep:
            return True
        self._sweep = None
        took_s = self._clock.monotonic() - self._began_s
        self._due_s = max(self._due_s, self._began_s + took_s / _SWEEP_SHARE)
        return False

    @property
    def backlog(self) -> int:
        return 0

    async def _steps(self) -> AsyncIterator[None]:
        """Remove what no message names, a few files at a time."""
        await self._shelf.tidy()
        rooms = {info.room for info in await self._backplane.rooms()}
        named, gone = set[str](), set[str]()
        for room in rooms:
            after = ""
            while found := await self._backplane.scan(room, FILE, after=after, limit=_PAGE):
                after = found[-1][0]
                for key, offset in found:
                    id = key.removeprefix(FILE)
                    is_named = await self._is_named(room, int(offset), id)
                    (named if is_named else gone).add(id)
                yield
        looked_at = 0
        async for stored in self._shelf.store.scan():
            looked_at += 1
            if looked_at % _PAGE == 0:
                yield
            if stored.id in named:
                continue
            age_s = self._clock.time() - stored.changed_s
            is_over = age_s > (GRACE_S if stored.is_sent else self._unsent_s)
            if is_over or stored.id in gone or await self._is_of_no_room(stored.id, rooms):
                await self._shelf.store.remove(stored.id)

    async def _is_named(self, room: str, offset: int, id: str) -> bool:
        entry = await self._backplane.entry(room, offset)
        body = None if entry is None else entry.decode()
        return isinstance(body, MessageBody) and body.has_file(id)

    async def _is_of_no_room(self, id: str, rooms: set[str]) -> bool:
        """Return whether a file belongs to a message of a room that is none of ``rooms``."""
        sent = await self._shelf.store.get(id, Part.SENT)
        return sent is not None and decode_sent(sent).room not in rooms
