"""The state of one room on this instance: its readers, their positions, and unwritten pushes.

Most readers are *live*: they are at the room's position, so that the room's next entry is also
theirs. They share the room's ``SharedPosition``, which advances all of them at once. They are kept
in groups, by framing, with the function that writes to each. Thousands of readers do not fit into
a processor's cache: looking at each of 5,000 costs a twelfth of what writing to them does.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from chat.hub.reader import Reader, SharedPosition
from chat.protocol.cursor import Position
from chat.protocol.outgoing import AnyFraming, Outgoing
from chat.protocol.pushes import PRESENCE

# A busy room goes on during the round trip between an answer and the next poll. So many of its
# turns are kept for clients that poll; one that missed more turns or bytes is served from the log.
MISSED_BATCHES: Final = 4
MISSED_BYTES: Final = 64 << 10  # of one turn: some 150 usual messages

SubscriberGroup = dict[Reader, Callable[[bytes], int]]  # with each reader's Sink.write


class Batch(NamedTuple):
    """The pushes of one turn, joined in the framing of polls."""

    before: Position
    joined: bytes
    pushes: int
    notifying: list[Outgoing]


class LiveRoom:
    """A room that has readers here, or is kept for parked readers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.groups: defaultdict[AnyFraming, SubscriberGroup] = defaultdict(dict)
        self.others: dict[Reader, None] = {}  # readers that catch up or are corked
        self.parked = 0  # the number of readers between two polls
        self.missed: deque[Batch] = deque(maxlen=MISSED_BATCHES)  # recent turns, without a gap
        self.shared_position: SharedPosition | None = None  # None: no reader was live yet
        self.newest: Position | None = None
        self.batch: list[Outgoing] = []  # the pushes of this turn
        self.is_whole = True  # whether the batch follows the written position without a gap
        # Readers that were given a presence before the others, with the hash of its payload.
        self.shown: dict[Reader, int] = {}
        self.delay_s = 0.0  # of the next write, after the last one
        # By the loop's time, whose zero is arbitrary: the machine's start, for example.
        self.delayed_until_s = -math.inf

    @property
    def readers(self) -> Iterator[Reader]:
        return chain(*self.groups.values(), self.others)

    def __len__(self) -> int:
        """Return the number of readers, without the parked ones."""
        return sum(map(len, self.groups.values())) + len(self.others)

    @property
    def is_empty(self) -> bool:
        return not (len(self) or self.parked)

    @property
    def written(self) -> Position | None:
        """The position of live readers; None if no reader was live yet."""
        return self.shared_position.position if self.shared_position is not None else None

    # Readers

    def read_from(self, reader: Reader, position: Position) -> None:
        """Have ``reader`` read from ``position`` on; it is not live."""
        self.leave(reader)
        reader.shared_positions[self.name] = SharedPosition(position)
        self.others[reader] = None

    def leave(self, reader: Reader) -> None:
        if self.groups[reader.framing].pop(reader, None) is None:
            self.others.pop(reader, None)

    def mark_live(self, reader: Reader) -> None:
        """Make ``reader``, which has caught up, live if it is at the room's position."""
        place = self.shared_position
        if not reader.is_gone and place is not None and self.position_of(reader) == place.position:
            reader.shared_positions[self.name] = place
            self.uncork(reader)

    def uncork(self, reader: Reader) -> None:
        """Add ``reader`` to its group if it is live and not corked."""
        if reader.shared_positions[self.name] is self.shared_position and not reader.is_corked:
            self.others.pop(reader, None)
            self.groups[reader.framing][reader] = reader.sink.write

    def reframe(self, reader: Reader, before: AnyFraming) -> None:
        """Move ``reader`` from the group of its framing ``before`` to that of its framing now."""
        if (write := self.groups[before].pop(reader, None)) is not None:
            self.groups[reader.framing][reader] = write

    def mark_behind(self) -> None:
        """Make no reader live: the room's next entry may not be the next one for them."""
        for reader in tuple(self.readers):
            if reader.shared_positions[self.name] is self.shared_position:
                self.read_from(reader, self.position_of(reader))

    def position_of(self, reader: Reader) -> Position:
        return reader.shared_positions[self.name].position

    def park(self, reader: Reader) -> None:
        """Keep the position of ``reader`` until it returns."""
        self.leave(reader)
        reader.shared_positions[self.name] = SharedPosition(self.position_of(reader))
        self.parked += 1

    def missed_by(self, reader: Reader) -> Sequence[Batch] | None:
        """Return the batches since ``reader`` was parked; None if it must read the log."""
        position = self.position_of(reader)
        if position is self.written:
            return ()
        for number, batch in enumerate(self.missed):
            if batch.before is position:
                return tuple(self.missed)[number:]
        return None

    def resume(self, reader: Reader) -> None:
        """Make a parked ``reader`` live again; the caller sends it the batches that it missed."""
        assert self.shared_position is not None  # it has read here
        self.parked -= 1
        reader.shared_positions[self.name] = self.shared_position
        self.groups[reader.framing][reader] = reader.sink.write

    # Presence that readers were shown

    def pop_shown(self, fingerprint: int) -> Collection[Reader]:
        """Return the readers that were already given the presence with this hash.

        They stop being live, for all readers of a group are sent the same pushes.
        """
        shown, self.shown = self.shown, {}
        seen_by = {reader for reader, seen in shown.items() if seen == fingerprint}
        for reader in seen_by:
            if not (reader.is_gone or self.name in reader.buffered):
                self.read_from(reader, self.position_of(reader))
        return seen_by

    def note_presence(self, reader: Reader, batch: Iterable[Outgoing]) -> None:
        """Note the presence in ``batch``, which ``reader`` gets apart from a group."""
        for push in batch:
            if push.type == PRESENCE:
                self.shown[reader] = hash(push.payload)

    def has_presence(self, reader: Reader, presence: Outgoing) -> bool:
        """Return whether ``reader`` was given ``presence`` last, or will get it by itself."""
        return self.shown.get(reader) == hash(presence.payload) or any(
            push.payload == presence.payload for push in self.batch
        )

    # Pushes

    def add(self, push: Outgoing) -> None:
        if push.position is not None:
            if self.newest is not None and not push.position.follows(self.newest):
                self.is_whole = False
            self.newest = push.position
        self.batch.append(push)

    def begin(self, position: Position) -> None:
        """Set the first position of live readers."""
        self.shared_position = SharedPosition(position)
        if self.batch:
            self.is_whole = False  # the batch may not begin right after ``position``
        else:
            self.newest = position

    def move(self, position: Position | None) -> None:
        """Advance all live readers to ``position``."""
        if self.shared_position is not None and position is not None:
            self.shared_position.position = position
        elif position is not None:
            self.shared_position = SharedPosition(position)

    def restart(self, position: Position) -> None:
        """Begin again at ``position``, as the log has begun a new epoch."""
        self.mark_behind()
        self.move(position)
        self.newest = position
        self.is_whole = True
        self.missed.clear()

    def keep(
        self, before: Position | None, joined: bytes | None, pushes: int, notifying: list[Outgoing]
    ) -> None:
        """Keep the batch written after ``before`` for parked readers.

        Without ``joined`` bytes, with too many or after a gap, forget all batches instead.
        """
        if before is None or joined is None or len(joined) > MISSED_BYTES:
            self.missed.clear()
        else:
            self.missed.append(Batch(before, joined, pushes, notifying))
