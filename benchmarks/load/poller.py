"""A reader that polls: one request after the other on a keep-alive connection."""

import random
import re
import socket
from typing import Final, Protocol

from benchmarks.load.dialects import MARK, get
from benchmarks.load.stream import Lost, Mark, Role

_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")
_COOKIE: Final = re.compile(rb"\r\n[Ss]et-[Cc]ookie: ([^;]+)")
_SESSION: Final = re.compile(rb'"session":"([^"]+)"')
_CURSOR: Final = re.compile(rb'"cursor":"([^"]*)"}$')


class Conversation(Protocol):
    """The requests of a poller: the first one, and the next one after each answer."""

    def first(self) -> bytes: ...

    def next(self, head: bytes, body: bytes) -> bytes: ...


class ParleyPolls:
    """``GET /poll``, each with the cursor of the last answer."""

    def __init__(self, room: str, number: int) -> None:
        self._room = room
        self._cookie = self._session = ""

    def first(self) -> bytes:
        return get(f"/poll?room={self._room}")

    def next(self, head: bytes, body: bytes) -> bytes:
        if not self._session:
            cookie, session = _COOKIE.search(head), _SESSION.search(body)
            assert cookie and session
            self._cookie, self._session = cookie[1].decode(), session[1].decode()
        cursor = _CURSOR.search(body)
        assert cursor
        path = f"/poll?room={self._room}&session={self._session}&cursor={cursor[1].decode()}"
        return get(path, f"Cookie: {self._cookie}")


class ParleyRoutedPolls(ParleyPolls):
    """The same behind a router that adds an id to each request, as Heroku's does."""

    def next(self, head: bytes, body: bytes) -> bytes:
        id_ = f"{random.getrandbits(64):016x}"
        return super().next(head, body)[:-2] + f"X-Request-Id: {id_}\r\n\r\n".encode()


class SockjsPolls:
    """``POST …/xhr``; the first one is answered at once."""

    def __init__(self, room: str, number: int) -> None:
        path = f"/chat/000/{number:08}/xhr?room={room}"
        self._request = get(path, "Content-Length: 0").replace(b"GET", b"POST", 1)

    def first(self) -> bytes:
        return self._request

    def next(self, head: bytes, body: bytes) -> bytes:
        return self._request


class Poller:
    """A reader in one room. It is ready when it has sent its second request."""

    is_droppable = False  # the next request depends on the last answer

    def __init__(self, port: int, conversation: Conversation, room: str, number: int) -> None:
        self.room = room
        self.number = number
        self.received_bytes = 0
        self.role = Role.PASSIVE
        self._conversation = conversation
        self._answers = 0
        self._data = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(("127.0.0.1", port))

    @property
    def is_ready(self) -> bool:
        return self._answers > 0

    def fileno(self) -> int:
        return self.socket.fileno()

    def begin(self) -> None:
        self.socket.send(self._conversation.first())

    def go_on(self) -> None:
        self.look()

    def drop(self) -> None:
        self.look()

    def look(self) -> list[Mark]:
        """Read what has arrived; after a whole answer, poll again and return its marks."""
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return []
        if not data:
            raise Lost(f"The server closed connection {self.number}: {self._data[-300:]!r}")
        self.received_bytes += len(data)
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return []
        length = _LENGTH.search(self._data, 0, end + 2)
        if length is None or not self._data.startswith(b"HTTP/1.1 200"):
            raise Lost(f"Not an answer to a poll: {self._data[:500]!r}")
        if len(self._data) < end + 4 + int(length[1]):
            return []
        head, body, self._data = self._data[:end], self._data[end + 4 :], b""
        self._answers += 1
        self.socket.send(self._conversation.next(head, body))
        return [(int(match[1]), int(match[2])) for match in MARK.finditer(body)]

    def has_heard(self, mark: Mark) -> bool:
        """Read what has arrived; return whether ``mark`` has."""
        return mark in self.look()

    def pong(self) -> None:
        """Do nothing: each poll already shows that the reader is alive."""

    def close(self) -> None:
        self.socket.close()
