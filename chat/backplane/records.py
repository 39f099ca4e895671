"""The data types that a backplane takes and returns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from chat.backplane.limits import MAX_OTHERS_KEPT, PAGE_BYTES
from chat.protocol.cursor import Position
from chat.protocol.entries import Body, Entry
from chat.rooms.amendments import Reactions

# The log of what is done to people and rooms, which belongs to no room; its records are those of
# the whole site, such as accounts. No room can have this name.
SITE: Final = "!site"


# As the new value of a record it stands for the offset of the entry that changes it, in digits.
OFFSET: Final = b"@"


class Change(NamedTuple):
    """A change of one of a log's records from ``old`` to ``new``; None: there is no such record."""

    key: str
    old: bytes | None
    new: bytes | None


class Draft(msgspec.Struct, kw_only=True, frozen=True):
    """An entry to be appended to ``room``'s log on behalf of ``user``."""

    room: str
    user: str
    body: Body
    key: str | None = None  # makes it idempotent for this user and room, for DEDUPE_S
    digest: bytes = b""  # of the content: a key must not be used again with another
    changes: Sequence[Change] = ()  # to the room's records, in the same step
    is_open: bool = False  # stored whether or not the user is a member, who stays what they are


class Appended(NamedTuple):
    """A draft's position in its log; ``is_new`` is False if nothing was appended."""

    position: Position
    is_new: bool


class Page(NamedTuple):
    """Entries in the order of their offsets; ``more`` says whether the log goes on after them."""

    entries: Sequence[Entry]
    more: bool


class History(NamedTuple):
    """Messages in their current form, oldest first; ``more`` says whether there are others."""

    entries: Sequence[Entry]
    reactions: Mapping[int, Reactions]  # by message offset; of those that have any
    more: bool


def others_kept(keep: int | None) -> int:
    """Return how many entries other than messages are kept beside ``keep`` messages."""
    return MAX_OTHERS_KEPT if keep is None else min(keep, MAX_OTHERS_KEPT)


def cut_page(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return the first of ``entries``, up to a gap or through the one that reaches PAGE_BYTES."""
    page: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        if page and not entry.position.follows(page[-1].position):
            break
        page.append(entry)
        size_bytes += len(entry.body)
        if size_bytes >= PAGE_BYTES:
            break
    return page


class RoomInfo(NamedTuple):
    """A room in the directory."""

    room: str
    position: Position  # of its newest entry


class Membership(NamedTuple):
    """A user's membership of a room; ``unread`` counts the messages after ``read_offset``.

    Without a marker, as in the lobby until somebody reads or writes there, ``unread`` is 0: a
    newcomer does not have to catch up with all that was said before.
    """

    room: str
    position: Position  # of its newest entry
    read_offset: int | None  # None: no marker, nothing was read
    unread: int
