"""A reader as the hub sees it: where it stands, and where its bytes go."""

from collections import deque
from collections.abc import KeysView
from typing import Protocol

from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position, format_cursor
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Person


class Sink(Protocol):
    """Where a reader's bytes go: a socket, or the answer to a poll."""

    def write(self, chunk: bytes) -> int:
        """Send ``chunk``, which holds whole pushes; must not block. Closed: do nothing.

        Return how many bytes, of all that was written, the network has not taken.
        """

    async def drained(self) -> None:
        """Return when there is little left unsent, or the sink is closed."""

    def ping(self) -> bytes:
        """Return what asks for a sign of life, to be written; none came since the last: close.

        Empty where the transport has no such thing.
        """

    def end(self, disconnect: Disconnect) -> None:
        """Close, with this reason where the transport has a place for it."""


class SharedPosition:
    """Where in a room's log somebody stands; one object for all who are moved together."""

    __slots__ = ("position",)

    def __init__(self, position: Position) -> None:
        self.position = position


class Reader:
    """One attached transport: its rooms, where it stands in each, what it is to be sent."""

    __slots__ = (
        "ended", "framing", "buffered", "is_corked", "is_gone", "is_parked", "pending", "person",
        "places", "sink",
    )  # fmt: skip

    def __init__(self, sink: Sink, person: Person, framing: Framing) -> None:
        self.sink = sink
        self.person = person
        self.places: dict[str, SharedPosition] = {}
        self.is_gone = False
        self.is_parked = False  # gone, and expected to come back: see Hub.park
        self.ended: Disconnect | None = None  # why we said goodbye, if we did
        self.is_corked = True  # until its first write is complete: see Hub.uncork
        self.framing = framing
        self.buffered: dict[str, deque[Outgoing]] = {}  # rooms whose log is still being read for it
        self.pending: list[bytes] = []  # not empty and not corked: it is among the hub's dirty

    @property
    def rooms(self) -> KeysView[str]:
        return self.places.keys()

    @property
    def positions(self) -> dict[str, Position]:
        """Where it stands now, pending writes included."""
        return {room: place.position for room, place in self.places.items()}

    def stand(self, room: str, position: Position | None) -> None:
        """Read ``room`` from ``position`` on; None: no more."""
        if position is None:
            self.places.pop(room, None)
        else:
            self.places[room] = SharedPosition(position)
        if self.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            is_alone = len(self.places) == 1
            self.framing = Framing.SSE_WITH_ID if is_alone else Framing.SSE

    def cursor(self) -> str:
        """Return the cursor of what was sent, pending writes included."""
        return format_cursor(self.positions)
