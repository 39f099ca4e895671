"""Cursors that followers keep in a group of values of the store, one value for each room."""

from chat.backplane.values import Setting
from chat.protocol.cursor import Position


def moved(group: str, room: str, position: Position) -> Setting:
    """Return the change by which the cursor of ``room`` in ``group`` is ``position``."""
    return Setting(group, room, f"{position.epoch}:{position.offset}".encode())


def position_in(value: bytes) -> Position:
    """Return the position in a value that ``moved`` has set."""
    epoch, _, offset = value.decode().partition(":")
    return Position(epoch, int(offset))
