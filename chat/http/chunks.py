"""Parses a chunked body (RFC 9112 section 7.1). Pure."""

import re
from typing import Final

from chat.http.fields import check_begun, read_fields
from chat.http.head import body_too_long, head_too_long
from chat.http.messages import malformed

# Chunk extensions are ignored (section 7.1.1); no program that we know of sends any.
_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t -~\x80-\xff]*)?\r\n")
_SIZE_LINE_BEGUN: Final = re.compile(rb"[0-9A-Fa-f]{0,16}(?:[ \t]*(?:;[\t -~\x80-\xff]*)?)?\r?")
MAX_SIZE_LINE_BYTES: Final = 256
# Each chunk costs as much time as some hundred bytes of a body. The free part allows programs
# that write in small pieces some thousand chunks; a long body has to come in longer chunks.
FREE_OVERHEAD_BYTES: Final = 16 << 10
OVERHEAD_OF_BODY: Final = 1 / 4


class ChunkedBody:
    """Takes bytes, and holds the body once it ``is_complete``. Trailers are checked and dropped.

    ``take`` returns what has come of a body that is read piece by piece.

    Trailers must not be treated as headers (section 7.1.2): a proxy that removes a header does
    not remove a trailer of that name.
    """

    __slots__ = (
        "body", "is_complete", "_is_in_trailers", "_max_bytes", "_max_trailer_bytes",
        "_max_trailers", "_missing_bytes", "_overhead_bytes", "_taken_bytes",
    )  # fmt: skip

    def __init__(self, max_bytes: int, *, max_trailer_bytes: int, max_trailers: int) -> None:
        self.body = bytearray()
        self.is_complete = False
        self._max_bytes = max_bytes
        self._max_trailer_bytes = max_trailer_bytes
        self._max_trailers = max_trailers
        self._missing_bytes: int | None = None  # of the chunk being received
        self._is_in_trailers = False
        self._overhead_bytes = 0
        self._taken_bytes = 0

    def receive(self, data: bytes, at: int) -> int:
        """Read ``data`` from ``at`` on; return where to continue with more data. Raises Refusal.

        The next call may pass the same bytes again, from the returned index on.
        """
        while not self.is_complete:
            if self._is_in_trailers:
                went_to = self._receive_trailers(data, at)
            elif self._missing_bytes is None:
                went_to = self._receive_size(data, at)
            else:
                went_to = self._receive_chunk(data, at, self._missing_bytes)
            if went_to == at:
                break
            at = went_to
        return at

    def take(self) -> bytes:
        """Return and forget what has come of the body since the last call."""
        taken, self.body = bytes(self.body), bytearray()
        self._taken_bytes += len(taken)
        return taken

    def _receive_size(self, data: bytes, at: int) -> int:
        match = _SIZE_LINE.match(data, at)
        line_bytes = (match.end() if match else len(data)) - at
        if line_bytes > MAX_SIZE_LINE_BYTES:
            raise malformed()
        if match is None:
            if not _SIZE_LINE_BEGUN.fullmatch(data, at):
                raise malformed()
            return at
        size = int(match[1], 16)
        received_bytes = self._taken_bytes + len(self.body)
        if received_bytes + size > self._max_bytes:
            raise body_too_long(self._max_bytes)
        self._overhead_bytes += line_bytes
        if self._overhead_bytes > FREE_OVERHEAD_BYTES + received_bytes * OVERHEAD_OF_BODY:
            raise malformed()
        if size == 0:
            self._is_in_trailers = True
        else:
            self._missing_bytes = size
        return match.end()

    def _receive_chunk(self, data: bytes, at: int, missing_bytes: int) -> int:
        if missing_bytes:
            piece = data[at : at + missing_bytes]
            self.body += piece
            self._missing_bytes = missing_bytes - len(piece)
            return at + len(piece)
        end = data[at : at + 2]
        if end == b"\r\n":
            self._missing_bytes = None
            return at + 2
        if end not in (b"", b"\r"):
            raise malformed()
        return at

    def _receive_trailers(self, data: bytes, at: int) -> int:
        if data.startswith(b"\r\n", at):
            self.is_complete = True
            return at + 2
        end = data.find(b"\r\n\r\n", at)
        if (len(data) if end < 0 else end + 4) - at > self._max_trailer_bytes:
            raise head_too_long()
        if end < 0:
            check_begun(data, at)
            return at
        read_fields(data[at : end + 2], at_most=self._max_trailers)
        self.is_complete = True
        return end + 4
