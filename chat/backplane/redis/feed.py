"""The live feed: each followed room's entries, in the order of their offsets, none left out.

Pub/sub may lose anything at any time: redis-py subscribes again by itself after a lost
connection and says nothing of what went by meanwhile. So the channel is only a hint, and the
log is the truth: each confirmation of a subscription, each offset that does not follow the
last one, and every CHECK_INTERVAL_S a look at the heads lead to reading the log on from where
we are.

A Redis that was away may come back with less than it had, and grow past it before we are
there. So whenever the log is read on, the last entry, too, is compared with the one that we
saw in its place.
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

# A lost last message is found within 5 s; this leaves room for a slow answer.
CHECK_INTERVAL_S: Final = 2.0
# A room stays followed for so long after its last reader: between two polls, and for a reload.
LINGER_S: Final = 60.0
# One reading on, of at most so many entries, is delivered before the next.
PAGE_LIMIT: Final = 500
# Redis that is away is asked again soon, but not by all instances in step.
RECONNECT_S: Final = 0.5
# So many heads are asked for at once: a pipeline of Redis's.
FORGET_BATCH: Final = 500
SUBSCRIBE_TIMEOUT_S: Final = 5.0
# Told as a signal of the channel that everybody hears, in the place of a payload.
SUBSCRIBED: Final = b"subscribed"


class Logs(Protocol):
    """What the feed reads: the truth behind the hints."""

    async def read(self, room: str, since: Position, *, limit: int) -> Page: ...

    async def heads(self, rooms: Collection[str]) -> dict[str, Position | None]: ...

    async def entry(self, room: str, offset: int) -> Entry | None: ...

    async def renew(self, room: str, seen: Position, *, is_forked: bool = False) -> Position: ...


class _Followed:
    """A channel, and for a room's channel where we are in its log."""

    def __init__(self, room: str | None) -> None:
        self.room = room
        self.position: Position | None = None
        self.last: Entry | None = None  # the entry at this position
        self.is_unsure = False  # the connection was lost: is it still the one at this position?
        self.ready = asyncio.Event()  # subscribed, and for a room's caught up
        self.idle = asyncio.Event()  # the log is not being read on
        self.idle.set()
        self.is_behind = False  # something came while the log was being read
        self.unused_since: float | None = None


