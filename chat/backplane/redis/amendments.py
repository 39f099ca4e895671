"""Applying edits, deletions and reactions to the messages that they mean, in the form of Redis.

What comes of a change is worked out here, by chat.rooms.amendments, and written by a script if its
message is then still what it was.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from chat.errors import ChatError
from chat.protocol.cursor import Position
from chat.protocol.pushes import BODIES, Body, DeletedBody, EditedBody, Entry, MessageBody
from chat.protocol.unicode.emoji import as_emoji
from chat.rooms.amendments import (
    Amendment,
    Reactions,
    Standing,
    Unchanged,
    amended,
    is_amendment,
    no_message,
    superseded,
)

# The offset of an edit that is being appended; append.lua puts its own there.
OWN: Final = -1

_reactions: Final = msgspec.json.Decoder(list[tuple[str, list[str]]])
_encoder: Final = msgspec.json.Encoder()


class Amendments(NamedTuple):
    """What is kept beside a message: the offset of its newest edit or 0, and its reactions."""

    edit: int = 0
    reactions: Reactions = ()

    def encode(self) -> bytes:
        """Return the value that amended() of chat.backplane.redis.keys has; empty for none."""
        if not self.edit and not self.reactions:
            return b""
        return b"%d %b" % (self.edit, _encoder.encode(self.reactions))

    @classmethod
    def decode(cls, value: bytes | None) -> "Amendments":
        if not value:
            return cls()
        edit, _, reactions = value.partition(b" ")
        return cls(int(edit), _reactions.decode(reactions))


def pack(kind: str, body: bytes) -> bytes:
    """Return an entry as entries() of chat.backplane.redis.keys has it."""
    return kind.encode() + b" " + body


def unpack(room: str, position: Position, value: bytes) -> Entry:
    kind, _, body = value.partition(b" ")
    return Entry(room, position, kind.decode(), body)


def digest(entry: bytes | None, amendments: bytes | None) -> str:
    """Return what tells append.lua whether a message is still what it was."""
    both = (entry or b"") + b"\n" + (amendments or b"")
    return hashlib.sha1(both, usedforsecurity=False).hexdigest()


class Messages:
    """Some of a room's entries, by offset, that changes are applied to."""

    def __init__(self, room: str) -> None:
        self._room = room
        self._entries: dict[int, bytes] = {}
        self._amended: dict[int, bytes] = {}
        self.rewritten: dict[int, bytes] = {}  # entries that were changed
        self.amended: dict[int, bytes] = {}  # what is beside messages now; empty for nothing

    def put(self, offset: int, entry: bytes | None, amendments: bytes | None = None) -> None:
        """Have the entry at ``offset``, and what is kept beside it."""
        if entry is not None:
            self._entries[offset] = entry
        if amendments:
            self._amended[offset] = amendments

    def lacking(self, offsets: Iterable[int]) -> list[int]:
        """Return which of ``offsets`` nothing was put for."""
        return [offset for offset in offsets if offset not in self._entries]

    def targets(self, offsets: Iterable[int]) -> list[int]:
        """Return the messages that the entries at ``offsets`` mean."""
        bodies = (self._body(offset) for offset in offsets)
        return list(dict.fromkeys(body.target for body in bodies if is_amendment(body)))  # type: ignore[union-attr]

    def edit_of(self, target: int) -> int:
        """Return the offset of the newest edit of the message at ``target``, or 0."""
        return Amendments.decode(self._amended.get(target)).edit

    def apply(self, offset: int, change: Amendment) -> None:
        """Apply ``change``, whose own entry stands at ``offset``.

        Raises Unchanged and what chat.rooms.amendments says.
        """
        target = change.target
        body = self._body(target)
        if not isinstance(body, MessageBody):
            raise no_message(target, self._room)
        before = Amendments.decode(self._amended.get(target))
        after = amended(Standing(body, before.reactions), change)
        edit = before.edit
        if after.body is not body:
            self._rewrite(target, after.body)
            self._remove_text(edit, target)
            edit = offset if isinstance(change, EditedBody) else 0
        if isinstance(change, DeletedBody):
            self._amend(target, Amendments())
        else:
            self._amend(target, Amendments(edit, after.reactions))

    def fold(self, offset: int) -> None:
        """Apply the entry at ``offset``, that another version stored, if it is a change.

        One that changes nothing, or for which there is no message any more, loses its text alone.
        """
        change = self._body(offset)
        if not is_amendment(change) or (isinstance(change, EditedBody) and change.superseded):
            return
        try:
            if change.target >= offset:  # type: ignore[union-attr]
                raise no_message(change.target, self._room)  # type: ignore[union-attr]
            self.apply(offset, _normalised(change))  # type: ignore[arg-type]
        except (Unchanged, ChatError):
            if isinstance(change, EditedBody) and not self._is_newest(offset, change):
                self._remove_text(offset, change.target)

    def _is_newest(self, offset: int, change: EditedBody) -> bool:
        """Return whether ``change`` made its message what it is, and note that it did.

        So it is where a backup of folded messages was restored by version 1: the next edit has to
        know whose text it replaces.
        """
        body = self._body(change.target)
        if not isinstance(body, MessageBody) or body.deleted or body.edited != change.time:
            return False
        reactions = Amendments.decode(self._amended.get(change.target)).reactions
        self._amend(change.target, Amendments(offset, reactions))
        return True

    def _remove_text(self, edit: int, target: int) -> None:
        """Remove the text of the edit at ``edit``, if it was not trimmed."""
        body = self._body(edit)
        if isinstance(body, EditedBody) and body.target == target:
            self._rewrite(edit, superseded(body))

    def _body(self, offset: int) -> Body | None:
        if (value := self._entries.get(offset)) is None:
            return None
        entry = unpack(self._room, Position("", offset), value)
        return entry.decode() if entry.kind in BODIES else None

    def _rewrite(self, offset: int, body: Body) -> None:
        self._entries[offset] = self.rewritten[offset] = pack(body.kind, body.encode())

    def _amend(self, offset: int, amendments: Amendments) -> None:
        self._amended[offset] = self.amended[offset] = amendments.encode()


def _normalised(change: Body) -> Body:
    """Return ``change`` with its emoji as this version writes it; raise Unchanged for no emoji."""
    emoji = getattr(change, "emoji", None)
    if emoji is None:
        return change
    if (normal := as_emoji(emoji)) is None:
        raise Unchanged  # stored by a version that took any text
    return msgspec.structs.replace(change, emoji=normal)
