"""The live feed: the entries of each followed room, in the order of their offsets, without gaps.

Pub/sub may lose any message: after a lost connection redis-py subscribes again by itself and does
not report what it missed. So the channel is only a hint, and the log is the source of truth. The
feed reads the log on from its position at each confirmed subscription, at each offset that does
not follow the last one, and when a check of the heads, every CHECK_INTERVAL_S, finds a difference.

A Redis that was away may come back with fewer entries than it had, and grow past the feed's
position before the feed looks. So each time the feed reads on, it also compares the entry at its
position with the one that it saw there.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final, Protocol

from chat import log_context
from chat.background import Tasks
from chat.backplane.base import Listener
from chat.backplane.records import Page
from chat.backplane.redis.channels import Channels, Hear
from chat.backplane.redis.failures import unavailable
from chat.backplane.redis.keys import Keys
from chat.errors import ChatError, Refused, ResyncNeeded, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry

log: Final = logging.getLogger(__name__)

# A lost last message must be found within 5 s; this leaves time for a slow reply.
CHECK_INTERVAL_S: Final = 2.0
# How long a room stays followed without readers: they may be between two polls, or reloading.
LINGER_S: Final = 60.0
# The most entries to read at a time; they are delivered before the next read.
PAGE_LIMIT: Final = 500
# The mean time between attempts to reach Redis; random, so that instances don't retry in step.
RECONNECT_S: Final = 0.5
# The most heads to read at once: one pipeline.
FORGET_BATCH: Final = 500
SUBSCRIBE_TIMEOUT_S: Final = 5.0
# Passed to ``on_signal`` instead of a payload when the channel of all instances is subscribed.
SUBSCRIBED: Final = b"subscribed"


class Logs(Protocol):
    """The logs that the feed reads, the source of truth."""

    async def read(self, room: str, since: Position, *, limit: int) -> Page: ...

    async def heads(self, rooms: Collection[str]) -> dict[str, Position | None]: ...

    async def entry(self, room: str, offset: int) -> Entry | None: ...

    async def renew(self, room: str, seen: Position, *, is_forked: bool = False) -> Position: ...


class _Followed:
    """A followed channel and, if it is a room's, the feed's position in its log."""

    def __init__(self, room: str | None) -> None:
        self.room = room
        self.position: Position | None = None
        self.last: Entry | None = None  # the entry at this position
        self.is_unsure = False  # the connection was lost: ``last`` may have been replaced
        self.ready = asyncio.Event()  # subscribed and, for a room's channel, caught up
        self.idle = asyncio.Event()  # the log is not being read
        self.idle.set()
        self.is_behind = False  # the log must be read (once more)
        self.unused_since: float | None = None


class Feed:
    """Holds this instance's subscriptions and delivers what they receive."""

    def __init__(
        self,
        channels: Channels,
        logs: Logs,
        listener: Listener,
        metrics: StoreMetrics | None = None,
        keys: Keys | None = None,
    ) -> None:
        self._channels = channels
        self._keys = keys or Keys()
        self._metrics = metrics or StoreMetrics()
        self._logs = logs
        self._listener = listener
        self._followed: dict[str, _Followed] = {}  # by channel
        # The last known positions of rooms without readers here, and of entries acknowledged to
        # clients. With them this instance can tell whether Redis has lost entries.
        self._seen: dict[str, Position] = {}
        self._is_verifying_due = False
        self._is_confirmed = False  # the channel of all instances, since the last interruption
        self._away: set[str] = set()  # sources whose last attempt to receive failed
        self._tasks = Tasks()

    async def start(self, on_signal: Callable[[str, bytes], None]) -> None:
        """Begin to listen; ``on_signal`` handles all that is no entry. Raises Unavailable."""
        self._on_signal = on_signal
        await self._channels.subscribe(self._keys.heard_by_all)
        self._sources: set[str] = set()
        self._listen_to_new_sources()
        self._spawn(self._check())

    async def stop(self) -> None:
        await self._tasks.cancel()
        await self._channels.stop()

    async def follow(self, channels: dict[str, str | None]) -> None:
        """Subscribe to ``channels`` (to each its room) and catch up. Raises Unavailable."""
        new = []
        for channel, room in channels.items():
            if channel not in self._followed:
                self._followed[channel] = _Followed(room)
                new.append(channel)
            self._followed[channel].unused_since = None
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT_S):
                if new:
                    await self._channels.subscribe(new)
                for channel in channels:
                    await self._followed[channel].ready.wait()
        except (TimeoutError, KeyError) as error:  # KeyError: a concurrent ``follow`` gave up
            for channel in new:
                self._followed.pop(channel, None)
            raise unavailable(error) from error
        except Unavailable:
            for channel in new:
                self._followed.pop(channel, None)
            raise

    def unfollow(self, channels: Collection[str]) -> None:
        """Unsubscribe from ``channels``, which have no reader here any more, after LINGER_S."""
        now = asyncio.get_running_loop().time()
        for channel in channels:
            if channel in self._followed:
                self._followed[channel].unused_since = now

    def note(self, room: str, position: Position) -> None:
        """Remember that ``room`` has reached ``position``, even if it is not followed."""
        known = self._seen.get(room)
        if known is None or known.epoch != position.epoch or known.offset < position.offset:
            self._seen[room] = position

    def seen(self, room: str) -> Position:
        """Return the newest known position of ``room``'s log, with an empty epoch for none."""
        followed, noted = self._followed.get(self._keys.feed(room)), self._seen.get(room)
        read = None if followed is None else followed.position
        if read is None:
            return noted or Position("", 0)
        return max(read, noted) if noted and noted.epoch == read.epoch else read

    async def forget_removed(self) -> None:
        """Forget the positions of removed rooms. Raises Unavailable."""
        seen = list(self._seen.items())
        for begin in range(0, len(seen), FORGET_BATCH):
            before = dict(seen[begin : begin + FORGET_BATCH])
            for room, head in (await self._logs.heads(before)).items():
                if head is None and self._seen.get(room) == before[room]:  # else it exists again
                    del self._seen[room]

    def rooms(self) -> list[str]:
        """Return the rooms that are followed."""
        return [f.room for f in self._followed.values() if f.room is not None]

    def room_of(self, channel: str) -> str | None:
        """Return the room whose followed channel this is."""
        followed = self._followed.get(channel)
        return None if followed is None else followed.room

    async def make_sure(self, room: str) -> None:
        """Check, after an interruption, whether Redis still holds the entries that were seen."""
        followed = self._followed.get(self._keys.feed(room))
        if followed is not None and followed.is_unsure:
            await self.look(room)

    async def check(self, room: str, page: Page) -> None:
        """Raise ResyncNeeded if ``page`` is ahead of the feed and comes from a different log."""
        followed = self._followed.get(self._keys.feed(room))
        if followed is None or followed.position is None or not page.entries:
            return
        seen, newest = followed.position, page.entries[-1].position
        if newest.epoch == seen.epoch and newest.offset > seen.offset:
            is_forked = await self._is_forked(followed, room, seen)
            if is_forked or followed.position.epoch != newest.epoch:
                raise ResyncNeeded

    async def look(self, room: str) -> None:
        """Read a followed room's log on; begin a new epoch if it has lost entries seen here."""
        if (followed := self._followed.get(self._keys.feed(room))) is not None:
            self._sync(followed)
            await followed.idle.wait()

    async def settled(self, room: str) -> None:
        """Wait until all entries of ``room`` received so far have been delivered."""
        if (followed := self._followed.get(self._keys.feed(room))) is not None:
            await followed.idle.wait()

    # Listening

    def _listen_to_new_sources(self) -> None:
        for name, hear in self._channels.sources().items():
            if name not in self._sources:
                self._sources.add(name)
                self._spawn(self._listen(name, hear))

    async def _listen(self, name: str, hear: Hear) -> None:
        while True:
            try:
                message = await hear(CHECK_INTERVAL_S)
                self._away.discard(name)
                if message is not None:
                    self._take(message)
                if not self._metrics.is_feed_up and self._is_confirmed and not self._away:
                    self._metrics.feed_lost_at_s = None
                    log.info("Redis is back; reading on where the live feed stopped")
            except Unavailable as error:
                self._away.add(name)
                self._is_confirmed = False
                if self._metrics.is_feed_up:
                    self._metrics.feed_lost_at_s = asyncio.get_running_loop().time()
                    self._metrics.feed_interruptions += 1
                    for followed in self._followed.values():
                        followed.is_unsure = True
                    log.warning("The live feed from Redis is interrupted: %s", error.__cause__)
                await asyncio.sleep(RECONNECT_S * (0.5 + random.random()))

    async def _confirm(self) -> None:
        """Subscribe to the channel of all instances again, unless Redis has confirmed it.

        Only a confirmation shows that messages arrive: a user without permission to subscribe is
        refused once, and then receives nothing.
        """
        if not self._is_confirmed:
            await self._channels.subscribe(self._keys.heard_by_all)

    def _take(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        followed = self._followed.get(channel)
        match message["type"]:
            case "subscribe" | "ssubscribe" if channel == self._keys.everybody:
                # A new subscription: Redis, or another in its place, may have lost entries.
                self._is_confirmed = True
                self._is_verifying_due = True
                self._on_signal(channel, SUBSCRIBED)
            case "subscribe" | "ssubscribe" if followed is not None:
                # The first subscription, or a new one: in both cases the log has what was missed.
                followed.is_unsure = True
                self._sync(followed)
            case "message" | "smessage":
                payload: bytes = message["data"]
                if not payload.startswith(b"e "):
                    self._on_signal(channel, payload)
                elif followed is not None and followed.room is not None:
                    self._take_entry(followed, followed.room, payload)

    def _take_entry(self, followed: _Followed, room: str, payload: bytes) -> None:
        place, _, body = payload.partition(b"\n")
        _, epoch, offset, kind = place.decode().split(" ")
        position = Position(epoch, int(offset))
        last = followed.position
        if not followed.idle.is_set() or last is None or epoch != last.epoch:
            self._sync(followed)
        elif position.offset == last.offset + 1:
            followed.position = position
            followed.last = Entry(room, position, kind, body)
            self._listener.on_entries([followed.last])
        elif position.offset > last.offset + 1:
            self._sync(followed)

    # Reading on

    def _sync(self, followed: _Followed) -> None:
        """Read the log on from the feed's position; again if entries arrive meanwhile."""
        followed.is_behind = True
        if followed.idle.is_set():
            followed.idle.clear()
            self._spawn(self._read_on(followed))

    async def _read_on(self, followed: _Followed) -> None:
        try:
            while followed.is_behind:
                followed.is_behind = False
                if followed.room is not None:
                    await self._read_room(followed, followed.room)
            followed.ready.set()
        except ChatError as error:
            # The next check of the heads, or the next entry, tries again.
            log.warning("%s could not be read on: %s", followed.room, error)
        finally:
            followed.idle.set()

    async def _read_room(self, followed: _Followed, room: str) -> None:
        if followed.position is None:  # newly followed: begin at the top
            followed.position = (await self._logs.heads([room]))[room]
            if followed.position is None:
                followed.position = await self._logs.renew(room, Position("", 0))
            followed.last = await self._logs.entry(room, followed.position.offset)
            followed.is_unsure = False
            return
        is_more = True
        while is_more:
            seen = followed.position
            try:
                page = await self._logs.read(room, seen, limit=PAGE_LIMIT)
                # Compare each time, and after the read: the connections for commands may reach
                # another Redis before the listening connection notices that it was cut.
                if await self._is_forked(followed, room, seen):
                    await self._begin_anew(followed, room, seen, is_forked=True)
                    return
            except (ResyncNeeded, Refused):
                await self._begin_anew(followed, room, seen, is_forked=False)
                return
            followed.is_unsure = False
            if page.entries:
                followed.last = page.entries[-1]
                followed.position = followed.last.position
                self._listener.on_entries(page.entries)
            is_more = page.more

    async def _is_forked(self, followed: _Followed, room: str, seen: Position) -> bool:
        last = followed.last  # keep it: another entry may arrive while Redis answers
        if last is None or last.position != seen:
            return False
        entry = await self._logs.entry(room, seen.offset)
        # Another epoch, a lost or a trimmed entry: reading on detects those.
        return entry is not None and entry.position == seen and not entry.is_same(last)

    async def _begin_anew(
        self, followed: _Followed, room: str, seen: Position, *, is_forked: bool
    ) -> None:
        followed.position = await self._logs.renew(room, seen, is_forked=is_forked)
        followed.last, followed.is_unsure = None, False
        self._metrics.resets += 1
        log.warning("The log of %s was lost or trimmed; its readers load it anew", room)
        self._listener.on_reset(room, followed.position)

    # Checking

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S * (0.75 + random.random() / 2))
            try:
                self._listen_to_new_sources()
                await self._confirm()
                await self._let_go()
                await self._check_heads()
                if self._is_verifying_due:
                    await self._verify_seen()
            except ChatError as error:
                log.info("The live feed could not be checked: %s", error)

    async def _check_heads(self) -> None:
        rooms = {f.room: f for f in self._followed.values() if f.room is not None}
        heads = await self._logs.heads(rooms)
        self._metrics.feed_lag_entries = sum(
            _behind(followed.position, heads[room]) for room, followed in rooms.items()
        )
        for room, followed in rooms.items():
            # A head may be ahead only by entries that are on their way, but a read costs little.
            if followed.idle.is_set() and heads[room] != followed.position:
                self._sync(followed)

    async def _verify_seen(self) -> None:
        """Begin a new epoch in rooms whose top is before the position that was last seen."""
        self._is_verifying_due = False
        try:
            heads = await self._logs.heads(self._seen)
            for room, head in heads.items():
                seen = self._seen.get(room)
                if seen is None:
                    continue
                if head is None:  # removed or lost; if it is created again, it has a new epoch
                    del self._seen[room]
                elif head.epoch == seen.epoch and head.offset < seen.offset:
                    self._seen[room] = await self._logs.renew(room, seen)
                    self._metrics.resets += 1
                    log.warning("The log of %s was lost; its readers load it anew", room)
        except BaseException:
            self._is_verifying_due = True
            raise

    async def _let_go(self) -> None:
        now = asyncio.get_running_loop().time()
        idle = [
            channel
            for channel, followed in self._followed.items()
            if followed.unused_since is not None and now - followed.unused_since > LINGER_S
        ]
        for channel in idle:
            followed = self._followed.pop(channel)
            if followed.room is not None and followed.position is not None:
                self._seen[followed.room] = followed.position
        if idle:
            await self._channels.unsubscribe(idle)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(work, context=log_context.nothing())


def _behind(position: Position | None, head: Position | None) -> int:
    """Return how many entries ``position`` is behind ``head``; 0 if they can't be compared."""
    if position is None or head is None or position.epoch != head.epoch:
        return 0
    return max(0, head.offset - position.offset)
