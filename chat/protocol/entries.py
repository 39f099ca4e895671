"""Entries of logs: the pushes that are stored, as docs/protocol.md lists them. Pure.

A logged push is stored as its kind and its body: everything that does not depend on its place in
the log. ``Entry.encode`` puts the place in front, so a stored entry becomes a push by joining
bytes, without being decoded on its way to the readers. SQLite holds messages in a shorter form
(chat.backplane.embedded.bodies), of which nothing is seen elsewhere.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from chat.protocol.cursor import Position

_encoder: Final = msgspec.json.Encoder()


class Body(msgspec.Struct, kw_only=True):
    """A logged push without its place in the log. ``time`` is RFC 3339, UTC, with milliseconds."""

    kind: ClassVar[str]

    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    time: str

    def encode(self) -> bytes:
        return _encoder.encode(self)


class FileInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A file of a message; a picture has a ``width`` and a ``height``, in pixels."""

    id: str
    name: str
    type: str  # a media type
    bytes: int
    width: int | None = None
    height: int | None = None


class MessageBody(Body, omit_defaults=True):
    """The current form of a message; a deleted one has no text."""

    kind = "message"

    key: str
    text: str
    html: str
    mentions: list[str] = []  # users
    reply_to: int | None = None  # the offset of the message that it answers
    reply_user: str | None = None  # and its author
    files: list[FileInfo] = []
    edited: str | None = None  # when, if it was
    deleted: bool = False

    def has_file(self, id: str) -> bool:
        return any(info.id == id for info in self.files)


class EditedBody(Body, omit_defaults=True):
    """An edit; if a later edit or a deletion has superseded it, it has no text."""

    kind = "edited"

    target: int
    text: str
    html: str
    mentions: list[str] = []
    files: list[FileInfo] = []  # those of the message, which an edit leaves as they are
    superseded: bool = False


class DeletedBody(Body, omit_defaults=True):
    kind = "deleted"

    target: int
    file_ids: list[str] = []  # of the files that went with the message


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
    message: int | None = None  # the offset of the message that it is about
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
# The fields of those entries that are for somebody.
_SIGNS: Final = {
    MessageBody.kind: (b'"mentions":[', b'"reply_user":"'),
    JoinedBody.kind: (b'"by":"',),
}
_AMENDED: Final = frozenset(
    {"text", "html", "mentions", "files", "edited", "deleted", "superseded"}
)
_decoders: Final = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}


def decode_body(kind: str, data: bytes) -> Body | None:
    """Return the body in a stored entry or its push; None if only a newer version knows its kind.

    What a push has besides is left out.
    """
    decoder = _decoders.get(kind)
    return None if decoder is None else decoder.decode(data)


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
        return decode_body(self.kind, self.body)

    def is_for_somebody(self) -> bool:
        """Return whether it mentions, answers or brings in a person.

        Searching the bytes for a field avoids decoding most entries. A text can't contain it: its
        quotes are escaped.
        """
        body = self.body
        for sign in _SIGNS.get(self.kind, ()):  # a loop: it is asked of each entry
            if sign in body:
                return True
        return False

    def is_same(self, other: "Entry") -> bool:
        """Return whether both are the same entry, even if one has lost its text since."""
        if self == other or self[:3] != other[:3]:
            return self == other
        mine, others = self.decode(), other.decode()
        if mine is None or others is None:
            return False
        return _untouched(mine) == _untouched(others)


def _untouched(body: Body) -> dict[str, object]:
    """Return the fields that neither an edit nor a deletion changes."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if name not in _AMENDED}
