"""Splits what a client sends into lines. Pure."""

from typing import Final

from chat.protocol.irc.messages import MAX_CLIENT_TAG_BYTES, MAX_LINE_BYTES

# A line that is longer is skipped up to its end.
MAX_BYTES: Final = MAX_CLIENT_TAG_BYTES + MAX_LINE_BYTES
# Whoever sends so many bytes without a line end speaks something else.
MAX_SKIPPED_BYTES: Final = 64 << 10


class TooMuch(ValueError):
    """There was no line end in MAX_SKIPPED_BYTES: hang up."""


class LineReader:
    """Takes bytes in any pieces, and returns whole lines.

    A line ends with LF; a CR before that belongs to the line end.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipped = 0  # bytes of a line that is too long

    def receive(self, data: bytes) -> list[bytes | None]:
        """Return the lines that ``data`` completes, without line ends; None for one too long.

        Raises TooMuch.
        """
        *ends, rest = data.split(b"\n")
        lines = [self._line(end) for end in ends]
        self._add(rest)
        return lines

    def _line(self, end: bytes) -> bytes | None:
        self._add(end)
        line, is_skipped = bytes(self._rest), self._skipped > 0
        self._rest.clear()
        self._skipped = 0
        return None if is_skipped else line.removesuffix(b"\r")

    def _add(self, data: bytes) -> None:
        if self._skipped or len(self._rest) + len(data) > MAX_BYTES:
            self._skipped += len(self._rest) + len(data)
            self._rest.clear()
            if self._skipped > MAX_SKIPPED_BYTES:
                raise TooMuch
        else:
            self._rest += data
