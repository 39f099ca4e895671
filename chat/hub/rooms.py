"""The rooms that have readers here, and each reader's position in each of its rooms."""

from collections import deque
from collections.abc import Callable
from typing import Final

from chat.hub.reader import Reader
from chat.hub.room import LiveRoom
from chat.protocol.cursor import Position
from chat.protocol.outgoing import AnyFraming

# Live pushes are buffered for a reader that is catching up, also if it stops in the middle. The
# oldest may be dropped: they are in the log, and no room gets this many while one page is read.
BUFFERED_LIMIT: Final = 4096


class LiveRooms(dict[str, LiveRoom]):
    """The rooms that have readers here, by name."""

    def __init__(self, on_empty: Callable[[LiveRoom], None]) -> None:
        """``on_empty`` is called with each room whose last reader has left."""
        super().__init__()
        self._on_empty = on_empty

    def subscribe(self, reader: Reader, room: str, position: Position) -> None:
        """Have ``reader`` read ``room`` from ``position`` on, with its live pushes buffered."""
        if (live := self.get(room)) is None:
            live = self[room] = LiveRoom(room)
        self._set_position(reader, room, position)
        live.read_from(reader, position)
        reader.buffered.setdefault(room, deque(maxlen=BUFFERED_LIMIT))

    def unsubscribe(self, reader: Reader, room: str) -> None:
        reader.buffered.pop(room, None)
        if reader.is_parked and room in reader.rooms:  # an answered poll
            self[room].parked -= 1
        self._leave(reader, room)
        self._set_position(reader, room, None)

    def remove(self, reader: Reader) -> None:
        """Remove ``reader``, whose transport is gone."""
        if reader.is_parked:
            reader.is_parked = False
            for room in reader.rooms:
                self[room].parked -= 1
        reader.is_gone = True
        reader.buffered.clear()
        reader.pending.clear()
        for room in reader.rooms:
            self._leave(reader, room)

    def park(self, reader: Reader) -> None:
        """Send nothing to ``reader`` until it polls again. It must still be removed in the end."""
        if reader.is_gone:
            return
        reader.is_gone = reader.is_parked = True
        reader.buffered.clear()
        reader.pending.clear()
        for room in reader.rooms:
            self[room].park(reader)

    def is_up_to_date(self, reader: Reader, room: str) -> bool:
        """Return whether ``reader`` is at the live readers' position: it need not read the log."""
        live = self[room]
        return live.position_of(reader) == live.written and not reader.buffered[room]

    def has_unwritten(self, room: str) -> bool:
        """Return whether pushes wait to be written to the readers of ``room``."""
        live = self.get(room)
        return live is not None and bool(live.batch)

    def _set_position(self, reader: Reader, room: str, position: Position | None) -> None:
        """Set or, with None, remove a position; the number of rooms may change the framing."""
        framing = reader.framing
        reader.set_position(room, position)
        self.reframe(reader, framing)

    def reframe(self, reader: Reader, before: AnyFraming) -> None:
        """Move ``reader``, if its framing is not the one it had ``before``, in all its rooms."""
        if reader.framing is not before and not reader.is_gone:
            for room in reader.rooms:
                self[room].reframe(reader, before)

    def _leave(self, reader: Reader, room: str) -> None:
        if (live := self.get(room)) is not None:
            live.leave(reader)
            live.shown.pop(reader, None)
            if live.is_empty:
                del self[room]
                self._on_empty(live)
