"""The interface of a stream in another system, to which the mirror appends."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from chat.protocol.cursor import Position
from chat.protocol.entries import Entry


class StreamAway(OSError):
    """The stream can't be reached or refuses an entry; the text says which, without a secret."""


class Stream(Protocol):
    """Keeps entries, those of a room in their order. Methods raise StreamAway."""

    async def open(self) -> Sequence[tuple[str, Position]]:
        """Connect, unless that is done; return what is known of the end of the stream.

        That is rooms and the positions of entries that the stream has of them. From then on, what
        other instances append is refused, or fails what we append next.
        """

    async def close(self) -> None:
        """Let go of the connection. Repeatable; also called after a failed ``open``."""

    async def ends(self, handled: Mapping[str, Position]) -> Mapping[str, int]:
        """Return the offset up to which the stream has the entries of each room in ``handled``.

        Entries of another epoch don't count. Where the stream can't tell, it is as in ``handled``.
        """

    async def append(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        """Append entries of several rooms; return when the stream has acknowledged all of them.

        ``ends`` was called for each room since ``open``. If this fails, the stream may have the
        first entries of each room, and later ones only together with them.
        """
