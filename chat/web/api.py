"""Rooms and their history by request and response."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.protocol import commands
from chat.protocol.cursor import parse_room
from chat.requests.handler import Handler
from chat.rooms.folding import Message, fold

# A screenful is some 30 messages; one request brings more than one screen, never megabytes.
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200


class RoomStanding(msgspec.Struct):
    room: str
    epoch: str
    offset: int
    unread: int
    is_member: bool


class RoomList(msgspec.Struct):
    rooms: Sequence[RoomStanding]


class History(msgspec.Struct):
    messages: Sequence[Message]
    more: bool


class Post(msgspec.Struct):
    text: str
    key: commands.Key


class RoomsHandler(Handler):
    """All rooms, and which of them one is in."""

    async def get(self) -> None:
        backplane = self.dependencies.backplane
        joined = {m.room: m for m in await backplane.memberships(self.person.user)}
        rooms = [
            RoomStanding(
                info.room,
                info.position.epoch,
                info.position.offset,
                joined[info.room].unread if info.room in joined else 0,
                info.room in joined,
            )
            for info in await backplane.rooms()
        ]
        self.send_json(RoomList(rooms))


class MessagesHandler(Handler):
    """A room's messages, as they stand now; and saying something there."""

    async def get(self, room: str) -> None:
        """Answer a page: the newest before ``before``, or the oldest after ``after``."""
        limit = self.whole_number("limit")
        page = await self.dependencies.backplane.history(
            parse_room(room),
            before=self.whole_number("before"),
            after=self.whole_number("after"),
            limit=max(1, min(DEFAULT_LIMIT if limit is None else limit, MAX_LIMIT)),
        )
        self.send_json(History(fold(page.entries, page.reactions), page.more))

    async def post(self, room: str) -> None:
        """Send ``{"text", "key"}``; answer as ``send`` does."""
        self.is_routine = True
        post = self.json_as(Post)
        command = commands.Send(room=room, text=post.text, key=post.key)
        self.send_json(await self.dependencies.service.perform(self.person, command, self.address))
