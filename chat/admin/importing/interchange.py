"""The form in which rooms go from one Parley to another: lines of JSON.

A Head; for each room a RoomLine and its EventLines; a PersonLine for each person, anywhere; a Tail.
A file without its Tail was cut short. The form is for other programs, too: docs/operations.md.
"""

from typing import Final

import msgspec

FORMAT: Final = 1
# A text has 4,000 characters; a room may have 100,000 members.
MAX_LINE_BYTES: Final = 16 << 20


class Head(msgspec.Struct, tag="parley-rooms"):
    format: int = FORMAT


class PersonLine(msgspec.Struct, tag="person", omit_defaults=True):
    id: str
    name: str
    has_account: bool = False
    is_bot: bool = False


class RoomLine(msgspec.Struct, tag="room", kw_only=True, omit_defaults=True):
    """A room. ``id`` is another one's nowhere; ``members`` and ``owner`` are people's."""

    id: str
    title: str
    topic: str = ""
    access: str = "public"
    members: list[str] = []
    owner: str = ""
    is_archived: bool = False


class EventLine(msgspec.Struct, tag="event", kw_only=True, omit_defaults=True):
    """Something that happened in the room above; times are RFC 3339."""

    id: str
    author: str
    time: str
    kind: str = "message"
    text: str = ""  # Markdown
    mentions: list[str] = []
    reply_to: str | None = None
    reactions: list[tuple[str, list[str]]] = []
    edited: str | None = None
    files: list[str] = []  # their names


class Tail(msgspec.Struct, tag="end"):
    lines: int  # all before this one


Line = Head | PersonLine | RoomLine | EventLine | Tail
decoder: Final = msgspec.json.Decoder(Line)
