"""The chat page. It contains its first screen and the cursor of that, so that no entry is lost
between the page and its connection."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec

from chat.backplane.records import History
from chat.errors import Refused
from chat.protocol.cursor import format_cursor, parse_room
from chat.protocol.pushes import Person
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms import LOBBY
from chat.rooms.folding import fold
from chat.rooms.names import MAX_NAME_CHARACTERS
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.service.reading import Heading
from chat.web.page import Page
from chat.web.rooms import RoomDetails, details_of

# The first screen: a tall window shows some 40 messages.
FIRST_SCREEN: Final = 50
# A screenful of the longest messages. The page has each twice, as HTML and for the script.
FIRST_SCREEN_BYTES: Final = 48 << 10
# A permalink shows its message and later ones, this many together.
AFTER_FOCUS: Final = 25


class ChatPage(Page):
    """The chat page: the lobby, a room, or a room around one message."""

    async def get(self, room: str = LOBBY, focus: str | None = None) -> None:
        current = await self.dependencies.accounts.people.current(self.person)
        if current is not self.person:  # renamed on another device
            self.set_identity(current)
        room = parse_room(room)
        boot = await self._boot(room, int(focus) if focus else None)
        if not boot["exists"]:
            self.set_status(404)  # for programs; the page tells people, and offers to make it
        self.show(
            "chat.html",
            inline=self.files.contents["js/early.js"].decode(),
            boot=boot,
            site=self.dependencies.accounts.site,
            title=_title_of(boot, room),
            connecting=self.module_urls("js/connected.js"),
            modules=self.module_urls("js/main.js"),
        )

    async def _boot(self, room: str, focus: int | None) -> dict[str, Any]:
        backplane = self.dependencies.backplane
        memberships = await backplane.memberships(self.person.user)
        # The cursor is taken before the messages are read: an entry that comes in between comes by
        # the stream again, where its offset shows the duplicate. The other order would lose it.
        cursor = {membership.room: membership.position for membership in memberships}
        # For a room that does not exist yet, the page says so and offers to make it.
        exists = await self.dependencies.service.reading.exists(self.person.user, room)
        first_screen = await self._messages(room, focus) if exists else ([], False, False)
        messages, has_older, has_newer = first_screen
        accounts, reading = self.dependencies.accounts, self.dependencies.service.reading
        headings = await reading.headings([m.room for m in memberships])
        return {
            "role": await accounts.people.role_of(self.person.user),
            "site": {"name": accounts.site.name, "guests": accounts.site.guests},
            "info": await self._details(room) if exists else None,
            "user": self.person.user,
            "name": self.person.name,
            "is_newcomer": self.is_newcomer,
            "skeleton": skeleton(self.person.name),
            "room": room,
            "focus": focus,
            "exists": exists,
            "rooms": sorted(
                (
                    {
                        "room": m.room,
                        **m.position._asdict(),
                        "unread": m.unread,
                        "read_offset": m.read_offset,
                        **_heading(heading, self.person),
                    }
                    for m, heading in zip(memberships, headings, strict=True)
                ),
                key=_place,
            ),
            "cursor": format_cursor(cursor),
            "messages": messages,
            "more": has_older,
            "more_after": has_newer,
            "text_limit": MAX_TEXT_CHARACTERS,
            "file_limit": self._file_limit,
            "has_search": self.dependencies.service.search is not None,
            "name_limit": MAX_NAME_CHARACTERS,
            "terms": msgspec.to_builtins(self.terms()),  # saves the round trip of /negotiate
        }

    @property
    def _file_limit(self) -> int | None:
        """Return how many bytes a file may have; None where messages have no files."""
        has_files = self.dependencies.service.files is not None
        return self.dependencies.settings.file_bytes if has_files else None

    async def _details(self, room: str) -> RoomDetails | None:
        """Return what is set of ``room``; None if the person may not know of it any more."""
        try:
            reading = self.dependencies.service.reading
            return details_of(await reading.details(self.person.user, room))
        except Refused:
            return None

    async def _messages(self, room: str, focus: int | None) -> tuple[list[Any], bool, bool]:
        history = partial(self.dependencies.service.reading.history, self.person.user, room)
        if focus is None:
            page = await history(
                before=None, after=None, limit=FIRST_SCREEN, limit_bytes=FIRST_SCREEN_BYTES
            )
            return _shown(page), page.more, False
        half_bytes = FIRST_SCREEN_BYTES // 2
        older = await history(before=focus, after=None, limit=FIRST_SCREEN, limit_bytes=half_bytes)
        newer = await history(
            before=None, after=focus - 1, limit=AFTER_FOCUS, limit_bytes=half_bytes
        )
        return _shown(older) + _shown(newer), older.more, newer.more


def _heading(heading: Heading, person: Person) -> dict[str, Any]:
    """Return what the page says of a room: a direct one is called by the others in it."""
    if not heading.people:
        return {"title": heading.title}
    others = [other for other in heading.people if other.user != person.user]
    return {
        "title": ", ".join(other.name for other in others),
        "users": [{"user": each.user, "name": each.name} for each in heading.people],
    }


def _place(room: Mapping[str, Any]) -> tuple[bool, list[str | int]]:
    """Return a key that sorts as static/js/room_order.js does, so that the list stays as it is."""
    parts = re.split(r"(\d+)", (room.get("title") or room["room"]).casefold())
    return room["room"] != LOBBY, [int(part) if at % 2 else part for at, part in enumerate(parts)]


def _title_of(boot: dict[str, Any], room: str) -> str:
    """Return what the room shown is called."""
    own = next((each["title"] for each in boot["rooms"] if each["room"] == room), "")
    info: RoomDetails | None = boot["info"]
    return own or (info.title if info else "") or room


def _shown(page: History) -> list[Any]:
    return [msgspec.to_builtins(message) for message in fold(page.entries, page.reactions)]
