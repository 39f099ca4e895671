"""An instance as the model has it: turns, rooms that rest, and what a turn has brought.

It does what chat/hub/hub.py and chat/backplane/embedded/writer.py do with messages, at the cost
that was measured for each step; what they do with bytes is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from benchmarks.capacity.engine import Core, Process, Work, World
from benchmarks.capacity.parameters import Parameters
from chat.hub.write_delay import FAN_OUT_S, POLL_S, STORE_S

US: Final = 1e-6
# Of a poll: its answer; the rest is the request that comes next. Attaching lies between the two.
ANSWER_SHARE: Final = 0.5

# Linux acknowledges the first segments of a connection at once, each by a packet of its own that
# the sender takes in, and later ones when it is convenient (TCP_MAX_QUICKACKS in net/tcp.h).
QUICK_ACKS: Final = 16

# A disk that has had nothing to do for so long is slower to begin.
LATE_S: Final = 0.01

# Who looks at what comes: called with the number of a reader and what it was sent.
Heard = Callable[[int, Sequence["Message"]], None]
# Who polls: called with how many of a room's polls have been answered. They ``ask_again``.
Answered = Callable[["Instance", "Room", int], None]


@dataclass
class Message:
    room: int
    speaker: int
    said_at_s: float


@dataclass
class Room:
    """One room's readers on one instance, by number, and those of them that somebody looks at."""

    readers: int
    watched: Mapping[int, int] = field(default_factory=dict)  # place among the readers -> number
    polls: int = 0  # of the readers, the last ones
    batch: list[Message] = field(default_factory=list)
    rest_until_s: float = 0.0
    writes: int = 0  # to each of its readers
    back: int = 0  # polls that have come again since they were answered
    due_s: float | None = None  # when what waits is written; None: nothing waits


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
    ) -> None:
        """``store`` keeps a turn's messages and has them come back; None: its own disk does."""
        self.loop = Process(core, self._turn, waking_s=known.wake_us * US)
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
        """Have a speaker's message come in."""
        self._came.append(message)
        self.loop.wake()

    def hear(self, messages: Sequence[Message]) -> None:
        """Have these come by the live feed."""
        self._stored += messages
        self.loop.wake()

    def ask_again(self, room: Room, count: int) -> None:
        """Have so many of a room's polls come."""
        self._asking.append((room, count))
        self.loop.wake()

    def do(self, cost_us: float, then: Callable[[], None]) -> None:
        """Have it do something else: a connect."""
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
        """What comes while the disk is waited for goes with the next transaction."""
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
        """Have the room written at the end of the next turn, with what that one brings."""
        if room.due_s is not None and room.due_s <= self._world.now_s:
            self._rested.append(room)
            self.loop.wake()

    def _are_back(self, room: Room, count: int) -> None:
        """A room whose polls have all come again is not waited for any longer."""
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
        """Write the room's batch to each of its readers, and tell those who look when it is."""
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
        """Return what a write to one of its streams costs now, and what an answer to a poll."""
        known = self._known
        ack_us = known.young_us if room.writes < QUICK_ACKS else 0.0
        kib = messages * known.message_bytes / 1024
        write_us = known.write_us + known.write_kib_us * kib
        answer_us = known.poll_us * ANSWER_SHARE + known.answer_kib_us * kib
        return write_us + ack_us, answer_us + ack_us

    def _reach(self, room: Room, place: int, batch: Sequence[Message], answered: int) -> None:
        """All up to this place have been written to, or answered."""
        if answered:
            self._answered(self, room, answered)
        if (number := room.watched.get(place)) is not None:
            self._heard(number, batch)

    def _written(self, room: Room, messages: int) -> None:
        if not room.polls and messages > 1:  # where a turn brought but one, nothing is to be joined
            room.rest_until_s = self._world.now_s + FAN_OUT_S * room.readers

    def _wait_for_polls(self, room: Room) -> None:
        """Their answers are on their way; so long they are waited for at most."""
        if room.polls:
            room.rest_until_s = self._world.now_s + (FAN_OUT_S + POLL_S) * room.readers
