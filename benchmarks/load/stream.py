"""One connection that reads pushes without end, in one room."""

import enum
import socket
from typing import Final

from benchmarks.load.dialects import MARK, PONG, Dialect

# What a passive reader throws away goes nowhere; this is only as long as one call may ask for.
_NOWHERE: Final = bytearray(1 << 20)
# The longest beginning of a mark that can have come without its end.
_PART_BYTES: Final = 40


Mark = tuple[int, int]  # a speaker's number, and which of the things it said


class Role(enum.Enum):
    """What a member of a crowd does beside being there."""

    PASSIVE = "is only there"
    WITNESS = "looks at what comes, and when"
    EAR = "waits for what its speaker has said"


class Lost(Exception):
    """A server closed a connection, or did not do what was waited for."""


class Stream:
    """A reader that may speak, too."""

    is_droppable = True

    def __init__(self, port: int, dialect: Dialect, room: str, number: int) -> None:
        self.dialect = dialect
        self.room = room
        self.number = number
        self.received_bytes = 0
        self.is_ready = False
        self.role = Role.PASSIVE
        self._is_open = False
        self._tail = b""
        self.said: Mark = number, 0
        self._waits_for = dialect.ready
        self._greeting = dialect.request(room, number)
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(("127.0.0.1", port))

    def fileno(self) -> int:
        return self.socket.fileno()

    def begin(self) -> None:
        """The connection can be written to: ask."""
        self.socket.send(self._greeting)

    def go_on(self) -> None:
        """Take what has come until the reader is in its room."""
        self._tail += self._read()
        if not self._is_open and b"\r\n\r\n" in self._tail:
            self._is_open = True
            if self.dialect.greeting:
                self.socket.send(self.dialect.greeting)
        if self._is_open and self._waits_for in self._tail:
            self._tail = b""
            if self._waits_for is self.dialect.ready and self.dialect.joining:
                self.socket.send(self.dialect.join(self.room))
                self._waits_for = self.dialect.joined
            else:
                self.is_ready = True

    def say(self) -> Mark:
        """Say the next thing; return its mark."""
        self.said = self.number, self.said[1] + 1
        self.socket.send(self.dialect.message(self.room, *self.said))
        return self.said

    def has_heard(self, mark: Mark) -> bool:
        """Look whether this has come now."""
        wanted = b"(%d %d)" % mark
        data = self._tail + self._read()
        has_heard = wanted in data
        self._tail = b"" if has_heard else data[-_PART_BYTES:]
        return has_heard

    def drop(self) -> None:
        """Count what has come, and don't look at it (tcp(7): MSG_TRUNC copies nothing)."""
        try:
            size = self.socket.recv_into(_NOWHERE, len(_NOWHERE), socket.MSG_TRUNC)
        except BlockingIOError:
            return
        if not size:
            raise Lost(f"The server closed connection {self.number}.")
        self.received_bytes += size

    def look(self) -> list[Mark]:
        """Return the marks that have come, each once."""
        data = self._tail + self._read()
        marks, end = [], 0
        for match in MARK.finditer(data):
            marks.append((int(match[1]), int(match[2])))
            end = match.end()
        self._tail = data[max(end, len(data) - _PART_BYTES) :]
        return marks

    def pong(self) -> None:
        """Say that we are there: a ping may have been dropped."""
        if self.dialect.is_websocket:
            self.socket.send(PONG)

    def close(self) -> None:
        self.socket.close()

    def _read(self) -> bytes:
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return b""
        if not data:
            raise Lost(f"The server closed connection {self.number}: {self._tail[-300:]!r}")
        # Not every server turns Nagle's algorithm off. Without this (tcp(7)) we would measure how
        # it waits for acknowledgements that Linux puts off for 40 ms.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.received_bytes += len(data)
        return data
