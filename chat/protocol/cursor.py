"""Cursors: a reader's positions in its rooms, written ``room:epoch:offset``, joined by commas."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from chat.errors import InvalidInput
from chat.protocol.codes import Code

# Both SQLite and Lua's numbers can hold it; no log ever gets that long.
MAX_OFFSET: Final = 2**53 - 1
# A room's name has at most 64 characters, so this holds at least some 100 rooms, or 300 with
# usual names, and stays below the 8 KiB that proxies allow for a request line.
MAX_CURSOR_CHARACTERS: Final = 7168

ROOM_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,63}"
_ROOM: Final = re.compile(ROOM_PATTERN)
_PART: Final = re.compile(
    rf"(?P<room>{_ROOM.pattern}):(?P<epoch>[a-z0-9]{{1,16}}):(?P<offset>0|[1-9][0-9]{{0,15}})"
)


class Position(NamedTuple):
    """A position in a room's log: the reader has seen ``offset`` entries of ``epoch``."""

    epoch: str
    offset: int

    def follows(self, earlier: "Position") -> bool:
        """Return whether this is the position right after ``earlier``."""
        return self.epoch == earlier.epoch and self.offset == earlier.offset + 1


def newest(positions: Iterable[Position], top: Position) -> Position | None:
    """Return the newest of ``positions`` in a log that ends at ``top``; None if there are none.

    A position of another epoch or beyond ``top``, from which a reader can't continue, is
    returned only if no other is left.
    """
    known = list(positions)
    usable = [one for one in known if one.epoch == top.epoch and one.offset <= top.offset]
    return max(usable or known[:1], key=lambda one: one.offset, default=None)


def parse_room(name: str) -> str:
    """Return ``name`` if it is a valid room name, else raise InvalidInput ``bad_room``."""
    if not _ROOM.fullmatch(name):
        raise InvalidInput(
            Code.BAD_ROOM,
            "A room's name has 1 to 64 of a-z, 0-9, - and _, and begins with a letter or digit.",
        )
    return name


def parse_cursor(text: str) -> dict[str, Position]:
    """Return the positions in ``text`` by room; none for an empty text.

    Only the log knows whether a reader can continue from them. Raises InvalidInput:
    ``bad_command`` if it is not a cursor, ``too_long`` beyond MAX_CURSOR_CHARACTERS.
    """
    if len(text) > MAX_CURSOR_CHARACTERS:
        raise InvalidInput(
            Code.TOO_LONG, f"A cursor has at most {MAX_CURSOR_CHARACTERS} characters."
        )
    positions: dict[str, Position] = {}
    for part in text.split(",") if text else ():
        match = _PART.fullmatch(part)
        if match is None or int(match["offset"]) > MAX_OFFSET or match["room"] in positions:
            raise InvalidInput(
                Code.BAD_COMMAND, "A cursor is room:epoch:offset, joined by commas, each room once."
            )
        positions[match["room"]] = Position(match["epoch"], int(match["offset"]))
    return positions


def format_cursor(positions: Mapping[str, Position]) -> str:
    """Return ``positions`` as text for parse_cursor, in their order."""
    return ",".join(format_position(room, position) for room, position in positions.items())


def format_position(room: str, position: Position) -> str:
    """Return the cursor of one room alone."""
    return f"{room}:{position.epoch}:{position.offset}"
