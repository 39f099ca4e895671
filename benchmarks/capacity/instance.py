"""An instance as the model has it: turns, rooms that rest, and what a turn has brought.

It does what chat/hub.py and chat/backplane/embedded/writer.py do with messages, at the cost that
was measured for each step; what they do with bytes is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.capacity.engine import Core, Process, Work, World
from benchmarks.capacity.parameters import Parameters
from chat.hub import FAN_OUT_S, POLL_S

US: Final = 1e-6
# Of a poll: its answer; the rest is the request that comes next. Attaching lies between the two.
ANSWER_SHARE: Final = 0.5

# Who looks at what comes: called with the number of a reader and what it was sent.
Heard = Callable[[int, Sequence["Message"]], None]


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
    are_polls: bool = False
    batch: list[Message] = field(default_factory=list)
    rest_until_s: float = 0.0
    is_awaited: bool = False  # its rest will end, and then it is written


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
    ) -> None:
        """``store`` keeps a turn's messages and has them come back; None: its own disk does."""
        self.loop = Process(core, self._turn, waking_s=known.wake_us * US)
        self._world = world
        self._known = known
        self._rooms = rooms
        self._heard = heard
        self._store = store
        self._take_us = known.redis_take_us if store else known.take_us
        self._hear_us = known.hear_us if store else 0.0
        self._came: list[Message] = []
        self._stored: list[Message] = []
        self._rested: list[Room] = []
        self._asking: list[Room] = []  # whose polls were answered
        self._storing: list[Message] = []
        self._is_storing = False

    def take(self, message: Message) -> None:
        """Have a speaker's message come in."""
        self._came.append(message)
        self.loop.wake()

    def hear(self, messages: Sequence[Message]) -> None:
        """Have these come by the live feed."""
        self._stored += messages
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
        if self._asking:
            asking, self._asking = self._asking, []
            again_us = self._known.poll_us * (1 - ANSWER_SHARE) * sum(r.readers for r in asking)
            works.append((again_us * US, lambda: self._are_back(asking)))
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
            self.hear(stored)
            self._is_storing = False
            if self._storing:
                self._sync()

        self._world.after(self._known.sync_ms * 1e-3, done)

    def _dispatch(self, heard: Sequence[Message]) -> None:
        for message in heard:
            self._rooms[message.room].batch.append(message)
        for number in dict.fromkeys(message.room for message in heard):
            room = self._rooms[number]
            if room.is_awaited:
                continue
            if room.rest_until_s <= self._world.now_s:
                self._write(room)
            else:
                room.is_awaited = True
                self._world.at(room.rest_until_s, lambda room=room: self._end_rest(room))

    def _end_rest(self, room: Room) -> None:
        """Have the room written at the end of the next turn, with what that one brings."""
        if room.is_awaited and room.rest_until_s <= self._world.now_s:
            self._rested.append(room)
            self.loop.wake()

    def _are_back(self, rooms: Sequence[Room]) -> None:
        """A room whose polls have all come again is not waited for any longer."""
        for room in rooms:
            room.rest_until_s = self._world.now_s
            self._end_rest(room)

    def _write_all(self, rested: Sequence[Room]) -> None:
        for room in rested:
            room.is_awaited = False
            self._write(room)

    def _write(self, room: Room) -> None:
        """Write the room's batch to each of its readers, and tell those who look when it is."""
        batch, room.batch = room.batch, []
        if not batch:
            return
        known = self._known
        each_us = known.poll_us * ANSWER_SHARE if room.are_polls else known.write_us
        works: list[Work] = [(known.room_us * US, lambda: self._wait_for_polls(room))]
        before = 0
        for place, number in room.watched.items():
            cost_us = each_us * (place + 1 - before)
            works.append((cost_us * US, lambda number=number: self._heard(number, batch)))
            before = place + 1
        works.append(
            (each_us * (room.readers - before) * US, lambda: self._written(room, len(batch)))
        )
        self.loop.wake(*works)

    def _written(self, room: Room, messages: int) -> None:
        if room.are_polls:  # and now they ask again
            self._asking.append(room)
            self.loop.wake()
        elif messages > 1:  # where a turn brought but one there is nothing to join
            room.rest_until_s = self._world.now_s + FAN_OUT_S * room.readers

    def _wait_for_polls(self, room: Room) -> None:
        """Their answers are on their way; so long they are waited for at most."""
        if room.are_polls:
            room.rest_until_s = self._world.now_s + (FAN_OUT_S + POLL_S) * room.readers
