"""Pushes and replies, server to client, as docs/protocol.md lists them. Pure.

A logged push is stored as its kind and its body: all that does not depend on where in the log
it lands. ``Entry.encode`` puts the place in front, so that a stored entry becomes a push by
joining bytes, and is not decoded on its way to its readers.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from chat.errors import ChatError
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position
from chat.protocol.unicode.skeleton import skeleton

_encoder: Final = msgspec.json.Encoder()


def skeleton_of(name: str) -> str | UnsetType:
    """Return what a push that carries ``name`` carries as ``skeleton``, for docs/protocol.md#names.

    That is nothing for most names: where it is the name in lower case.
    """
    found = skeleton(name)
    return UNSET if found == name.lower() else found


class Body(msgspec.Struct, kw_only=True):
    """A logged push without its place. ``time`` is RFC 3339, UTC, with milliseconds."""

    kind: ClassVar[str]

    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    time: str

    def encode(self) -> bytes:
        return _encoder.encode(self)


class MessageBody(Body, omit_defaults=True):
    """A message as it stands now; a deleted one has no text."""

    kind = "message"

    key: str
    text: str
    html: str
    mentions: list[str] = []  # users
    edited: str | None = None  # when, if it was
    deleted: bool = False


class EditedBody(Body, omit_defaults=True):
    """An edit; one that is superseded, by a later edit or a deletion, has no text."""

    kind = "edited"

    target: int
    text: str
    html: str
    mentions: list[str] = []
    superseded: bool = False


class DeletedBody(Body):
    kind = "deleted"

    target: int


class ReactionBody(Body):
    kind = "reaction"

    target: int
    emoji: str
    on: bool


class JoinedBody(Body):
    kind = "joined"


class LeftBody(Body):
    kind = "left"


BODIES: Final[Mapping[str, type[Body]]] = {
    body.kind: body
    for body in (MessageBody, EditedBody, DeletedBody, ReactionBody, JoinedBody, LeftBody)
}
_AMENDED: Final = frozenset({"text", "html", "mentions", "edited", "deleted", "superseded"})
_decoders: Final = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}


class Entry(NamedTuple):
    """One entry of a room's log."""

    room: str
    position: Position
    kind: str
    body: bytes  # a Body of this kind, encoded

    def encode(self) -> bytes:
        """Return the push as JSON. Room, epoch and kind need no escaping by what they are."""
        epoch, offset = self.position
        place = f'{{"type":"{self.kind}","room":"{self.room}","epoch":"{epoch}","offset":{offset},'
        return place.encode() + self.body[1:]

    def decode(self) -> Body | None:
        """Return the body; None of a kind that only a newer version knows."""
        decoder = _decoders.get(self.kind)
        return None if decoder is None else decoder.decode(self.body)

    def is_same(self, other: "Entry") -> bool:
        """Return whether both are one entry, of which the text may have been removed since."""
        mine, others = self.decode(), other.decode()
        if self[:3] != other[:3] or mine is None or others is None:
            return self == other
        return _untouched(mine) == _untouched(others)


def _untouched(body: Body) -> dict[str, object]:
    """Return the fields that neither an edit nor a deletion changes."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if name not in _AMENDED}


class Push(msgspec.Struct, tag_field="type", tag=str.lower, kw_only=True):
    """A push that is in no log."""

    def encode(self) -> bytes:
        return _encoder.encode(self)

    @property
    def type(self) -> str:
        return str(self.__struct_config__.tag)


class RoomState(msgspec.Struct, kw_only=True):
    """A room of this user's: where the stream begins in it, and what was not read."""

    room: str
    epoch: str
    offset: int
    unread: int


class Hello(Push, kw_only=True):
    session: str
    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    transport: str
    instance: str
    heartbeat_s: float
    rooms: Sequence[RoomState]


class Person(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody: ``user`` identifies, ``name`` is what people see and need not be unique."""

    user: str
    name: str


class PresentPerson(Person, kw_only=True, frozen=True):
    """Somebody who is shown to others."""

    skeleton: str | UnsetType = UNSET


class Presence(Push, omit_defaults=True):
    """Who is here, always the whole of it; ``users`` is missing where they are too many."""

    room: str
    count: int
    users: Sequence[PresentPerson] | None = None


PRESENCE: Final = str(Presence.__struct_config__.tag)


class Typing(Push, kw_only=True):
    room: str
    user: str
    name: str
    skeleton: str | UnsetType = UNSET


class Notification(Push, kw_only=True):
    """Something that concerns this user: ``user`` and ``name`` are who caused it."""

    kind: str
    room: str
    offset: int
    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    text: str


class Read(Push):
    """Another session of this user has read ``room`` up to ``offset``."""

    room: str
    offset: int
    unread: int


class Resync(Push):
    """Load this room's history anew; the stream goes on behind this position."""

    room: str
    epoch: str
    offset: int


class Heartbeat(Push):
    tops: Mapping[str, str]


class Goodbye(Push, omit_defaults=True):
    """The end of an attachment. ``advice``: the transport to begin with next, if any."""

    code: int
    reason: str
    retry_ms: int
    advice: str | None = None


def goodbye(disconnect: Disconnect, *, retry_ms: int = 0, advice: str | None = None) -> Goodbye:
    """Return the push that announces ``disconnect``; ``retry_ms`` is when to come back."""
    return Goodbye(code=disconnect.code, reason=disconnect.reason, retry_ms=retry_ms, advice=advice)


class Reply(msgspec.Struct, tag_field="type", kw_only=True, omit_defaults=True):
    """The answer to one command, with the command's ``id``."""

    id: str | int | None = None

    def encode(self) -> bytes:
        return _encoder.encode(self)


class Ok(Reply, tag="ok"):
    room: str | None = None
    epoch: str | None = None
    offset: int | None = None
    key: str | None = None


class Pong(Reply, tag="pong"):
    pass


class Error(Reply, tag="error"):
    code: str
    message: str
    retry_ms: int | None = None


def error_reply(error: ChatError, *, id: str | int | None = None) -> Error:
    """Return what a client is told of ``error``."""
    return Error(id=id, code=error.code, message=error.message, retry_ms=error.retry_ms)
