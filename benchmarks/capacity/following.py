"""Measures what followers cost, by the code of the server: the model's parameters of them.

They run in this process, on a store of their own, and get different numbers of messages in
different numbers of rooms. What they spend until they have handled them, less what they spend
without messages, is the cost of one turn; the differences between such turns are the costs of a
room and of a message.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from benchmarks.load.dialects import text
from benchmarks.machine import SERVER_CPU, cpu_s, on_cpu
from chat.accounts.identity import new_guest
from chat.backplane.base import Backplane
from chat.backplane.embedded.recent import ENTRIES
from chat.backplane.listener import Deaf
from chat.backplane.open import open_backplane
from chat.backplane.records import Draft
from chat.clock import SystemClock
from chat.followers.followers import Followers
from chat.followers.open import Gate, open_followers
from chat.protocol.entries import Entry, MessageBody
from chat.rooms import LOBBY
from chat.settings.settings import Settings
from tests.support.redis_server import run_redis

# Longer than it usually takes to gather messages and to handle them.
SPAN_S: Final = 0.5
IDLE_S: Final = 3.0
# As long as nothing else keeps the core for a minute.
TIMEOUT_S: Final = 60.0
ROUNDS: Final = 7
ROOMS: Final = 64
# Messages of a turn: as many as an instance with its own disk has in memory of one room.
MESSAGES: Final = ENTRIES
SECRET: Final = b"x" * 64


class Spent(NamedTuple):
    """CPU time, µs: of this process, and of Redis."""

    here: float
    redis: float


def measure() -> dict[str, float]:
    """Measure and return what followers cost, by the names of the parameters."""
    with on_cpu(SERVER_CPU):
        turn, room, message = asyncio.run(_measure(None))
        with run_redis() as server:
            pid = server.client().info("server")["process_id"]
            _, page, message_there = asyncio.run(_measure(server.url, pid))
    return {
        "follow_turn_us": turn.here,
        "follow_room_us": room.here,
        "follow_us": message.here,
        "follow_page_us": page.here,
        "redis_follow_page_us": page.redis,
        "redis_follow_us": message_there.redis,
    }


async def _measure(redis_url: str | None, pid: int | None = None) -> tuple[Spent, Spent, Spent]:
    """Return the costs of a turn, of one more room in it, and of one more message."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DATA_DIR": folder, "SECRET": SECRET.decode(), "REDIS_URL": redis_url or ""}
        instance = _Instance(Settings.read(settings), pid)
        await instance.start()
        rounds = [
            [
                await instance.spend(messages, rooms)
                for messages, rooms in ((1, 1), (MESSAGES, 1), (MESSAGES, ROOMS))
            ]
            for _ in range(ROUNDS)
        ]
        await instance.stop()
    one, many, spread = (_median(found) for found in zip(*rounds, strict=True))
    return (
        one,
        _each(spread, many, ROOMS - 1),
        _each(many, one, MESSAGES - 1),
    )


def _median(found: Sequence[Spent]) -> Spent:
    return Spent(*(statistics.median(values) for values in zip(*found, strict=True)))


def _each(more: Spent, less: Spent, count: float) -> Spent:
    return Spent(*(max(0.0, (one - other) / count) for one, other in zip(more, less, strict=True)))


class _Live(Deaf):
    """Gives followers the hints that they get of an instance with readers in all rooms."""

    def __init__(self, followers: Followers) -> None:
        self._followers = followers

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self._followers.note(entries)


class _Instance:
    """All followers of an instance, and no clients."""

    def __init__(self, settings: Settings, redis_pid: int | None) -> None:
        clock = SystemClock()
        self._backplane: Backplane = open_backplane(settings, clock)
        self._followers = open_followers(
            settings,
            self._backplane,
            clock,
            gate=Gate(_is_let_in, lambda user, device: False),
            secret=SECRET,
            instance="benchmark",
        )
        self._redis_pid = redis_pid
        self._user = new_guest().user
        self._rooms = [LOBBY, *(f"room{number}" for number in range(1, ROOMS))]
        self._sent = 0
        self._idle = Spent(0.0, 0.0)  # a second, without messages

    async def start(self) -> None:
        await self._backplane.start(_Live(self._followers))
        self._followers.start()
        for room in self._rooms[1:]:
            await self._backplane.join(self._draft(room))
        await self._backplane.follow(self._rooms)
        async with asyncio.timeout(TIMEOUT_S):
            while not await self._are_followed():
                pass
        await self.spend(MESSAGES, ROOMS)  # the first of each room costs more
        began_s, before = time.monotonic(), self._spent()
        await asyncio.sleep(IDLE_S)
        self._idle = _each(self._spent(), before, time.monotonic() - began_s)

    async def stop(self) -> None:
        await self._followers.stop()
        await self._backplane.stop()

    async def spend(self, messages: int, rooms: int) -> Spent:
        """Return what followers spent on ``messages``."""
        is_whole = False
        async with asyncio.timeout(TIMEOUT_S):
            while not is_whole:
                handled = self._handled()
                await self._say(messages, rooms)
                began_s, before = time.monotonic(), self._spent()
                # They begin after GATHER_S: only where this process stood still, before this.
                is_whole = self._handled() == handled
                is_over = False
                while not is_over:
                    await asyncio.sleep(SPAN_S)
                    is_over = self._handled() >= handled + messages * len(self._followers.metrics)
        spent, wall_s = self._spent(), time.monotonic() - began_s
        return Spent(
            *(
                after - earlier - idle * wall_s
                for after, earlier, idle in zip(spent, before, self._idle, strict=True)
            )
        )

    async def _are_followed(self) -> bool:
        """Return whether followers read all rooms: they find new ones, and begin at their ends."""
        wanted = self._handled() + ROOMS * len(self._followers.metrics)
        await self._say(ROOMS, ROOMS)
        await asyncio.sleep(SPAN_S)
        return self._handled() >= wanted

    async def _say(self, messages: int, rooms: int) -> None:
        drafts = [self._draft(self._rooms[number % rooms]) for number in range(messages)]
        await self._backplane.append_all(drafts)

    def _spent(self) -> Spent:
        redis_s = 0.0 if self._redis_pid is None else cpu_s(self._redis_pid)
        return Spent(1e6 * time.process_time(), 1e6 * redis_s)

    def _handled(self) -> int:
        return sum(metrics.handled for metrics in self._followers.metrics.values())

    def _draft(self, room: str) -> Draft:
        self._sent += 1
        body = MessageBody(
            user=self._user,
            name="A guest",
            time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            key=str(self._sent),
            text=text(0, self._sent),
            html=text(0, self._sent),
        )
        return Draft(room=room, user=self._user, body=body, key=body.key, is_open=True)


async def _is_let_in(user: str) -> bool:
    return True
