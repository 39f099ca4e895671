"""Pushes that are not stored, and replies, as docs/protocol.md lists them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

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
    ``since_s`` is when a guest came, in seconds since 1970; 0: long ago, or no guest.
    ``away`` is what they say of being away; "": they are here, or say nothing.
    """

    user: str
    name: str
    device: str = ""
    since_s: int = 0
    away: str = ""


class PresentPerson(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A person as shown to others, who never learn the device."""

    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    away: str = ""


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
    """A notification for this user; ``user`` and ``name`` are the person who caused it.

    ``key`` is ``room:epoch:offset`` of what it is about: by this, a device shows it once. It has no
    ``epoch``, for clients take pushes that have one for entries of the log.
    """

    kind: str
    key: str | UnsetType = UNSET
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


def ok_reply(id: str | int | None, room: str, position: Position, key: str | None = None) -> Ok:
    epoch, offset = position
    return Ok(id=id, room=room, epoch=epoch, offset=offset, key=key)


def error_reply(error: ChatError, *, id: str | int | None = None) -> Error:
    return Error(id=id, code=error.code, message=error.message, retry_ms=error.retry_ms)
