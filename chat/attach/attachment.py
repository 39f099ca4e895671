"""The state of one transport that carries one session, and the request that it began with."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chat.hub.heartbeats import Heartbeat
from chat.hub.reader import Reader
from chat.metrics.counters import DetachReason
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position, newest
from chat.protocol.negotiation import Transport
from chat.sessions.states import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachRequest:
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


class Lifecycle(Protocol):
    """Performs the operations of attachments that need the hub and the registry."""

    def flush(self, attachment: "Attachment") -> None: ...

    def park(self, attachment: "Attachment") -> None: ...

    def resume(self, attachment: "Attachment") -> bool: ...

    def detach(self, attachment: "Attachment", reason: DetachReason = ...) -> None: ...


@dataclass(eq=False, repr=False)
class Attachment:
    """One transport that carries one session, from Attachments.open to detach."""

    lifecycle: Lifecycle
    session: Session
    reader: Reader
    transport: Transport
    address: str  # the client's IP address
    heartbeat: Heartbeat | None = None
    heartbeat_s: float = 0.0
    only_rooms: Collection[str] = ()
    is_hello_sent: bool = False  # it comes first: pushes to the user are not sent before it
    late: list[Callable[[], None]] = field(default_factory=list)  # what waits for the hello
    has_new_room: bool = False  # of a poll: the next one begins to read what its user has joined
    began_at: str = ""  # the cursor from which it reads, once that is known
    # No secret: it tells the transports of a session apart. Kernel randomness would cost more.
    id: str = field(default_factory=lambda: f"{random.getrandbits(32):08x}")
    is_announced: bool = False
    failed: Disconnect | None = None  # why it could not begin to read
    is_parked: bool = False  # between two polls
    on_gone: Callable[[], None] = lambda: None  # called when it can't be resumed any more

    def cursor(self) -> str:
        """Send pending bytes now, and return the cursor of everything sent."""
        self.flush()
        return self.reader.cursor()

    def flush(self) -> None:
        """Send pending bytes now."""
        self.lifecycle.flush(self)

    def park(self) -> None:
        """Stop reading, as the poll has its answer; the next poll may resume from there."""
        self.lifecycle.park(self)

    def resume(self) -> bool:
        """Resume for the next poll, which has our cursor; if False, nothing changed: attach it."""
        return self.lifecycle.resume(self)

    def detach(self, reason: DetachReason = DetachReason.CLOSED) -> None:
        """Stop carrying the session; repeatable. Our goodbye has its own ``reason``."""
        self.lifecycle.detach(self, reason)
