"""What is due, and what it says when it is sent: that is looked up as late as can be."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec

from chat.accounts.push_key import base64url
from chat.backplane.base import Backplane
from chat.backplane.levels import Levels
from chat.protocol.cursor import Position, format_position
from chat.protocol.entries import MessageBody
from chat.rooms.access import SETTINGS, Access, RoomSettings, access_of, is_closed
from chat.rooms.in_words import in_words
from chat.rooms.notifying import Kind, kind_for

# With a title of 80 and a name of 32 characters, and the rest, it stays below MAX_BYTES however
# many bytes each character takes. Encrypted, it must fit in 4,096 (RFC 8030 section 7.2).
MAX_TEXT_CHARACTERS: Final = 300
MAX_BYTES: Final = 3 << 10


class Due(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A message of which ``user`` is to be notified, not before ``at_s`` (seconds since 1970).

    ``devices``: only these; none: all that they have then. ``attempts``: how often it was tried.
    """

    user: str
    room: str
    epoch: str
    offset: int
    at_s: float
    attempts: int = 0
    devices: list[str] = []

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.offset)

    @property
    def message(self) -> str:
        """The key of the message: the same for all whom it notifies."""
        return format_position(self.room, self.position)

    @property
    def key(self) -> str:
        return f"{self.user} {self.message}"


class Notice(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a device is told. ``unread`` counts all messages that its user has not read."""

    key: str
    kind: Kind
    room: str
    offset: int
    title: str  # of the room; "" for a direct one
    user: str
    name: str
    text: str
    unread: int

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


class Ready(NamedTuple):
    notice: Notice
    topic: str  # at most 32 characters of base64url (RFC 8030 section 5.4)


class Notices:
    """Looks up what to tell people. Methods raise Unavailable."""

    def __init__(
        self,
        backplane: Backplane,
        levels: Levels,
        is_let_in: Callable[[str], Awaitable[bool]],
    ) -> None:
        """``is_let_in`` returns whether a user may read anything here now."""
        self._backplane = backplane
        self._levels = levels
        self._is_let_in = is_let_in

    async def of(self, due: Due) -> Ready | None:
        """Return what ``due`` says now.

        None if its user has read it, may not read it any more or wants nothing of it, or if it was
        deleted.
        """
        entry = await self._backplane.entry(due.room, due.offset)
        body = None if entry is None or entry.position != due.position else entry.decode()
        if not isinstance(body, MessageBody) or not await self._is_let_in(due.user):
            return None
        # After the message was read: whoever is a member now, was one then.
        since = await self._backplane.member_since(due.user, due.room)
        if since is None:
            await self._levels.forget(due.user, due.room)
            return None
        if is_closed(due.room) and since > due.offset:
            return None
        is_direct = access_of(due.room) is Access.DIRECT
        level = await self._levels.of(due.user, due.room)
        kind = kind_for(body, due.user, is_direct=is_direct, level=level)
        memberships = await self._backplane.memberships(due.user)
        read = next((one.read_offset for one in memberships if one.room == due.room), None)
        if kind is None or (read is not None and read >= due.offset):
            return None
        notice = Notice(
            key=due.message,
            kind=kind,
            room=due.room,
            offset=due.offset,
            title="" if is_direct else await self._title(due.room),
            user=body.user,
            name=body.name,
            text=_shortened(in_words(body.text, body.files)),
            # In the lobby nothing counts until somebody has been there; this message does.
            unread=max(1, sum(one.unread for one in memberships)),
        )
        digest = hashlib.sha256(due.message.encode()).digest()
        return Ready(notice, base64url(digest)[:32])

    async def _title(self, room: str) -> str:
        found = (await self._backplane.records(room, [SETTINGS])).get(SETTINGS)
        settings = None if found is None else msgspec.json.decode(found, type=RoomSettings)
        title = settings.title if settings else ""
        return title if is_closed(room) and title else f"#{title or room}"


def _shortened(text: str) -> str:
    blank = " ".join(text.split())
    return blank if len(blank) <= MAX_TEXT_CHARACTERS else f"{blank[: MAX_TEXT_CHARACTERS - 1]}…"
