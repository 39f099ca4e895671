"""What a follower is: something that is done with the entries of all logs, in the background."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from chat.protocol.cursor import Position, format_position
from chat.protocol.entries import Entry


class Follower(Protocol):
    """Does something with the entries of all logs, and keeps a cursor together with its results.

    The runner calls one method at a time, and none after ``close``. Any error of any method makes
    it close the follower and, after a while, open it again: it goes on from the cursor that is
    stored. So each method either does its work and stores the cursor, or does neither. Where these
    can't be one step, as with requests to another server, the work may be done twice; the receiver
    tells by the key (``key_of``).

    Methods raise Unavailable where the store of the logs can't be reached, and OSError where
    something can't that the follower itself needs.
    """

    async def open(self) -> Mapping[str, Position]:
        """Prepare the work; return the stored cursor, the position in each room."""

    async def close(self) -> None:
        """Let go of everything. Called after a failed ``open``, too."""

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        """Handle some entries of each room, which follow the cursor, and move it to the last."""

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        """Return the position from which to read ``room``, whose log ends at ``top``; store it.

        The room is new to the follower or its log began anew or, if ``is_gap``, the entries after
        the cursor were trimmed; then it is at a greater offset than the cursor.
        """

    async def forget(self, room: str) -> None:
        """Remove the cursor of ``room``, which is gone, and what must not outlive it."""

    async def work(self) -> bool:
        """Do a small piece of what is left besides new entries; return whether there is more."""

    @property
    def backlog(self) -> int:
        """About how many entries ``work`` has still to handle."""


def key_of(entry: Entry) -> str:
    """Return the key of the delivery of ``entry``: the same whoever delivers it, and how often."""
    return format_position(entry.room, entry.position)
