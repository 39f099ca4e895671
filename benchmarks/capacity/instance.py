"""The model of an instance: its event-loop turns, the rooms' rests and the messages of a turn.

It does with messages what chat/hub/hub.py and chat/backplane/embedded/writer.py do, at the
measured cost of each step; it leaves out what they do with bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from benchmarks.capacity.engine import US, Core, Process, Work, World
from benchmarks.capacity.followers import Costs, Followers, costs
from benchmarks.capacity.parameters import Parameters
from chat.hub.write_schedule import FAN_OUT_S, POLL_S, STORE_S

# The answer's share of a poll's cost; the next request is the rest. Attaching lies between them.
ANSWER_SHARE: Final = 0.5

# Linux acknowledges the first segments of a connection at once, each with its own packet, which
# costs the sender time; it delays later ones (TCP_MAX_QUICKACKS in net/tcp.h).
QUICK_ACKS: Final = 16

# After this long without work a disk starts more slowly.
LATE_S: Final = 0.01

# Called with the number of a watched reader and the messages that were sent to it.
Heard = Callable[[int, Sequence["Message"]], None]
# Called with the number of a room's polls that were answered. Their clients ``ask_again``.
Answered = Callable[["Instance", "Room", int], None]


@dataclass
class Message:
    room: int
    speaker: int
    said_at_s: float


@dataclass
class Room:
    """A room's readers on one instance: how many, and the numbers of the watched ones."""

    readers: int
    watched: Mapping[int, int] = field(default_factory=dict)  # place among the readers -> number
    polls: int = 0  # how many of the readers poll: the last ones
    batch: list[Message] = field(default_factory=list)
    rest_until_s: float = 0.0
    writes: int = 0  # to each of its readers
    back: int = 0  # polls that have come again since they were answered
    due_s: float | None = None  # when the waiting batch is written; None: nothing waits


