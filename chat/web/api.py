"""The HTTP API of messages."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.errors import InvalidInput
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import MAX_OFFSET, parse_room
from chat.requests.handler import Handler
from chat.rooms.folding import Message, fold

# A screenful is some 30 messages; one request returns more than one screen, never megabytes.
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200


class History(msgspec.Struct):
    messages: Sequence[Message]
    more: bool


class Post(msgspec.Struct, kw_only=True):
    text: str = ""
    key: commands.Key
    reply_to: float | None = None  # in JSON, 10.0 and 10 are the same number
    files: commands.Files = []


class MessagesHandler(Handler):
    """Lists a room's messages with edits and reactions applied, and sends messages."""

    async def get(self, room: str) -> None:
        """Answer with a page: the newest before ``before``, or the oldest after ``after``."""
        limit = self.whole_number("limit")
        page = await self.dependencies.service.reading.history(
            self.person.user,
            parse_room(room),
            before=self.whole_number("before"),
            after=self.whole_number("after"),
            limit=max(1, min(DEFAULT_LIMIT if limit is None else limit, MAX_LIMIT)),
        )
        self.send_json(History(fold(page.entries, page.reactions), page.more))

    async def post(self, room: str) -> None:
        """Send a message ``{"text"?, "key", "reply_to"?, "files"?}``; answer as ``send`` does."""
        self.is_routine = True
        post = self.json_as(Post)
        command = commands.Send(
            room=room,
            text=post.text,
            key=post.key,
            reply_to=_offset(post.reply_to),
            files=post.files,
        )
        self.send_json(await self.dependencies.service.perform(self.person, command, self.address))


def _offset(number: float | None) -> int | None:
    """Return ``number`` as an offset. Raises InvalidInput if it can be none."""
    if number is None:
        return None
    if not (number.is_integer() and 1 <= number <= MAX_OFFSET):
        raise InvalidInput(Code.BAD_COMMAND, "reply_to is the offset of a message.")
    return int(number)
