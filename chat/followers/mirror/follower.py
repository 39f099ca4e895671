"""Copies the entries of rooms into a stream: each once, and those of a room in their order.

The cursor is stored after the stream has acknowledged the entries. An instance that ends in between
leaves a cursor that is behind; so the first time that a room has something new, the end of the
stream is looked at, and what is there already is not appended again.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from chat.backplane.base import Backplane
from chat.backplane.values import Setting
from chat.errors import Refused
from chat.followers.cursors import moved, position_in
from chat.followers.follower import Follower
from chat.followers.mirror.stream import Stream, StreamAway
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.rooms.access import Access, access_of

# The group of values that holds the cursor, by room.
CURSOR: Final = "mirror-cursor"


class MirrorFollower(Follower):
    """Appends to ``stream``. Of rooms that are not mirrored, it only moves the cursor."""

    def __init__(self, backplane: Backplane, stream: Stream, *, has_all_rooms: bool) -> None:
        """Without ``has_all_rooms``, only public rooms are mirrored."""
        self._backplane = backplane
        self._stream = stream
        self._has_all_rooms = has_all_rooms
        self._cursor: dict[str, Position] = {}
        self._compared: set[str] = set()  # the rooms whose end in the stream is known
        self._gap_ends: dict[str, Position] = {}  # where to go on after what was trimmed

    async def open(self) -> Mapping[str, Position]:
        # The stream is opened when there is something for it: until then, nothing is behind.
        stored = await self._backplane.values.all(CURSOR)
        self._cursor = {room: position_in(value) for room, value in stored.items()}
        return dict(self._cursor)

    async def close(self) -> None:
        self._compared.clear()
        await self._stream.close()

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        mirrored = [room for room in pages if self._is_mirrored(room)]
        if mirrored:
            await self._advance(await self._stream.open())
            await self._compare({room: pages[room] for room in mirrored})
            await self._stream.append({room: self._missing(pages[room]) for room in mirrored})
        await self._move({room: entries[-1].position for room, entries in pages.items()})

    def _is_mirrored(self, room: str) -> bool:
        return self._has_all_rooms or access_of(room) is Access.PUBLIC

    def _missing(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return those of ``entries``, which are of one room, that are not in the stream."""
        end = self._cursor[entries[0].room].offset
        return [entry for entry in entries if entry.position.offset > end]

    async def _advance(self, found: Sequence[tuple[str, Position]]) -> None:
        """Move the cursor to entries that the stream has after it."""
        ahead: dict[str, Position] = {}
        for room, position in found:
            at = ahead.get(room) or self._cursor.get(room)
            if at is not None and at.epoch == position.epoch and at.offset < position.offset:
                ahead[room] = position
        await self._move(ahead)

    async def _compare(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        """Move the cursor to where the stream ends, in the rooms where that is not known yet.

        Raises StreamAway if it ends before the cursor: then what it has lost is read again.
        """
        handled = {room: self._cursor[room] for room in pages.keys() - self._compared}
        ends = await self._stream.ends(handled) if handled else {}
        at = [(room, Position(handled[room].epoch, end)) for room, end in ends.items()]
        await self._advance(at)
        lost = {
            room: position
            for room, position in at
            if position.offset < handled[room].offset and handled[room] != self._gap_ends.get(room)
        }
        if lost:
            await self._move(lost)
            room = next(iter(lost))
            raise StreamAway(
                f"the stream has lost the newest entries of {len(lost)} rooms, as of {room} "
                f"those after {lost[room].offset}; they are sent again"
            )
        self._compared |= handled.keys()

    async def _move(self, positions: Mapping[str, Position]) -> None:
        if positions:
            await self._backplane.values.put(
                moved(CURSOR, room, position) for room, position in positions.items()
            )
            self._cursor |= positions

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        if not self._is_mirrored(room):
            position = top
        elif is_gap:
            position = self._gap_ends[room] = await self._gap_end(room, top)
        else:
            position = Position(top.epoch, 0)
        await self._move({room: position})
        return position

    async def _gap_end(self, room: str, top: Position) -> Position:
        """Return the position before the first entry after the cursor that is kept.

        Between two messages, the oldest of the other entries are trimmed first.
        """
        trimmed = self._cursor[room].offset + 1
        try:
            page = await self._backplane.history(
                room, before=None, after=trimmed, limit=1, limit_bytes=1
            )
        except Refused:  # it has gone, and will be forgotten
            return top
        kept = page.entries[0].position.offset if page.entries else top.offset + 1
        while kept - trimmed > 1:
            middle = (kept + trimmed) // 2
            if await self._backplane.entry(room, middle) is None:
                trimmed = middle
            else:
                kept = middle
        return Position(top.epoch, kept - 1)

    async def forget(self, room: str) -> None:
        await self._backplane.values.put([Setting(CURSOR, room, None)])
        self._cursor.pop(room, None)
        self._gap_ends.pop(room, None)
        self._compared.discard(room)

    async def work(self) -> bool:
        return False

    @property
    def backlog(self) -> int:
        return 0