class Instance:
    """One process with an event loop."""

    def __init__(
        self,
        world: World,
        core: Core,
        known: Parameters,
        rooms: Mapping[int, Room],
        heard: Heard,
        store: "Callable[[Instance, list[Message]], None] | None" = None,
        answered: Answered = lambda instance, room, count: instance.ask_again(room, count),
        *,
        following: Costs | None = None,
        on_redis: Callable[[float], None] = lambda cost_us: None,
    ) -> None:
        """``store`` stores a turn's messages and calls ``hear``; None: the instance's own disk.

        ``following`` is what followers cost; None: those of an instance with its own disk.
        ``on_redis`` has so many µs of their work done by Redis.
        """
        self.loop = Process(core, self._turn, waking_s=known.wake_us * US)
        self.aside = Process(core)  # what followers do while the loop sleeps
        self._followers = Followers(
            world,
            self.loop,
            following or costs(known, through_redis=False),
            aside=self.aside,
            on_redis=on_redis,
        )
        self._world = world
        self._known = known
        self._rooms = rooms
        self._heard = heard
        self._store = store
        self._answered = answered
        self._take_us = known.redis_take_us if store else known.take_us
        self._hear_us = known.hear_us if store else 0.0
        self._came: list[Message] = []
        self._stored: list[Message] = []
        self._rested: list[Room] = []
        self._asking: list[tuple[Room, int]] = []  # polls that have come again
        self._storing: list[Message] = []
        self._is_storing = False
        self._synced_at_s = -LATE_S

    def take(self, message: Message) -> None:
        """Receive a speaker's message."""
        self._came.append(message)
        self.loop.wake()

    def hear(self, messages: Sequence[Message]) -> None:
        """Receive ``messages`` by the live feed."""
        self._stored += messages
        self.loop.wake()

    def ask_again(self, room: Room, count: int) -> None:
        """Receive ``count`` polls of a room."""
        self._asking.append((room, count))
        self.loop.wake()

    def do(self, cost_us: float, then: Callable[[], None]) -> None:
        """Do other work, such as a connect, then call ``then``."""
        self.loop.wake((cost_us * US, then))

    # A turn

    def _turn(self) -> Sequence[Work]:
        works: list[Work] = []
        if self._stored:
            heard, self._stored = self._stored, []
            works.append((self._hear_us * US * len(heard), lambda: self._dispatch(heard)))
        if self._came:
            came, self._came = self._came, []
            works.append((self._take_us * US * len(came), lambda: self._keep(came)))
        for room, count in self._asking:
            again_us = self._known.poll_us * (1 - ANSWER_SHARE) * count
            works.append((again_us * US, partial(self._are_back, room, count)))
        self._asking = []
        if self._rested:
            rested, self._rested = self._rested, []
            works.append((0.0, lambda: self._write_all(rested)))
        return works

    def _keep(self, came: list[Message]) -> None:
        if self._store is not None:
            self._store(self, came)
            return
        self._storing += came
        if not self._is_storing:
            self._sync()

    def _sync(self) -> None:
        """Commit a transaction; messages that arrive meanwhile join the next one."""
        self._is_storing = True
        stored, self._storing = self._storing, []

        def done() -> None:
            self._synced_at_s = self._world.now_s
            self.hear(stored)
            self._is_storing = False
            if self._storing:
                self._sync()

        is_late = self._world.now_s - self._synced_at_s >= LATE_S
        sync_ms = self._known.late_sync_ms if is_late else self._known.sync_ms
        self.do(self._known.commit_us, lambda: self._world.after(sync_ms * 1e-3, done))

    def _dispatch(self, heard: Sequence[Message]) -> None:
        self._followers.note(message.room for message in heard)
        for message in heard:
            self._rooms[message.room].batch.append(message)
        for number in dict.fromkeys(message.room for message in heard):
            room = self._rooms[number]
            store_s = STORE_S * room.readers if self._is_storing else 0.0
            due_s = room.rest_until_s + store_s
            if due_s <= self._world.now_s:
                room.due_s = None
                self._write(room)
            elif room.due_s is None:
                room.due_s = due_s
                self._world.at(due_s, lambda room=room: self._end_rest(room))

    def _end_rest(self, room: Room) -> None:
        """Write the room's batch at the end of the next turn, with that turn's messages."""
        if room.due_s is not None and room.due_s <= self._world.now_s:
            self._rested.append(room)
            self.loop.wake()

    def _are_back(self, room: Room, count: int) -> None:
        """Count returned polls; end the room's rest when all of its polls have returned."""
        room.back += count
        if room.back >= room.polls:
            room.rest_until_s = self._world.now_s
            if room.due_s is not None:
                room.due_s = self._world.now_s
                self._end_rest(room)

    def _write_all(self, rested: Sequence[Room]) -> None:
        for room in rested:
            room.due_s = None
            self._write(room)

    def _write(self, room: Room) -> None:
        """Write the room's batch to each reader, and call ``heard`` for each watched one."""
        batch, room.batch = room.batch, []
        if not batch:
            return
        known = self._known
        write_us, answer_us = self._costs_us(room, len(batch))
        room.writes += 1
        room.back = 0
        streams = room.readers - room.polls
        works: list[Work] = [
            (known.room_us * US, lambda: self._wait_for_polls(room)),
        ]
        before = 0
        for place in dict.fromkeys([*room.watched, room.readers - 1]):
            written = max(0, min(place + 1, streams) - before)
            answered = place + 1 - before - written
            cost_us = written * write_us + answered * answer_us
            works.append((cost_us * US, partial(self._reach, room, place, batch, answered)))
            before = place + 1
        works.append((0.0, lambda: self._written(room, len(batch))))
        self.loop.wake(*works)

    def _costs_us(self, room: Room, messages: int) -> tuple[float, float]:
        """Return the present cost of a write to one stream, and of an answer to one poll."""
        known = self._known
        ack_us = known.young_us if room.writes < QUICK_ACKS else 0.0
        kib = messages * known.message_bytes / 1024
        write_us = known.write_us + known.write_kib_us * kib
        answer_us = known.poll_us * ANSWER_SHARE + known.answer_kib_us * kib
        return write_us + ack_us, answer_us + ack_us

    def _reach(self, room: Room, place: int, batch: Sequence[Message], answered: int) -> None:
        """Report that all readers up to ``place`` have been written to, or answered."""
        if answered:
            self._answered(self, room, answered)
        if (number := room.watched.get(place)) is not None:
            self._heard(number, batch)

    def _written(self, room: Room, messages: int) -> None:
        if not room.polls and messages > 1:  # after a single message there is nothing to join
            room.rest_until_s = self._world.now_s + FAN_OUT_S * room.readers

    def _wait_for_polls(self, room: Room) -> None:
        """Wait for the room's polls to return, for a limited time."""
        if room.polls:
            room.rest_until_s = self._world.now_s + (FAN_OUT_S + POLL_S) * room.readers
