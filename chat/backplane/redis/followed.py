"""What is followed: a room's channel, with the position in its log, or a user's.

A Redis that was away may come back with fewer entries than it had, and grow past this position
before anybody looks. So each time the log is read on, the entry at the position is also compared
with the one that was seen there.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chat import log_context
from chat.background import Tasks
from chat.backplane.listener import Listener
from chat.backplane.records import Page
from chat.backplane.redis.amendments import unpack
from chat.backplane.redis.logs import Forked, RedisLogs
from chat.errors import ChatError, Refused, ResyncNeeded
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

log: Final = logging.getLogger(__name__)

# The most entries to read at a time; they are delivered before the next read.
PAGE_LIMIT: Final = 500
# In place of a kind: each line of the payload is an entry, and the offset is the last one's.
_SEVERAL: Final = "*"
# One for all users that are ready: an event takes a KB.
_READY: Final = asyncio.Event()
_READY.set()


@dataclass(eq=False, repr=False, slots=True)
class FollowedUser:
    """A followed channel of a user. There are as many as clients, so it is small."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)  # subscribed
    unused_since: float | None = None

    def confirm(self) -> bool:
        """Note that it is subscribed; return whether it was before, and was then lost."""
        if self.ready is _READY:
            return True
        self.ready.set()
        self.ready = _READY
        return False


@dataclass(eq=False, repr=False)
class Followed:
    """A followed channel of a room."""

    room: str
    logs: RedisLogs
    listener: Listener
    metrics: StoreMetrics
    tasks: Tasks
    on_removed: Callable[[str], None]  # called with the room if it turns out to be gone
    position: Position | None = None
    is_unsure: bool = False  # the connection was lost: ``_last`` may have been replaced
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # subscribed and caught up
    idle: asyncio.Event = field(default_factory=asyncio.Event)  # the log is not being read
    unused_since: float | None = None
    _last: Entry | None = None  # the entry at this position
    _is_behind: bool = False  # the log must be read (once more)

    def __post_init__(self) -> None:
        self.idle.set()

    def receive(self, payload: bytes) -> None:
        """Deliver the entries in ``payload``, or read the log if they don't follow the last one."""
        place, _, content = payload.partition(b"\n")
        _, epoch, top, kind = place.decode().split(" ")
        lines = content.split(b"\n") if kind == _SEVERAL else [b"%b %b" % (kind.encode(), content)]
        before, last = int(top) - len(lines), self.position
        if not self.idle.is_set() or last is None or epoch != last.epoch:
            self.read_on()
        elif before == last.offset:
            entries = [
                unpack(self.room, Position(epoch, offset), line)
                for offset, line in enumerate(lines, before + 1)
            ]
            self._last = entries[-1]
            self.position = self._last.position
            self.listener.on_entries(entries)
        elif int(top) > last.offset:
            self.read_on()

    def read_on(self) -> None:
        """Read the log on from the position; again if entries arrive meanwhile."""
        self._is_behind = True
        if self.idle.is_set():
            self.idle.clear()
            self.tasks.start(self._read_on(), context=log_context.nothing())

    async def read(self, since: Position, *, limit: int) -> Page:
        """Return the entries after ``since``, as Backplane.read.

        Raises ResyncNeeded also if they are not of the log whose entries were seen here.
        """
        if self.is_unsure:
            self.read_on()
            await self.idle.wait()
        before = self.position
        page = await self.logs.read(self.room, since, limit=limit, seen=self._last)
        if before is not None and self.position is not None:
            if since.epoch == before.epoch != self.position.epoch:
                raise ResyncNeeded  # a new epoch has begun while Redis answered
        return page

    def lag(self, head: Position | None) -> int:
        """Return how many entries are missing up to ``head``; 0 if that can't be compared."""
        if self.position is None or head is None or self.position.epoch != head.epoch:
            return 0
        return max(0, head.offset - self.position.offset)

    async def _read_on(self) -> None:
        try:
            while self._is_behind:
                self._is_behind = False
                await self._read_log()
            self.ready.set()
        except ChatError as error:
            # The next check of the heads, or the next entry, tries again.
            log.warning("%s could not be read on: %s", self.room, error)
        finally:
            self.idle.set()

    async def _read_log(self) -> None:
        room = self.room
        if self.position is None:  # newly followed: begin at the top
            head = (await self.logs.heads([room]))[room]
            self.position = head or await self.logs.renew(room, Position("", 0))
            if self.position is None:
                self.on_removed(room)
                return
            self._last = await self.logs.entry(room, self.position.offset)
            self.is_unsure = False
            return
        is_more = True
        while is_more:
            seen = self.position
            try:
                # Compare each time: the connections for commands may reach another Redis before
                # the listening connection notices that it was cut.
                page = await self.logs.read(room, seen, limit=PAGE_LIMIT, seen=self._last)
            except (ResyncNeeded, Refused) as error:
                await self._begin_anew(seen, is_forked=isinstance(error, Forked))
                return
            self.is_unsure = False
            if page.entries:
                self._last = page.entries[-1]
                self.position = self._last.position
                self.listener.on_entries(page.entries)
            is_more = page.more

    async def _begin_anew(self, seen: Position, *, is_forked: bool) -> None:
        room = self.room
        renewed = await self.logs.renew(room, seen, is_forked=is_forked)
        if renewed is None:  # and this was not heard of while the connection was lost
            self.on_removed(room)
            return
        self.position = renewed
        self._last, self.is_unsure = None, False
        self.metrics.resets += 1
        log.warning("The log of %s was lost or trimmed; its readers load it anew", room)
        self.listener.on_reset(room, self.position)
