"""What a backplane takes and returns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chat.backplane.limits import MAX_OTHERS_KEPT, PAGE_BYTES
from chat.protocol.cursor import Position
from chat.protocol.pushes import Body, Entry
from chat.rooms.amendments import Reactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be appended to ``room``'s log in the name of ``user``."""

    room: str
    user: str
    body: Body
    key: str | None = None  # makes it idempotent for this user and room, for DEDUPE_S
    digest: bytes = b""  # tells whether the same key comes with the same content


class Appended(NamedTuple):
    """Where a draft stands in its log; ``is_new`` is False if it stood there before."""

    position: Position
    is_new: bool


class Page(NamedTuple):
    """Entries in the order of their offsets; ``more`` says whether the limit cut it short."""

    entries: Sequence[Entry]
    more: bool


class History(NamedTuple):
    """Messages as they stand now, oldest first; ``more`` says whether others lie beyond them.

    ``reactions`` are those of the messages that have some, by offset.
    """

    entries: Sequence[Entry]
    reactions: Mapping[int, Reactions]
    more: bool


def others_kept(keep: int | None) -> int:
    """Return how many entries that are no messages are kept where ``keep`` messages are."""
    return MAX_OTHERS_KEPT if keep is None else min(keep, MAX_OTHERS_KEPT)


def cut_page(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return the first of ``entries``, to a gap or to the one that brings them to PAGE_BYTES."""
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
    """A room as its directory has it."""

    room: str
    position: Position  # of its newest entry


class Membership(NamedTuple):
    """A user's standing in a room: ``unread`` counts messages behind ``read_offset``."""

    room: str
    position: Position  # of its newest entry
    read_offset: int
    unread: int
