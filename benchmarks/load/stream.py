"""A connection that reads an endless stream of pushes in one room."""

import enum
import socket
from typing import Final

from benchmarks.load.dialects import MARK, PONG, Dialect

# A passive reader discards its data with MSG_TRUNC; this buffer only sets the size of a call.
_NOWHERE: Final = bytearray(1 << 20)
# The longest beginning of a mark that can arrive without its end.
_PART_BYTES: Final = 40


Mark = tuple[int, int]  # a speaker's number, and the number of its message


class Role(enum.Enum):
    """How a member of a crowd treats the data that it receives."""

    PASSIVE = "is only there"
    WITNESS = "looks at what comes, and when"
    EAR = "waits for what its speaker has said last"
    COUNTER = "counts what it has said itself, many messages ahead"


class Lost(Exception):
    """A server closed a connection, or its answer did not arrive."""


class Stream:
    """A reader that may also send messages."""

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
        """Send the request, once the connection is writable."""
        self.socket.send(self._greeting)

    def go_on(self) -> None:
        """Read what has arrived; called until the reader is in its room."""
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
        """Send the next message; return its mark."""
        self.said = self.number, self.said[1] + 1
        self.socket.send(self.dialect.message(self.room, *self.said))
        return self.said

    def has_heard(self, mark: Mark) -> bool:
        """Read what has arrived; return whether ``mark`` has."""
        wanted = b"(%d %d)" % mark
        data = self._tail + self._read()
        has_heard = wanted in data
        self._tail = b"" if has_heard else data[-_PART_BYTES:]
        return has_heard

    def drop(self) -> None:
        """Count and discard what has arrived (tcp(7): MSG_TRUNC copies nothing)."""
        try:
            size = self.socket.recv_into(_NOWHERE, len(_NOWHERE), socket.MSG_TRUNC)
        except BlockingIOError:
            return
        if not size:
            raise Lost(f"The server closed connection {self.number}.")
        self.received_bytes += size

    def look(self) -> list[Mark]:
        """Read what has arrived; return its marks, each once."""
        data = self._tail + self._read()
        marks, end = [], 0
        for match in MARK.finditer(data):
            marks.append((int(match[1]), int(match[2])))
            end = match.end()
        self._tail = data[max(end, len(data) - _PART_BYTES) :]
        return marks

    def pong(self) -> None:
        """Send a pong: the server's ping may be among the discarded data."""
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
        # Not every server turns Nagle's algorithm off. Without this (tcp(7)) we would measure its
        # wait for acknowledgements, which Linux delays by 40 ms.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.received_bytes += len(data)
        return data
