"""Keeps the newest entries of active rooms in memory.

Clients that poll, or reconnect after a moment, are a few entries behind, and so are the followers.
Reading these from the tables in a thread costs twenty times as much as reading them from memory.
"""

from bisect import bisect_left
from collections import deque
from itertools import accumulate, islice
from typing import Final

from chat.backplane.limits import PAGE_BYTES
from chat.backplane.records import Page
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
        self._burst: deque[tuple[str, int]] = deque()  # whose the newest entries are, and how many
        self._burst_size = 0
        self._size_bytes = 0

    def add(self, *new: Entry) -> None:
        """Append ``new`` entries, the newest of their one room, in their order."""
        room = new[0].room
        entries = self._rooms.pop(room, None)
        self._rooms[room] = entries = deque() if entries is None else entries
        entries += new
        self._size_bytes += sum(map(_size_bytes, new))
        if self._keep is not None:
            self._drop_oldest(room, len(entries) - self._keep)
        self._burst.append((room, len(new)))
        self._burst_size += len(new)
        while self._burst_size - self._burst[0][1] >= BURST:
            old, count = self._burst.popleft()
            self._burst_size -= count
            self._drop_oldest(old, min(count, len(self._rooms.get(old, ())) - ENTRIES))
        while self._size_bytes > ALL_BYTES and len(entries) > ENTRIES:
            self._drop_oldest(room, 1)
        while self._size_bytes > ALL_BYTES or len(self._rooms) > ROOMS:
            self.forget(next(iter(self._rooms)))

    def _drop_oldest(self, room: str, count: int) -> None:
        if count > 0:
            entries = self._rooms[room]
            bodies_bytes = sum([len(entries.popleft().body) for _ in range(count)])
            self._size_bytes -= bodies_bytes + count * _OBJECTS_BYTES

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
        page = [*islice(reversed(entries), last.offset - since.offset)][: -limit - 1 : -1]
        size_bytes = [*accumulate([len(entry.body) for entry in page])]
        del page[bisect_left(size_bytes, PAGE_BYTES) + 1 :]  # they follow one another
        return Page(page, bool(page) and page[-1] is not entries[-1])


def _size_bytes(entry: Entry) -> int:
    return len(entry.body) + _OBJECTS_BYTES
