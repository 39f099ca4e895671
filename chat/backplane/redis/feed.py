"""The live feed: the entries of each followed room, in the order of their offsets, without gaps.

Pub/sub may lose any message: after a lost connection redis-py subscribes again by itself and does
not report what it missed. So the channel is only a hint, and the log is the source of truth. The
feed reads the log on from its position at each confirmed subscription, at each offset that does
not follow the last one, and when a check of the heads, every CHECK_INTERVAL_S, finds a difference.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any, Final

from chat import log_context
from chat.background import Tasks
from chat.backplane.listener import Listener
from chat.backplane.records import Page
from chat.backplane.redis.channels import Channels, Receive
from chat.backplane.redis.failures import RETRY_MS
from chat.backplane.redis.followed import Followed
from chat.backplane.redis.following import Following
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.logs import RedisLogs
from chat.backplane.redis.seen import SeenPositions
from chat.errors import ChatError, ResyncNeeded, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position

log: Final = logging.getLogger(__name__)

# A lost last message must be found within 5 s; this leaves time for a slow reply.
CHECK_INTERVAL_S: Final = 2.0
# A process that was suspended for longer than this has payloads in its sockets that tell of texts
# which may have been deleted since: it reads the logs instead. Shorter pauses happen under load.
BEAT_S: Final = 0.25
STALL_S: Final = 0.5
# The mean time between attempts to reach Redis; random, so that instances don't retry in step.
RECONNECT_S: Final = 0.5
# After this time an instance whose subscription is lost can't serve: it is restored within 3 s, and
# missed entries are then read from the log.
GRACE_S: Final = 5.0
_NOT_HEARD: Final = (
    "What other instances store is not heard of: Redis can't be subscribed to. The user of "
    "REDIS_URL may lack the permission."
)
# Passed to ``on_signal`` instead of a payload when the channel of all instances is subscribed, or a
# user's once more.
SUBSCRIBED: Final = b"subscribed"


class Feed:
    """Holds this instance's subscriptions and delivers what they receive."""

    def __init__(
        self,
        channels: Channels,
        logs: RedisLogs,
        seen: SeenPositions,
        listener: Listener,
        metrics: StoreMetrics,
        keys: Keys,
    ) -> None:
        self._channels = channels
        self._keys = keys
        self._metrics = metrics
        self._logs = logs
        self._seen = seen
        self._listener = listener
        self.following = Following(channels, keys, seen, self._new_room)
        self._is_confirmed = False  # the channel of all instances, since the last interruption
        self._away: set[str] = set()  # sources whose last attempt to receive failed
        self._tasks = Tasks()

    async def start(self, on_signal: Callable[[str, bytes], None]) -> None:
        """Begin to listen; ``on_signal`` handles all that is no entry. Raises Unavailable."""
        self._on_signal = on_signal
        await self._channels.subscribe(self._keys.all_instances_subscribe_to)
        self._sources: set[str] = set()
        self._listen_to_new_sources()
        self._spawn(self._check())
        self._beat(asyncio.get_running_loop().time())

    async def stop(self) -> None:
        self._next_beat.cancel()
        await self._tasks.cancel()
        await self._channels.stop()

    def remove(self, room: str) -> None:
        """Stop to follow ``room``, which was removed, and tell the listener of it."""
        self.following.drop(room)
        self._seen.forget(room)  # the position means nothing any more
        self._listener.on_removed(room)

    def seen(self, room: str) -> Position:
        """Return the newest known position of ``room``'s log, with an empty epoch for none."""
        followed, noted = self.following.room(room), self._seen.of(room)
        read = None if followed is None else followed.position
        if read is None:
            return noted or Position("", 0)
        return max(read, noted) if noted and noted.epoch == read.epoch else read

    def check_is_heard(self) -> None:
        """Raise Unavailable if the subscriptions have been lost for GRACE_S."""
        lost_at_s, now_s = self._metrics.feed_lost_at_s, asyncio.get_running_loop().time()
        if lost_at_s is not None and now_s - lost_at_s >= GRACE_S:
            raise Unavailable(Code.UNAVAILABLE, _NOT_HEARD, retry_ms=RETRY_MS)

    def rooms(self) -> list[str]:
        return [followed.room for followed in self.following.rooms.values()]

    def room_of(self, channel: str) -> str | None:
        followed = self.following.rooms.get(channel)
        return None if followed is None else followed.room

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        """Return the entries after ``since``, as Backplane.read.

        If the room is followed, they are checked to be of the log whose entries were seen here.
        """
        followed = self.following.room(room)
        try:
            if followed is None:
                return await self._logs.read(room, since, limit=limit)
            return await followed.read(since, limit=limit)
        except ResyncNeeded:
            # Redis may have lost entries. Judge by what this instance saw, not by the client's
            # cursor: anybody could start a new epoch of a room with a made-up cursor.
            await self.read_on(room)
            raise

    async def read_on(self, room: str) -> None:
        """Read a followed room's log on; begin a new epoch if it has lost entries seen here."""
        if (followed := self.following.room(room)) is not None:
            followed.read_on()
            await followed.idle.wait()

    async def delivered(self, room: str) -> None:
        """Wait until all entries of ``room`` received so far have been delivered."""
        if (followed := self.following.room(room)) is not None:
            await followed.idle.wait()

    def _new_room(self, room: str) -> Followed:
        return Followed(room, self._logs, self._listener, self._metrics, self._tasks, self.remove)

    # Listening

    def _listen_to_new_sources(self) -> None:
        for name, receive in self._channels.sources().items():
            if name not in self._sources:
                self._sources.add(name)
                self._spawn(self._listen(name, receive))

    async def _listen(self, name: str, receive: Receive) -> None:
        while True:
            try:
                messages = await receive(CHECK_INTERVAL_S)
                self._away.discard(name)
                for message in messages:
                    self._receive(message)
                if not self._metrics.is_feed_up and self._is_confirmed and not self._away:
                    self._metrics.feed_lost_at_s = None
                    log.info("Redis is back; reading on where the live feed stopped")
            except Unavailable as error:
                self._away.add(name)
                self._is_confirmed = False
                if self._metrics.is_feed_up:
                    self._metrics.feed_lost_at_s = asyncio.get_running_loop().time()
                    self._metrics.feed_interruptions += 1
                    for followed in self.following.rooms.values():
                        followed.is_unsure = True
                    log.warning("The live feed from Redis is interrupted: %s", error.__cause__)
                await asyncio.sleep(RECONNECT_S * (0.5 + random.random()))

    def _receive(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        followed = self.following.rooms.get(channel)
        match message["type"]:
            case "subscribe" | "ssubscribe" if channel == self._keys.all_instances:
                # A new subscription: Redis, or another in its place, may have lost entries.
                self._is_confirmed = True
                self._seen.is_unsure = True
                self._on_signal(channel, SUBSCRIBED)
            case "subscribe" | "ssubscribe" if followed is not None:
                # The first subscription, or a new one: in both cases the log has what was missed.
                followed.is_unsure = True
                followed.read_on()
            case "subscribe" | "ssubscribe" if channel in self.following.users:
                if self.following.users[channel].confirm():
                    self._on_signal(channel, SUBSCRIBED)
            case "message" | "smessage":
                payload: bytes = message["data"]
                if not payload.startswith(b"e "):
                    self._on_signal(channel, payload)
                elif followed is not None:
                    followed.receive(payload)

    # Checking

    def _beat(self, due_s: float) -> None:
        """Read all logs on if this comes late.

        A timer, which the loop runs before any task that takes payloads from a socket.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - due_s > STALL_S:
            for followed in self.following.rooms.values():
                followed.read_on()
        self._next_beat = loop.call_at(now + BEAT_S, self._beat, now + BEAT_S)

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S * (0.75 + random.random() / 2))
            try:
                self._listen_to_new_sources()
                if not self._is_confirmed:
                    # Only a confirmation shows that messages arrive: a user without permission to
                    # subscribe is refused once, and then receives nothing.
                    await self._channels.subscribe(self._keys.all_instances_subscribe_to)
                await self.following.unsubscribe_unused()
                await self._check_heads()
                if self._seen.is_unsure:
                    await self._seen.verify()
            except ChatError as error:
                log.info("The live feed could not be checked: %s", error)

    async def _check_heads(self) -> None:
        rooms = {followed.room: followed for followed in self.following.rooms.values()}
        heads = await self._logs.heads(rooms)
        self._metrics.feed_lag_entries = sum(
            followed.lag(heads[room]) for room, followed in rooms.items()
        )
        for room, followed in rooms.items():
            # A head may be ahead only by entries that are on their way, but a read costs little.
            if followed.idle.is_set() and heads[room] != followed.position:
                followed.read_on()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(work, context=log_context.nothing())
