"""A push for any number of readers, encoded once for each framing. Pure."""

import enum
from collections.abc import Collection, Hashable
from typing import Protocol

from chat.protocol.cursor import Position, format_position
from chat.protocol.entries import Entry, JoinedBody, MessageBody
from chat.protocol.framing import sse_event, sse_event_with_id, websocket_frame
from chat.protocol.pushes import Push, Reply
from chat.protocol.sockjs import message, message_frame


class AnyFraming(Hashable, Protocol):
    """The form in which a transport writes a push."""

    @property
    def separator(self) -> bytes:
        """Return the bytes between two pushes that are written together."""

    def frame(self, push: "Outgoing") -> bytes:
        """Return ``push`` in this form; nothing if readers of this form are not sent it."""


class Framing(enum.StrEnum):
    """The forms in which a push is JSON."""

    WEBSOCKET = "a text frame"
    SSE = "an event without an id: several rooms share the stream"
    SSE_WITH_ID = "an event whose id is the cursor: one room has the stream to itself"
    POLL = "an element of a JSON array"
    SOCKJS = "a string in JSON, an element of SockJS's array of messages"
    SOCKJS_FRAME = "SockJS's array of one message, in a text frame"

    @property
    def separator(self) -> bytes:
        """Return the bytes between two pushes that are written together."""
        return b"," if self in (Framing.POLL, Framing.SOCKJS) else b""

    def frame(self, push: "Outgoing") -> bytes:
        match self:
            case Framing.WEBSOCKET:
                return websocket_frame(push.payload)
            case Framing.SSE_WITH_ID if push.position is not None:
                cursor = format_position(push.room, push.position)
                return sse_event_with_id(cursor, push.type, push.payload)
            case Framing.SSE | Framing.SSE_WITH_ID:
                return sse_event(push.type, push.payload)
            case Framing.POLL:
                return push.payload
            case Framing.SOCKJS:
                return message(push.payload)
            case Framing.SOCKJS_FRAME:
                return message_frame(push.payload)


class Outgoing:
    """A push. ``position`` is its place in ``room``'s log; None if it is not logged."""

    def __init__(
        self,
        type_: str,
        payload: bytes,
        *,
        room: str = "",
        position: Position | None = None,
        notifying: MessageBody | JoinedBody | None = None,
        is_direct: bool = False,
    ) -> None:
        self.type = type_
        self.payload = payload
        self.room = room
        self.position = position
        self.notifying = notifying  # set only if it may notify somebody
        self.is_direct = is_direct  # a message in it is for each of its readers
        self.seen_by: Collection[object] = ()  # the readers of the room that have it already
        self._framed: dict[AnyFraming, bytes] = {}

    @classmethod
    def of_entry(cls, entry: Entry, *, is_direct: bool = False) -> "Outgoing":
        """Return the push of ``entry``; ``is_direct``: its room is a direct one."""
        body = entry.decode() if is_direct or entry.is_for_somebody() else None
        return cls(
            entry.kind,
            entry.encode(),
            room=entry.room,
            position=entry.position,
            notifying=body if isinstance(body, MessageBody | JoinedBody) else None,
            is_direct=is_direct,
        )

    @classmethod
    def of_push(cls, push: Push) -> "Outgoing":
        return cls(push.type, push.encode())

    @classmethod
    def of_reply(cls, reply: Reply) -> "Outgoing":
        return cls(str(reply.__struct_config__.tag), reply.encode())

    def framed(self, framing: AnyFraming) -> bytes:
        """Return the push in this framing; all readers share the same bytes."""
        chunk = self._framed.get(framing)
        if chunk is None:
            chunk = self._framed[framing] = framing.frame(self)
        return chunk
