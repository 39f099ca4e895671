"""A room that is read here: who reads it, where they stand, and what waits to be written.

Most readers stand where the room does, so that what comes next in it is what comes next for them.
They are *live*: they share the room's ``SharedPosition``, which moves them all at once, and are
kept in groups, by framing, with the function that writes to each. Thousands of readers do not fit
into a processor's cache: looking at each of them costs a twelfth of what writing to 5,000 does.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from chat.hub.reader import Reader, SharedPosition
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import PRESENCE

# Between an answer and the next poll lies a round trip, in which a lively room goes on. So many of
# its turns are kept for those who poll; who is longer away, or missed more, is served by the log.
MISSED_BATCHES: Final = 4
MISSED_BYTES: Final = 64 << 10  # of one: some 150 usual messages

SubscriberGroup = dict[Reader, Callable[[bytes], int]]  # with each reader's Sink.write


class Batch(NamedTuple):
    """What one turn brought, as polls have it."""

    before: Position
    joined: bytes
    pushes: int
    mentioning: list[Outgoing]


class LiveRoom:
    """A room that has readers here, or is kept for those who are between two polls."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.groups: defaultdict[Framing, SubscriberGroup] = defaultdict(dict)
        self.others: dict[Reader, None] = {}  # that catch up, or can't be written to yet
        self.parked = 0  # readers between two polls: the room stays as they left it
        self.missed: deque[Batch] = deque(maxlen=MISSED_BATCHES)  # what those missed; end to end
        self.place: SharedPosition | None = (
            None  # what is written up to here; None: nobody was live yet
        )
        self.newest: Position | None = None
        self.batch: list[Outgoing] = []  # came in this turn
        self.is_whole = True  # the batch follows what was written without a hole
        # Who was given a presence that not all were given, or not yet; its payload's hash.
        self.shown: dict[Reader, int] = {}
        self.rest_s = 0.0  # how long, after the last fan-out
        # By the loop's time, whose zero is any moment: a machine's start, for one.
        self.rest_until_s = -math.inf

    @property
    def readers(self) -> Iterator[Reader]:
        return chain(*self.groups.values(), self.others)

    def __len__(self) -> int:
        """How many can be written to, or catch up."""
        return sum(map(len, self.groups.values())) + len(self.others)

    @property
    def is_deserted(self) -> bool:
        return not (len(self) or self.parked)

    @property
    def written(self) -> Position | None:
        """Where live readers stand."""
        return self.place.position if self.place is not None else None

    # Who reads

    def stand(self, reader: Reader, position: Position) -> None:
        """Have ``reader`` read from ``position`` on, not live."""
        self.leave(reader)
        reader.places[self.name] = SharedPosition(position)
        self.others[reader] = None

    def leave(self, reader: Reader) -> None:
        if self.groups[reader.framing].pop(reader, None) is None:
            self.others.pop(reader, None)

    def mark_live(self, reader: Reader) -> None:
        """Make ``reader``, which has caught up, live if it stands where the room does."""
        place = self.place
        if not reader.is_gone and place is not None and self.position_of(reader) == place.position:
            reader.places[self.name] = place
            self.uncork(reader)

    def uncork(self, reader: Reader) -> None:
        """Put ``reader`` in its group if it is live and can be written to."""
        if reader.places[self.name] is self.place and not reader.is_corked:
            self.others.pop(reader, None)
            self.groups[reader.framing][reader] = reader.sink.write

    def reframe(self, reader: Reader, before: Framing) -> None:
        """Move ``reader``, whose framing was another one ``before``, to its group."""
        if (write := self.groups[before].pop(reader, None)) is not None:
            self.groups[reader.framing][reader] = write

    def mark_behind(self) -> None:
        """Make nobody live: what comes next may not be what comes next for them."""
        for reader in tuple(self.readers):
            if reader.places[self.name] is self.place:
                self.stand(reader, self.position_of(reader))

    def position_of(self, reader: Reader) -> Position:
        return reader.places[self.name].position

    def park(self, reader: Reader) -> None:
        """Have ``reader`` stand where it does until it comes back."""
        self.leave(reader)
        reader.places[self.name] = SharedPosition(self.position_of(reader))
        self.parked += 1

    def missed_by(self, reader: Reader) -> Sequence[Batch] | None:
        """Return what came since ``reader`` was parked; None where the log must be asked."""
        position = self.position_of(reader)
        if position is self.written:
            return ()
        for number, batch in enumerate(self.missed):
            if batch.before is position:
                return tuple(self.missed)[number:]
        return None

    def take_back(self, reader: Reader) -> None:
        """Have ``reader``, which was parked and has been given what it missed, read on."""
        assert self.place is not None  # it has read here
        self.parked -= 1
        reader.places[self.name] = self.place
        self.groups[reader.framing][reader] = reader.sink.write

    # Who knows who is here

    def take_shown(self, fingerprint: int) -> Collection[Reader]:
        """Return who was given the presence of this hash that all are given now.

        They are live no more, for in its group a reader is given all that others are.
        """
        shown, self.shown = self.shown, {}
        seen_by = {reader for reader, seen in shown.items() if seen == fingerprint}
        for reader in seen_by:
            if not (reader.is_gone or self.name in reader.buffered):
                self.stand(reader, self.position_of(reader))
        return seen_by

    def note_presence(self, reader: Reader, batch: Iterable[Outgoing]) -> None:
        """``reader``, which can't be written to yet, will be given ``batch``."""
        for push in batch:
            if push.type == PRESENCE:
                self.shown[reader] = hash(push.payload)

    def is_told(self, reader: Reader, presence: Outgoing) -> bool:
        """Return whether ``reader`` was given ``presence`` last, or is about to, as all others."""
        waiting = reader.buffered.get(self.name, self.batch)
        return self.shown.get(reader) == hash(presence.payload) or any(
            push.payload == presence.payload for push in waiting
        )

    # What they read

    def add(self, push: Outgoing) -> None:
        if push.position is not None:
            if self.newest is not None and not push.position.follows(self.newest):
                self.is_whole = False
            self.newest = push.position
        self.batch.append(push)

    def begin(self, position: Position) -> None:
        """Have the room, which nobody has read live, be written up to ``position``."""
        self.place = SharedPosition(position)
        if self.batch:
            self.is_whole = False  # who knows whether that is where it begins
        else:
            self.newest = position

    def move(self, position: Position | None) -> None:
        """Move all live readers."""
        if self.place is not None and position is not None:
            self.place.position = position
        elif position is not None:
            self.place = SharedPosition(position)

    def restart(self, position: Position) -> None:
        """Have the room, whose log has begun a new life, be written up to ``position``."""
        self.mark_behind()
        self.move(position)
        self.newest = position
        self.is_whole = True
        self.missed.clear()

    def keep(
        self,
        before: Position | None,
        joined: bytes | None,
        pushes: int,
        mentioning: list[Outgoing],
    ) -> None:
        """Keep what was written behind ``before`` for those who are between two polls, if any."""
        if before is None or joined is None or len(joined) > MISSED_BYTES:
            self.missed.clear()
        else:
            self.missed.append(Batch(before, joined, pushes, mentioning))
