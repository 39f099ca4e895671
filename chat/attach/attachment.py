"""The state of one transport that carries one session, and the request that it began with."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.hub.heartbeats import Heartbeat
from chat.hub.reader import Reader
from chat.metrics.counters import Departure
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position, newest
from chat.protocol.negotiation import Transport
from chat.sessions.states import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The parameters of an attach, as the client sent them."""

    session: str | None = None  # to continue; None, unknown or another user's: a new one
    cursor: Mapping[str, Position]  # rooms missing in it begin now
    event_ids: Sequence[Mapping[str, Position]] = ()  # more cursors; a room's newest position wins
    rooms: Collection[str] = ()  # only these, joined or not; empty: all of the user's
    has_hello: bool = True
    heartbeat_s: int | None = None  # the heartbeat interval; None: the one in the settings
    is_newcomer: bool = False  # a user that was just created, and so is in the lobby only

    def since(self, room: str, top: Position) -> Position:
        """Return the position after which to read ``room``, whose log ends at ``top``."""
        cursors = (*self.event_ids, self.cursor)
        return newest((cursor[room] for cursor in cursors if room in cursor), top) or top


class Owner(Protocol):
    """Performs the operations of attachments that need the hub and the registry."""

    def settle(self, attachment: "Attachment") -> None: ...

    def park(self, attachment: "Attachment") -> None: ...

    def resume(self, attachment: "Attachment") -> bool: ...

    def detach(self, attachment: "Attachment", departure: Departure = ...) -> None: ...


class Attachment:
    """One transport that carries one session, from Attachments.open to detach."""

    def __init__(
        self, owner: Owner, session: Session, reader: Reader, transport: Transport
    ) -> None:
        self.session = session
        self.reader = reader
        self.transport = transport
        self.heartbeat: Heartbeat | None = None
        self.heartbeat_s = 0.0
        self.only_rooms: Collection[str] = ()
        self.is_hello_sent = False  # hello comes first: pushes to the user are not sent before it
        self.late_rooms: list[tuple[str, Position]] = []  # joined before hello
        self.began_at = ""  # the cursor from which it reads, once that is known
        # No secret: it tells the transports of a session apart. Kernel randomness would cost more.
        self.id = f"{random.getrandbits(32):08x}"
        self.is_announced = False
        self.failed: Disconnect | None = None  # why it could not begin to read
        self.is_parked = False  # between two polls
        self.address = ""  # the client's IP address
        self.on_gone: Callable[[], None] = lambda: None  # called when it can't be resumed any more
        self._owner = owner

    def cursor(self) -> str:
        """Send pending bytes now, and return the cursor of everything sent."""
        self.settle()
        return self.reader.cursor()

    def settle(self) -> None:
        """Send pending bytes now."""
        self._owner.settle(self)

    def park(self) -> None:
        """Stop reading, as the poll has its answer; the next poll may resume from there."""
        self._owner.park(self)

    def resume(self) -> bool:
        """Resume for the next poll, which has our cursor; return whether that was possible.

        If not, nothing has changed, and the poll must attach like any other.
        """
        return self._owner.resume(self)

    def detach(self, departure: Departure = Departure.CLOSED) -> None:
        """Stop carrying the session, as the transport is gone. May be called repeatedly.

        ``departure`` is the reason, unless we said goodbye: the goodbye has its own.
        """
        self._owner.detach(self, departure)
