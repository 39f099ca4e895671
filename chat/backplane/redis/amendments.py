"""Applies edits, deletions and reactions to their target messages, in the form stored in Redis.

The effect of a change is computed here, by chat.rooms.amendments. A script writes it if the message
has not changed in between.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from chat.errors import ChatError
from chat.protocol.cursor import Position
from chat.protocol.entries import Body, DeletedBody, EditedBody, Entry, MessageBody
from chat.rooms.amendments import (
    Amendment,
    Reactions,
    Standing,
    Unchanged,
    amended,
    decode_reactions,
    encode_reactions,
    has_text_of,
    in_current_form,
    is_amendment,
    no_message,
    superseded,
)

# Stands for the offset of an edit that is being appended; append.lua puts the real one in.
OWN: Final = -1


class Amendments(NamedTuple):
    """The data stored beside a message: its newest edit's offset or 0, and its reactions."""

    edit: int = 0
    reactions: Reactions = ()

    def encode(self) -> bytes:
        """Return the value stored in Keys.amended(); empty for no amendments."""
        if not self.edit and not self.reactions:
            return b""
        return b"%d %b" % (self.edit, encode_reactions(self.reactions))

    @classmethod
    def decode(cls, value: bytes | None) -> "Amendments":
        if not value:
            return cls()
        edit, _, reactions = value.partition(b" ")
        return cls(int(edit), decode_reactions(reactions))


def pack(kind: str, body: bytes) -> bytes:
    """Return an entry's value as stored in Keys.entries()."""
    return kind.encode() + b" " + body


def unpack(room: str, position: Position, value: bytes) -> Entry:
    kind, _, body = value.partition(b" ")
    return Entry(room, position, kind.decode(), body)


def digest(entry: bytes | None, amendments: bytes | None) -> str:
    """Return a digest by which append.lua detects that a message has changed."""
    both = (entry or b"") + b"\n" + (amendments or b"")
    return hashlib.sha1(both, usedforsecurity=False).hexdigest()


class Messages:
    """Applies changes to some of a room's entries, which are held by offset."""

    def __init__(self, room: str) -> None:
        self._room = room
        self._entries: dict[int, bytes] = {}
        self._amended: dict[int, bytes] = {}
        self.rewritten: dict[int, bytes] = {}  # entries that were changed
        self.amended: dict[int, bytes] = {}  # changed amendments; an empty value for none

    def put(self, offset: int, entry: bytes | None, amendments: bytes | None = None) -> None:
        """Add the entry at ``offset`` and the amendments stored beside it."""
        if entry is not None:
            self._entries[offset] = entry
        if amendments:
            self._amended[offset] = amendments

    def lacking(self, offsets: Iterable[int]) -> list[int]:
        """Return those of ``offsets`` whose entries were not put."""
        return [offset for offset in offsets if offset not in self._entries]

    def targets(self, offsets: Iterable[int]) -> list[int]:
        """Return the target messages of the changes among the entries at ``offsets``."""
        bodies = (self._body(offset) for offset in offsets)
        return list(dict.fromkeys(body.target for body in bodies if is_amendment(body)))

    def edit_of(self, target: int) -> int:
        """Return the offset of the newest edit of the message at ``target``, or 0."""
        return Amendments.decode(self._amended.get(target)).edit

    def apply(self, offset: int, change: Amendment) -> None:
        """Apply entry ``offset``. Raises Unchanged and errors of chat.rooms.amendments."""
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
        """Apply the entry at ``offset``, stored by another version, if it is a change.

        An edit without effect, or whose message no longer exists, only has its own text removed.
        """
        change = self._body(offset)
        if not is_amendment(change) or (isinstance(change, EditedBody) and change.superseded):
            return
        try:
            if change.target >= offset:
                raise no_message(change.target, self._room)
            self.apply(offset, in_current_form(change))
        except (Unchanged, ChatError):
            if isinstance(change, EditedBody) and not self._is_newest(offset, change):
                self._remove_text(offset, change.target)

    def _is_newest(self, offset: int, change: EditedBody) -> bool:
        """Return whether the message's text is that of ``change``; if so, record it as newest edit.

        This happens where version 1 restored a backup of folded messages. The next edit must know
        which edit's text it replaces.
        """
        if not has_text_of(self._body(change.target), change):
            return False
        reactions = Amendments.decode(self._amended.get(change.target)).reactions
        self._amend(change.target, Amendments(offset, reactions))
        return True

    def _remove_text(self, edit: int, target: int) -> None:
        """Remove the text of the edit at ``edit``, unless it was trimmed."""
        body = self._body(edit)
        if isinstance(body, EditedBody) and body.target == target:
            self._rewrite(edit, superseded(body))

    def _body(self, offset: int) -> Body | None:
        if (value := self._entries.get(offset)) is None:
            return None
        return unpack(self._room, Position("", offset), value).decode()

    def _rewrite(self, offset: int, body: Body) -> None:
        self._entries[offset] = self.rewritten[offset] = pack(body.kind, body.encode())

    def _amend(self, offset: int, amendments: Amendments) -> None:
        self._amended[offset] = self.amended[offset] = amendments.encode()
