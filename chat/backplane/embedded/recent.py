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

# Entries kept per room: a minute of a lively room.
ENTRIES: Final = 128
# The newest entries of all rooms are kept beyond that: while messages pour into one room, followers
# are a second behind.
BURST: Final = 4096
# Rooms kept: each takes most of a KB besides its entries.
ROOMS: Final = 4000
# Of all rooms, the most recently active ones: some 28,000 usual messages, or 500 of the longest.
ALL_BYTES: Final = 16 << 20
# An entry, its position and their strings take about as much besides the body.
_OBJECTS_BYTES: Final = 300


class RecentEntries:
    """Holds the entries published last."""

    def __init__(self, keep: int | None) -> None:
        """Hold at most ``keep`` entries per room, as many messages as logs keep (None: all)."""
        self._keep = keep
        self._rooms: dict[str, deque[Entry]] = {}  # the most recently active room last
        self._burst: deque[str] = deque()  # the rooms of the newest entries
        self._size_bytes = 0

    def add(self, entry: Entry) -> None:
        """Append ``entry``, the newest of its room."""
        room = entry.room
        entries = self._rooms.pop(room, None)
        self._rooms[room] = entries = deque() if entries is None else entries
        entries.append(entry)
        self._size_bytes += _size_bytes(entry)
        if self._keep is not None and len(entries) > self._keep:
            self._drop_oldest(room)
        self._burst.append(room)
        if len(self._burst) > BURST:
            old = self._burst.popleft()
            if len(self._rooms.get(old, ())) > ENTRIES:
                self._drop_oldest(old)
        while self._size_bytes > ALL_BYTES and len(entries) > ENTRIES:
            self._drop_oldest(room)
        while self._size_bytes > ALL_BYTES or len(self._rooms) > ROOMS:
            self.forget(next(iter(self._rooms)))

    def _drop_oldest(self, room: str) -> None:
        self._size_bytes -= _size_bytes(self._rooms[room].popleft())

    def replace(self, entry: Entry) -> None:
        """Replace the held entry at the same position with ``entry``, whose text was removed."""
        entries = self._rooms.get(entry.room)
        if entries is None:
            return
        first = entries[0].position
        place = entry.position.offset - first.offset
        if entry.position.epoch == first.epoch and 0 <= place < len(entries):
            self._size_bytes += _size_bytes(entry) - _size_bytes(entries[place])
            entries[place] = entry

    def forget(self, room: str) -> None:
        self._size_bytes -= sum(map(_size_bytes, self._rooms.pop(room, ())))

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


def _size_bytes(entry: Entry) -> int:
    return len(entry.body) + _OBJECTS_BYTES
