"""Shared memory through which the workers of one port inform each other and their parent.

Each worker has a place with two numbers: the beats of its event loop, and how many connections it
serves. A reader sees either the old or the new value of a number being written.
"""

import mmap
import struct
from pathlib import Path
from typing import Final

_PLACE: Final = struct.Struct("=QQ")
_NUMBER: Final = struct.Struct("=Q")
# Replaces the number of connections of a worker that accepts none.
_ABSENT: Final = 2**64 - 1
_NAME: Final = "board"


class Board:
    """The places of the workers that share ``folder``, numbered from 1."""

    def __init__(self, folder: Path, count: int = 0) -> None:
        """Open the board; create it with ``count`` places if that is not 0."""
        path = folder / _NAME
        if count:
            path.write_bytes(_PLACE.pack(0, _ABSENT) * count)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._count = len(self._memory) // _PLACE.size

    def beats(self, number: int) -> int:
        return self._read(_PLACE.size * (number - 1))

    def beat(self, number: int) -> None:
        at = _PLACE.size * (number - 1)
        _NUMBER.pack_into(self._memory, at, self._read(at) + 1)

    def serves(self, number: int, connections: int | None) -> None:
        """Record how many connections a worker serves; None if it accepts none now."""
        at = _PLACE.size * (number - 1) + _NUMBER.size
        _NUMBER.pack_into(self._memory, at, _ABSENT if connections is None else connections)

    def fewest(self, but: int) -> int | None:
        """Return the fewest connections of any worker except ``but``; None if no other accepts."""
        others = (
            self._read(_PLACE.size * (number - 1) + _NUMBER.size)
            for number in range(1, self._count + 1)
            if number != but
        )
        fewest = min(others, default=_ABSENT)
        return None if fewest == _ABSENT else fewest

    def _read(self, at: int) -> int:
        (number,) = _NUMBER.unpack_from(self._memory, at)
        return int(number)


class Share:
    """One worker's share of the connections to the port."""

    def __init__(self, board: Board, number: int) -> None:
        self._board = board
        self._number = number

    def note(self, connections: int | None) -> None:
        self._board.serves(self._number, connections)

    def is_ahead(self, connections: int) -> bool:
        """Return whether another worker serves fewer than ``connections``, our own number."""
        fewest = self._board.fewest(self._number)
        return fewest is not None and fewest < connections
