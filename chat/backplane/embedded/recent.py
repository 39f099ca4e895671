"""The newest entries of the rooms that are talked in, kept at hand.

Who polls, or comes back after a moment, is a few entries behind; to have a thread read those
from the tables costs twenty times as much as to have kept them.
"""

from collections import deque
from itertools import islice
from typing import Final

from chat.backplane.records import Page, cut_page
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry

# So many of a room: a burst, or a minute of a lively one.
ENTRIES: Final = 128
# Of so many rooms, those that were talked in last: some 10 MB of usual messages at the most.
ROOMS: Final = 250


class RecentEntries:
    """Holds what was published last: at most ENTRIES of ROOMS rooms."""

    def __init__(self, keep: int | None) -> None:
        """``keep`` is how many messages outlive newer ones, and others too; None: all."""
        self._most = ENTRIES if keep is None else min(keep, ENTRIES)
        self._rooms: dict[str, deque[Entry]] = {}  # the one that was talked in last at the end

    def add(self, entry: Entry) -> None:
        """``entry`` is the newest of its room."""
        entries = self._rooms.pop(entry.room, None)
        if entries is None:
            entries = deque(maxlen=self._most)
            if len(self._rooms) == ROOMS:
                del self._rooms[next(iter(self._rooms))]
        self._rooms[entry.room] = entries
        entries.append(entry)

    def replace(self, entry: Entry) -> None:
        """Have ``entry``, from which text was removed, stand in its own place if it is held."""
        entries = self._rooms.get(entry.room)
        if entries is None:
            return
        first = entries[0].position
        place = entry.position.offset - first.offset
        if entry.position.epoch == first.epoch and 0 <= place < len(entries):
            entries[place] = entry

    def forget(self, room: str) -> None:
        """There is no such room any more."""
        self._rooms.pop(room, None)

    def read(self, room: str, since: Position, *, limit: int) -> Page | None:
        """Return what a Backplane's ``read`` does, or None where the tables must be asked."""
        entries = self._rooms.get(room)
        if entries is None:
            return None
        first, last = entries[0].position, entries[-1].position
        if since.epoch != last.epoch or not first.offset - 1 <= since.offset <= last.offset:
            return None
        begin = since.offset + 1 - first.offset
        page = cut_page(islice(entries, begin, begin + limit))
        return Page(page, bool(page) and page[-1] is not entries[-1])
