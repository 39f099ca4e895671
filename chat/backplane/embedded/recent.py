"""Keeps the newest entries of active rooms in memory.

Clients that poll, or reconnect after a moment, are a few entries behind, and so are the followers.
Reading these from the tables in a thread costs twenty times as much as reading them from memory.
"""

from collections import deque
from itertools import islice
from typing import Final

from chat.backplane.records import Page, cut_page
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

# Entries kept per room: a burst, or a minute of a lively room.
ENTRIES: Final = 128
# Entries kept of all rooms, the most recently active ones: about 10 MB of usual messages.
ALL_ENTRIES: Final = 32_000
# Rooms kept: each takes most of a KB besides its entries.
ROOMS: Final = 4000


class RecentEntries:
    """Holds the entries published last: at most ENTRIES for each room, and ALL_ENTRIES."""

    def __init__(self, keep: int | None) -> None:
        """Hold at most ``keep`` entries per room, as many messages as logs keep (None: all)."""
        self._most = ENTRIES if keep is None else min(keep, ENTRIES)
        self._rooms: dict[str, deque[Entry]] = {}  # the most recently active room last
        self._count = 0

    def add(self, entry: Entry) -> None:
        """Append ``entry``, the newest of its room."""
        entries = self._rooms.pop(entry.room, None)
        if entries is None:
            entries = deque(maxlen=self._most)
        self._rooms[entry.room] = entries
        self._count -= len(entries)
        entries.append(entry)
        self._count += len(entries)
        while self._count > ALL_ENTRIES or len(self._rooms) > ROOMS:
            self.forget(next(iter(self._rooms)))

    def replace(self, entry: Entry) -> None:
        """Replace the held entry at the same position with ``entry``, whose text was removed."""
        entries = self._rooms.get(entry.room)
        if entries is None:
            return
        first = entries[0].position
        place = entry.position.offset - first.offset
        if entry.position.epoch == first.epoch and 0 <= place < len(entries):
            entries[place] = entry

    def forget(self, room: str) -> None:
        self._count -= len(self._rooms.pop(room, ()))

    def read(self, room: str, since: Position, *, limit: int) -> Page | None:
        """Return the page that Backplane.read returns, or None if only the tables have it."""
        entries = self._rooms.get(room)
        if entries is None:
            return None
        first, last = entries[0].position, entries[-1].position
        if since.epoch != last.epoch or not first.offset - 1 <= since.offset <= last.offset:
            return None
        # From the end, where most readers are: a deque is looked through entry by entry.
        after = [*islice(reversed(entries), last.offset - since.offset)]
        page = cut_page(islice(reversed(after), limit))
        return Page(page, bool(page) and page[-1] is not entries[-1])