class Feed:
    """The subscriptions of this instance and what comes by them."""

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
        # Where rooms stood that nobody reads here now, and where what we acknowledged stands: who
        # knows that can tell if Redis lost it.
        self._seen: dict[str, Position] = {}
        self._is_verifying_due = False
        self._is_confirmed = False  # since the last loss: that we hear what everybody hears
        self._away: set[str] = set()  # sources that could not be heard when that was last tried
        self._tasks = Tasks()

    async def start(self, on_signal: Callable[[str, bytes], None]) -> None:
        """Begin to listen; ``on_signal`` takes what is no entry. Raises Unavailable."""
        self._on_signal = on_signal
        await self._channels.subscribe(self._keys.heard_by_all)
        self._sources: set[str] = set()
        self._listen_to_new_sources()
        self._spawn(self._check())

    async def stop(self) -> None:
        await self._tasks.cancel()
        await self._channels.stop()

    async def follow(self, channels: dict[str, str | None]) -> None:
        """Return when these channels (with their rooms) are heard. Raises Unavailable."""
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
        except (TimeoutError, KeyError) as error:  # KeyError: given up by another who waited
            for channel in new:
                self._followed.pop(channel, None)
            raise unavailable(error) from error
        except Unavailable:
            for channel in new:
                self._followed.pop(channel, None)
            raise

    def unfollow(self, channels: Collection[str]) -> None:
        """Nobody here reads these any more; they are let go of after LINGER_S."""
        now = asyncio.get_running_loop().time()
        for channel in channels:
            if channel in self._followed:
                self._followed[channel].unused_since = now

    def note(self, room: str, position: Position) -> None:
        """Remember that ``room`` has stood at ``position``, though it may not be followed."""
        known = self._seen.get(room)
        if known is None or known.epoch != position.epoch or known.offset < position.offset:
            self._seen[room] = position

    def seen(self, room: str) -> Position:
        """Return the newest place in ``room``'s log that we know of; no epoch if there is none."""
        followed, noted = self._followed.get(self._keys.feed(room)), self._seen.get(room)
        read = None if followed is None else followed.position
        if read is None:
            return noted or Position("", 0)
        return max(read, noted) if noted and noted.epoch == read.epoch else read

    async def forget_removed(self) -> None:
        """Forget where rooms stood that are no more. Raises Unavailable."""
        seen = list(self._seen.items())
        for begin in range(0, len(seen), FORGET_BATCH):
            before = dict(seen[begin : begin + FORGET_BATCH])
            for room, head in (await self._logs.heads(before)).items():
                if head is None and self._seen.get(room) == before[room]:  # else made anew
                    del self._seen[room]

    def rooms(self) -> list[str]:
        """Return the rooms that are followed."""
        return [f.room for f in self._followed.values() if f.room is not None]

    def room_of(self, channel: str) -> str | None:
        """Return the room whose followed channel this is."""
        followed = self._followed.get(channel)
        return None if followed is None else followed.room

    async def make_sure(self, room: str) -> None:
        """Return when it has been looked whether Redis, back from a loss, holds what was seen."""
        followed = self._followed.get(self._keys.feed(room))
        if followed is not None and followed.is_unsure:
            await self.look(room)

    async def check(self, room: str, page: Page) -> None:
        """Raise ResyncNeeded if ``page`` has what was not heard of yet, and is of another log."""
        followed = self._followed.get(self._keys.feed(room))
        if followed is None or followed.position is None or not page.entries:
            return
        seen, newest = followed.position, page.entries[-1].position
        if newest.epoch == seen.epoch and newest.offset > seen.offset:
            is_forked = await self._is_forked(followed, room, seen)
            if is_forked or followed.position.epoch != newest.epoch:
                raise ResyncNeeded

    async def look(self, room: str) -> None:
        """Return when a followed room has been read on, and renewed if it lost what was seen."""
        if (followed := self._followed.get(self._keys.feed(room))) is not None:
            self._sync(followed)
            await followed.idle.wait()

    async def settled(self, room: str) -> None:
        """Return when what has been heard of ``room`` up to now has been delivered."""
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
        """Ask Redis to confirm that we hear what everybody hears, where it has not.

        Only that tells whether we do: a user that may not subscribe is refused once, and then
        nothing comes.
        """
        if not self._is_confirmed:
            await self._channels.subscribe(self._keys.heard_by_all)

    def _take(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        followed = self._followed.get(channel)
        match message["type"]:
            case "subscribe" | "ssubscribe" if channel == self._keys.everybody:
                # Subscribed anew: Redis, or another in its place, may hold less than before.
                self._is_confirmed = True
                self._is_verifying_due = True
                self._on_signal(channel, SUBSCRIBED)
            case "subscribe" | "ssubscribe" if followed is not None:
                # First subscribed, or again after a loss: either way the log tells what we missed.
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
        """Read the log on from where we are; once more if something comes meanwhile."""
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
            # The next check of the heads, or the next entry, leads here again.
            log.warning("%s could not be read on: %s", followed.room, error)
        finally:
            followed.idle.set()

    async def _read_room(self, followed: _Followed, room: str) -> None:
        if followed.position is None:  # nobody has read from here yet: begin at the top
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
                # Compared each time and after the reading: the commands' connections may meet the
                # other Redis before the one that listens is told that it was cut.
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
        last = followed.last  # another one may come while Redis answers
        if last is None or last.position != seen:
            return False
        entry = await self._logs.entry(room, seen.offset)
        # Of another epoch, gone or trimmed: reading on finds that out.
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
            # Ahead of us by what is on its way is no loss, but looking costs little.
            if followed.idle.is_set() and heads[room] != followed.position:
                self._sync(followed)

    async def _verify_seen(self) -> None:
        """Give a new life to rooms that stand before where they stood when we last looked."""
        self._is_verifying_due = False
        try:
            heads = await self._logs.heads(self._seen)
            for room, head in heads.items():
                seen = self._seen.get(room)
                if seen is None:
                    continue
                if head is None:  # removed, or lost; whoever makes it anew does so in a new epoch
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
    """Return how many entries ``position`` is behind ``head``, as far as that can be told."""
    if position is None or head is None or position.epoch != head.epoch:
        return 0
    return max(0, head.offset - position.offset)
