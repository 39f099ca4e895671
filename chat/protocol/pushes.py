"""Pushes and replies that the server sends, as docs/protocol.md lists them. Pure.

A logged push is stored as its kind and its body: everything that does not depend on its place in
the log. ``Entry.encode`` puts the place in front, so a stored entry becomes a push by joining
bytes, without being decoded on its way to the readers.
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
    """Return a push's ``skeleton`` (docs/protocol.md#names); none if it is the lower-case name."""
    found = skeleton(name)
    return UNSET if found == name.lower() else found


class Body(msgspec.Struct, kw_only=True):
    """A logged push without its place in the log. ``time`` is RFC 3339, UTC, with milliseconds."""

    kind: ClassVar[str]

    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    time: str

    def encode(self) -> bytes:
        return _encoder.encode(self)


class MessageBody(Body, omit_defaults=True):
    """The current form of a message; a deleted one has no text."""

    kind = "message"

    key: str
    text: str
    html: str
    mentions: list[str] = []  # users
    reply_to: int | None = None  # the offset of the message that it answers
    reply_user: str | None = None  # and its author
    edited: str | None = None  # when, if it was
    deleted: bool = False


class EditedBody(Body, omit_defaults=True):
    """An edit; if a later edit or a deletion has superseded it, it has no text."""

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


class JoinedBody(Body, omit_defaults=True):
    """``by`` is the user that made them a member, if they did not join themselves."""

    kind = "joined"

    by: str | None = None
    by_name: str | None = None


class LeftBody(Body, omit_defaults=True):
    """``by`` is the user that removed them, if they did not leave themselves."""

    kind = "left"

    by: str | None = None
    by_name: str | None = None
    reason: str = ""


class RoomChangedBody(Body, omit_defaults=True):
    """Settings of the room that ``user`` has changed; those that are UNSET stayed."""

    kind = "room_changed"

    title: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    access: str | UnsetType = UNSET  # of a new room
    is_locked: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    slow_mode_s: int | UnsetType = UNSET
    keep_messages: int | None | UnsetType = UNSET
    keep_days: int | None | UnsetType = UNSET
    members: list["MemberChange"] | UnsetType = UNSET


class MemberChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What has changed of a person in a room.

    ``muted_until`` and ``banned_until`` are RFC 3339, in UTC; "" is the end of it.
    """

    user: str
    name: str
    role: str | UnsetType = UNSET
    muted_until: str | UnsetType = UNSET
    banned_until: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class AuditBody(Body, omit_defaults=True):
    """What ``user`` did to whom: an entry of the log of the whole site, shown to owners."""

    kind = "audit"

    action: str
    whom: str = ""  # a user
    room: str = ""
    reason: str = ""


BODIES: Final[Mapping[str, type[Body]]] = {
    body.kind: body
    for body in (
        MessageBody,
        EditedBody,
        DeletedBody,
        ReactionBody,
        JoinedBody,
        LeftBody,
        RoomChangedBody,
        AuditBody,
    )
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
        """Return the push as JSON. Room, epoch and kind hold no characters that need escaping."""
        epoch, offset = self.position
        place = f'{{"type":"{self.kind}","room":"{self.room}","epoch":"{epoch}","offset":{offset},'
        return place.encode() + self.body[1:]

    def decode(self) -> Body | None:
        """Return the body; None if only a newer version knows its kind."""
        decoder = _decoders.get(self.kind)
        return None if decoder is None else decoder.decode(self.body)

    def is_same(self, other: "Entry") -> bool:
        """Return whether both are the same entry, even if one has lost its text since."""
        mine, others = self.decode(), other.decode()
        if self[:3] != other[:3] or mine is None or others is None:
            return self == other
        return _untouched(mine) == _untouched(others)


def _untouched(body: Body) -> dict[str, object]:
    """Return the fields that neither an edit nor a deletion changes."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if name not in _AMENDED}


class Push(msgspec.Struct, tag_field="type", tag=str.lower, kw_only=True):
    """A push that is not logged."""

    def encode(self) -> bytes:
        return _encoder.encode(self)

    @property
    def type(self) -> str:
        return str(self.__struct_config__.tag)


class RoomState(msgspec.Struct, kw_only=True):
    """A room of this user: where the stream begins, and how many messages are unread."""

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


class Person(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A person: ``user`` is the id, ``name`` is shown to people and need not be unique.

    ``device`` is the signed-in browser that speaks for them; "": of a guest, or not known.
    """

    user: str
    name: str
    device: str = ""


class PresentPerson(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A person as shown to others, who never learn the device."""

    user: str
    name: str
    skeleton: str | UnsetType = UNSET


class Presence(Push, omit_defaults=True):
    """All people present in a room; ``users`` is missing if they are too many."""

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
    """A notification for this user; ``user`` and ``name`` are the person who caused it."""

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


class Rooms(Push):
    """The user has become a member of ``room``, or is one no longer."""

    room: str
    is_member: bool


class Resync(Push):
    """The client must reload this room's history; the stream continues after this position."""

    room: str
    epoch: str
    offset: int


class Heartbeat(Push):
    tops: Mapping[str, str]


class Goodbye(Push, omit_defaults=True):
    """The end of an attachment. ``advice`` is the transport to try first next time, if any."""

    code: int
    reason: str
    retry_ms: int
    advice: str | None = None


def goodbye(disconnect: Disconnect, *, retry_ms: int = 0, advice: str | None = None) -> Goodbye:
    """Return the push that announces ``disconnect``; reconnect after ``retry_ms``."""
    return Goodbye(code=disconnect.code, reason=disconnect.reason, retry_ms=retry_ms, advice=advice)


class Reply(msgspec.Struct, tag_field="type", kw_only=True, omit_defaults=True):
    """The reply to one command, with the command's ``id``."""

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
    return Error(id=id, code=error.code, message=error.message, retry_ms=error.retry_ms)
