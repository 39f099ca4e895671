"""Where we stand in our rooms, and what a push means there. Pure."""

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chat.protocol.cursor import Position, format_cursor

Push = dict[str, Any]


class Verdict(enum.Enum):
    """What to do with a push."""

    APPLY = "it follows what we have"
    DUPLICATE = "we have it"
    GAP = "something is missing before it, or its log is another: attach again at the cursor"
    RESYNC = "the room's history is to be loaded anew; the stream goes on behind it"
    UNLOGGED = "it is in no log"


# They tell a place, too, but stand at none.
_UNLOGGED: Final = frozenset({"resync", "ok"})


class Positions:
    """The position in each room, moved on by the logged pushes of every transport alike."""

    def __init__(self) -> None:
        self._by_room: dict[str, Position] = {}

    @property
    def cursor(self) -> str:
        return format_cursor(self._by_room)

    def __contains__(self, room: str) -> bool:
        return room in self._by_room

    def begin(self, room: str, epoch: str, offset: int) -> None:
        """Stand there in ``room``, unless we stand somewhere in it already."""
        self._by_room.setdefault(room, Position(epoch, offset))

    def leave(self, room: str) -> None:
        self._by_room.pop(room, None)

    def greet(self, rooms: Iterable[Mapping[str, Any]]) -> bool:
        """Take a hello's rooms; return False where its stream begins behind a hole."""
        is_whole = True
        for state in rooms:
            begins_at = Position(state["epoch"], state["offset"])
            seen = self._by_room.setdefault(state["room"], begins_at)
            # Where it was given our cursor, it begins there; else it began at a "now" of its own.
            is_whole &= begins_at.epoch == seen.epoch and begins_at.offset <= seen.offset
        return is_whole

    def judge(self, push: Push) -> Verdict:
        """Say what ``push`` means, and move on with it where it is to be applied."""
        if push["type"] == "resync":
            return self._resync(push)
        # One of a type that only a newer server knows is counted, too; else what comes behind it
        # would look like a hole, for ever.
        if "epoch" not in push or push["type"] in _UNLOGGED:
            return Verdict.UNLOGGED
        room, place = push["room"], Position(push["epoch"], push["offset"])
        seen = self._by_room.get(room)
        if seen is None:  # joined since, perhaps in another session: it begins here
            self._by_room[room] = place
            return Verdict.APPLY
        if place.epoch != seen.epoch or place.offset > seen.offset + 1:
            return Verdict.GAP
        if place.offset <= seen.offset:
            return Verdict.DUPLICATE
        self._by_room[room] = place
        return Verdict.APPLY

    def is_behind(self, tops: Mapping[str, str]) -> bool:
        """Return whether a heartbeat's ``tops`` show a hole that an idle client can't see."""
        for room, top in tops.items():
            seen = self._by_room.get(room)  # None: its ``joined`` is still on the way
            epoch, _, offset = top.partition(":")
            if seen is not None and (epoch != seen.epoch or int(offset) > seen.offset):
                return True
        return False

    def resyncs(self) -> list[Push]:
        """Return what tells a reader to load every room anew, as the server would say it."""
        return [
            {"type": "resync", "room": room, "epoch": epoch, "offset": offset}
            for room, (epoch, offset) in self._by_room.items()
        ]

    def _resync(self, push: Push) -> Verdict:
        room, place = push["room"], Position(push["epoch"], push["offset"])
        seen = self._by_room.get(room)
        if seen is not None and seen.epoch == place.epoch and place.offset <= seen.offset:
            return Verdict.DUPLICATE  # another transport has told us already
        self._by_room[room] = place
        return Verdict.RESYNC
