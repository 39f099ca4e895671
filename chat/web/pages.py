"""The page, rendered with its first screen and the cursor of it, so that nothing is lost
between the page and its connection."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup

from chat.backplane.records import History, Membership
from chat.protocol.cursor import Position, format_cursor, parse_room
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms import LOBBY
from chat.rooms.folding import fold
from chat.rooms.names import MAX_NAME_CHARACTERS
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.web.page import Page

# The first screen: a tall window shows some 40 messages.
FIRST_SCREEN: Final = 50
# Its messages are there twice, as HTML and for the script. It is a screenful of the longest.
FIRST_SCREEN_BYTES: Final = 48 << 10
# With a permalink, the message meant stands among this many later ones.
AFTER_FOCUS: Final = 25
# In the order in which they are needed.
_CONNECTING: Final = (
    "js/connected.js", "js/parley.js", "js/engine/positions.js", "js/engine/cursor.js",
    "js/engine/policy.js", "js/engine/base.js", "js/engine/http.js", "js/engine/sleep.js",
    "js/storage.js", "js/tabs/connect.js", "js/tabs/liveness.js", "js/transports/longpoll.js",
    "js/transports/transport.js",
)  # fmt: skip
_ELSEWHERE: Final = ("js/doctor/", "js/admin/")
_ENGINE: Final = ("js/tabs/", "js/engine/", "js/transports/")


def load_templates(folder: Path, base_path: str) -> jinja2.Environment:
    """Return the page's templates; text is escaped, and a name that is missing is an error.

    ``base`` in them is what the path of every address of ours begins with.
    """
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["base"] = base_path
    templates.filters["script_json"] = script_json
    return templates


def script_json(value: Any) -> Markup:
    """Return ``value`` in JSON as it can stand in a script element.

    What could end the element, or begin another in it, begins with < (HTML section 13.2.5.15). All
    else stays as it is: escaped, quotes are six times as long, and emoji twice.
    """
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c"))


@cache  # a deploy restarts us, and a page should not look through folders
def module_names(static: Path) -> tuple[str, ...]:
    """Return the page's modules, by their paths below ``static``: first what connects.

    A browser asks for six things at a time, in the order in which they are named.
    """
    names = [path.relative_to(static).as_posix() for path in static.glob("js/**/*.js")]
    return tuple(sorted(names, key=_lateness))


def _lateness(name: str) -> tuple[int, str]:
    """Return 0 for what connects, 1 for what its worker needs, 2 for what the page is."""
    if name.startswith(_CONNECTING):
        return 0, name
    return (1 if name.startswith(_ENGINE) else 2), name


class ChatPage(Page):
    """The chat page: the lobby, a room, or a room around one message."""

    async def get(self, room: str = LOBBY, focus: str | None = None) -> None:
        boot = await self._boot(parse_room(room), int(focus) if focus else None)
        if not boot["exists"]:
            self.set_status(404)  # for programs; people are told by the page, and may make it
        self.show(
            "chat.html",
            boot=boot,
            modules=[
                {"url": self.static_url(name), "is_late": _lateness(name)[0] == 2}
                for name in module_names(self.dependencies.static)
                if not name.startswith(_ELSEWHERE)
            ],
        )

    async def _boot(self, room: str, focus: int | None) -> dict[str, Any]:
        """Return all that the page begins with."""
        backplane = self.dependencies.backplane
        memberships = await backplane.memberships(self.person.user)
        # The cursor is taken before the messages are read: what comes in between stands on the
        # page and comes by the stream again, where its offset tells. The other order loses it.
        cursor = {membership.room: membership.position for membership in memberships}
        shown: Membership | None = next((m for m in memberships if m.room == room), None)
        # A room that is not made yet: the page says so, and offers to make it.
        exists = bool(await backplane.positions([room]))
        first_screen = await self._messages(room, focus) if exists else ([], False, False)
        messages, has_older, has_newer = first_screen
        return {
            "user": self.person.user,
            "name": self.person.name,
            "skeleton": skeleton(self.person.name),
            "room": room,
            "focus": focus,
            "exists": exists,
            "rooms": [_room_state(membership) for membership in memberships],
            "cursor": format_cursor(cursor),
            "messages": messages,
            "more": has_older,
            "more_after": has_newer,
            "read_offset": shown.read_offset if shown else None,
            "text_limit": MAX_TEXT_CHARACTERS,
            "name_limit": MAX_NAME_CHARACTERS,
            "terms": msgspec.to_builtins(self.terms()),  # a round trip less than /negotiate
        }

    async def _messages(self, room: str, focus: int | None) -> tuple[list[Any], bool, bool]:
        backplane = self.dependencies.backplane
        if focus is None:
            page = await backplane.history(
                room, before=None, after=None, limit=FIRST_SCREEN, limit_bytes=FIRST_SCREEN_BYTES
            )
            return _shown(page), page.more, False
        half_bytes = FIRST_SCREEN_BYTES // 2
        older = await backplane.history(
            room, before=focus, after=None, limit=FIRST_SCREEN, limit_bytes=half_bytes
        )
        newer = await backplane.history(
            room, before=None, after=focus - 1, limit=AFTER_FOCUS, limit_bytes=half_bytes
        )
        return _shown(older) + _shown(newer), older.more, newer.more


def _room_state(membership: Membership) -> dict[str, Any]:
    position: Position = membership.position
    return {
        "room": membership.room,
        "epoch": position.epoch,
        "offset": position.offset,
        "unread": membership.unread,
    }


def _shown(page: History) -> list[Any]:
    return _plain(fold(page.entries, page.reactions))


def _plain(messages: list[Any]) -> list[Any]:
    return [msgspec.to_builtins(message) for message in messages]
