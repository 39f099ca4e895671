"""One transport that carries one session, and what a client asks for when it begins."""

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
    """What a client asks for when it attaches."""

    session: str | None = None  # one to carry on; None, unknown or another user's: a new one
    cursor: Mapping[str, Position]  # rooms missing in it begin now
    event_ids: Sequence[Mapping[str, Position]] = ()  # more cursors: of each room the newest counts
    rooms: Collection[str] = ()  # only these, joined or not; none: all of the user's
    has_hello: bool = True
    heartbeat_s: int | None = None  # how often to be told that the link lives; None: as set
    is_newcomer: bool = False  # somebody who has just been made, and so is in the lobby alone

    def since(self, room: str, top: Position) -> Position:
        """Return from behind which position ``room``, whose log ends at ``top``, is to be read."""
        cursors = (*self.event_ids, self.cursor)
        return newest((cursor[room] for cursor in cursors if room in cursor), top) or top


class Owner(Protocol):
    """Who an attachment asks for what it can't do alone."""

    def settle(self, attachment: "Attachment") -> None: ...

    def park(self, attachment: "Attachment") -> None: ...

    def resume(self, attachment: "Attachment") -> bool: ...

    def detach(self, attachment: "Attachment", departure: Departure = ...) -> None: ...


class Attachment:
    """One transport carrying one session, from Attachments.open to detach."""

    def __init__(
        self, owner: Owner, session: Session, reader: Reader, transport: Transport
    ) -> None:
        self.session = session
        self.reader = reader
        self.transport = transport
        self.heartbeat: Heartbeat | None = None
        self.heartbeat_s = 0.0
        self.only_rooms: Collection[str] = ()
        self.is_greeted = False  # hello comes first: what concerns the user waits for it
        self.late_rooms: list[tuple[str, Position]] = []  # joined before that
        self.began_at = ""  # the cursor from which it reads, when that is known
        # No secret: it tells the transports of a session apart. The kernel's randomness is dearer.
        self.id = f"{random.getrandbits(32):08x}"
        self.is_announced = False
        self.failed: Disconnect | None = None  # why it did not come to reading, if it did not
        self.is_parked = False  # between two polls
        self.address = ""  # the client's IP address
        self.on_gone: Callable[[], None] = lambda: None  # it will not be resumed
        self._owner = owner

    def cursor(self) -> str:
        """Send what is pending, and return the cursor of all that was sent."""
        self.settle()
        return self.reader.cursor()

    def settle(self) -> None:
        """Send what is pending, now."""
        self._owner.settle(self)

    def park(self) -> None:
        """A poll has its answer, and the next one is expected to go on where it ends."""
        self._owner.park(self)

    def resume(self) -> bool:
        """The next poll is here, at our cursor; return whether it can just go on.

        Else nothing has changed, and it must attach like any other.
        """
        return self._owner.resume(self)

    def detach(self, departure: Departure = Departure.CLOSED) -> None:
        """The transport is gone. May be called at any time, and again.

        ``departure`` says how, unless we said goodbye: that had its own reason.
        """
        self._owner.detach(self, departure)
