"""A reader as the hub sees it: its positions, and the sink for its bytes."""

from collections import deque
from collections.abc import KeysView
from dataclasses import dataclass
from typing import Protocol

from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position, format_cursor
from chat.protocol.outgoing import AnyFraming, Framing, Outgoing
from chat.protocol.pushes import Person


class Sink(Protocol):
    """The destination of a reader's bytes: a socket, or the answer to a poll."""

    def write(self, chunk: bytes) -> int:
        """Send ``chunk``, which holds whole pushes. Must not block; does nothing when closed.

        Return how many of all bytes written so far the network has not taken. A poll has one
        answer, which may be without pushes: its sink parks or removes the reader here, which keeps
        the position of that.
        """

    async def drained(self) -> None:
        """Return when few bytes are left unsent, or the sink is closed."""

    def ping(self) -> bytes:
        """Return a ping's bytes, none without pings; close if the last one was not answered."""

    def end(self, disconnect: Disconnect) -> None:
        """Close, with this reason if the transport can carry one."""


@dataclass(slots=True, eq=False, repr=False)
class SharedPosition:
    """A position in a room's log, in one object for all readers that advance together."""

    position: Position


class Reader:
    """One attached transport: its rooms, its position in each, and its pending bytes."""

    __slots__ = (
        "ended", "framing", "buffered", "is_corked", "is_gone", "is_parked", "pending", "person",
        "shared_positions", "sink",
    )  # fmt: skip

    def __init__(self, sink: Sink, person: Person, framing: AnyFraming) -> None:
        self.sink = sink
        self.person = person
        self.shared_positions: dict[str, SharedPosition] = {}
        self.is_gone = False
        self.is_parked = False  # gone, and expected to return: see LiveRooms.park
        self.ended: Disconnect | None = None  # the reason of our goodbye, if we said one
        self.is_corked = True  # until its first write is complete: see Hub.uncork
        self.framing = framing
        self.buffered: dict[str, deque[Outgoing]] = {}  # rooms in which it is catching up
        self.pending: list[bytes] = []  # in WriteSchedule.readers unless empty or corked

    @property
    def rooms(self) -> KeysView[str]:
        return self.shared_positions.keys()

    @property
    def positions(self) -> dict[str, Position]:
        """Its position in each room, pending writes included."""
        return {room: shared.position for room, shared in self.shared_positions.items()}

    def set_position(self, room: str, position: Position | None) -> None:
        """Set the position in ``room``; None removes the room."""
        if position is None:
            self.shared_positions.pop(room, None)
        else:
            self.shared_positions[room] = SharedPosition(position)
        if self.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            is_alone = len(self.shared_positions) == 1
            self.framing = Framing.SSE_WITH_ID if is_alone else Framing.SSE

    def cursor(self) -> str:
        """Return the cursor of everything sent, pending writes included."""
        return format_cursor(self.positions)
