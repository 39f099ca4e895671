"""What happened in a room besides messages: who came and went, and what was set."""

from collections.abc import Sequence
from typing import Final

from chat.backplane.base import Backplane
from chat.errors import ResyncNeeded
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, JoinedBody, LeftBody, RoomChangedBody
from chat.rooms.access import is_closed
from chat.service.reading import Reading

# How many entries of a log are looked through at the most, from the newest on.
MAX_ENTRIES: Final = 2000
_PAGE: Final = 200
_KINDS: Final = frozenset({JoinedBody.kind, LeftBody.kind, RoomChangedBody.kind})


async def events_between(
    backplane: Backplane, reading: Reading, user: str, room: str, *, after: int, before: int
) -> Sequence[Entry]:
    """Return the events with offsets between two others, the oldest first.

    Raises Refused ``no_such_room``, also to somebody who has left a closed room meanwhile.
    """
    top = (await reading.details(user, room)).position
    since = await backplane.member_since(user, room)
    before = min(before, top.offset + 1)
    after = max(after, before - 1 - MAX_ENTRIES, 0)
    if is_closed(room):
        after = max(after, (since or 1) - 1)
    found: list[Entry] = []
    has_more = after < before - 1
    while has_more:
        try:
            page = await backplane.read(room, Position(top.epoch, after), limit=_PAGE)
        except ResyncNeeded:  # some of them were trimmed
            return found
        found += [
            entry
            for entry in page.entries
            if entry.kind in _KINDS and entry.position.offset < before
        ]
        after = page.entries[-1].position.offset if page.entries else before
        has_more = page.more and after < before - 1
    if is_closed(room) and await backplane.member_since(user, room) != since:
        return ()
    return found
