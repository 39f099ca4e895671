"""The client's positions in its rooms, and what to do with each push. Pure."""

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chat.protocol.cursor import Position, format_cursor

Push = dict[str, Any]


class Verdict(enum.Enum):
    """A decision on a push."""

    APPLY = "it follows what we have"
    DUPLICATE = "we have it"
    GAP = "something is missing before it, or its log is another: attach again at the cursor"
    RESYNC = "the room's history is to be loaded anew; the stream goes on behind it"
    UNLOGGED = "it is in no log"


# These have an epoch and offset, too, but are not entries of the log.
_UNLOGGED: Final = frozenset({"resync", "ok"})


class Positions:
    """The position in each room, advanced by the logged pushes of all transports."""

    def __init__(self) -> None:
        self._by_room: dict[str, Position] = {}

    @property
    def cursor(self) -> str:
        return format_cursor(self._by_room)

    def __contains__(self, room: str) -> bool:
        return room in self._by_room

    def begin(self, room: str, epoch: str, offset: int) -> None:
        """Set the position in ``room``, unless it has one."""
        self._by_room.setdefault(room, Position(epoch, offset))

    def leave(self, room: str) -> None:
        self._by_room.pop(room, None)

    def greet(self, rooms: Iterable[Mapping[str, Any]]) -> bool:
        """Check the rooms of a hello; return False if its stream begins after a gap."""
        is_whole = True
        for state in rooms:
            begins_at = Position(state["epoch"], state["offset"])
            seen = self._by_room.setdefault(state["room"], begins_at)  # or begin here
            # A stream begins at the cursor of its request, or at "now" in rooms not in the cursor.
            is_whole &= begins_at.epoch == seen.epoch and begins_at.offset <= seen.offset
        return is_whole

    def judge(self, push: Push) -> Verdict:
        """Return what to do with ``push``; advance the position if it applies."""
        if push["type"] == "resync":
            return self._resync(push)
        # A type that only a newer server knows advances the position, too: else a gap would follow.
        if "epoch" not in push or push["type"] in _UNLOGGED:
            return Verdict.UNLOGGED
        room, place = push["room"], Position(push["epoch"], push["offset"])
        seen = self._by_room.get(room)
        if seen is None:  # a room joined since, perhaps in another session: it begins here
            self._by_room[room] = place
            return Verdict.APPLY
        if place.epoch != seen.epoch or place.offset > seen.offset + 1:
            return Verdict.GAP
        if place.offset <= seen.offset:
            return Verdict.DUPLICATE
        self._by_room[room] = place
        return Verdict.APPLY

    def is_behind(self, tops: Mapping[str, str]) -> bool:
        """Return whether a heartbeat's ``tops`` reveal entries that this client has missed.

        Without them, a client could not see a gap until the next push.
        """
        for room, top in tops.items():
            seen = self._by_room.get(room)  # None: its ``joined`` is still on the way
            epoch, _, offset = top.partition(":")
            if seen is not None and (epoch != seen.epoch or int(offset) > seen.offset):
                return True
        return False

    def resyncs(self) -> list[Push]:
        """Return a resync push for every room, in the server's format."""
        return [
            {"type": "resync", "room": room, "epoch": epoch, "offset": offset}
            for room, (epoch, offset) in self._by_room.items()
        ]

    def _resync(self, push: Push) -> Verdict:
        room, place = push["room"], Position(push["epoch"], push["offset"])
        seen = self._by_room.get(room)
        if seen is not None and seen.epoch == place.epoch and place.offset <= seen.offset:
            return Verdict.DUPLICATE  # it came over another transport already
        self._by_room[room] = place
        return Verdict.RESYNC
