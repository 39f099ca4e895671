"""The fuzzed server: sends requests to it and checks its health."""

import json
import re
import socket
from contextlib import suppress
from typing import Any

from tests.security.case import faults
from tests.support.server import ServerProcess

# Without an answer after this time, the server waits for more bytes of the request.
SILENCE_S = 0.1
ANSWER_S = 10.0


class Target:
    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return self._server.url

    def ask(self, request: bytes, *, within_s: float = ANSWER_S) -> tuple[int | None, bytes]:
        """Send ``request``; return the status, None without an answer, and the answer's bytes."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self._server.port)) as connection:
            connection.settimeout(within_s)
            with suppress(OSError):
                connection.sendall(request)
                while not self._is_whole(answer):
                    data = connection.recv(1 << 16)
                    if not data:
                        break
                    answer += data
        status = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        assert status or not answer, answer
        return int(status[1]) if status else None, answer

    def statuses(self, requests: bytes, *, within_s: float) -> list[int]:
        """Send ``requests``; return the statuses of all answers until ``within_s`` of silence."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self._server.port)) as connection:
            connection.settimeout(within_s)
            with suppress(OSError):
                connection.sendall(requests)
                connection.shutdown(socket.SHUT_WR)
                while data := connection.recv(1 << 16):
                    answer += data
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]

    def send_pieces(self, pieces: list[bytes]) -> None:
        """Send ``pieces`` one by one, then close the connection at once."""
        with socket.create_connection(("127.0.0.1", self._server.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):
                for piece in pieces:
                    connection.sendall(piece)

    def guest(self) -> "Guest":
        """Return a new guest."""
        _, answer = self.ask(b"GET /api/rooms HTTP/1.1\r\nHost: a\r\n\r\n")
        cookie = re.search(rb"Set-Cookie: ([^;]*)", answer)
        assert cookie is not None
        return Guest(self, cookie[1].decode())

    def speak(self, path: str, frames: bytes) -> bytes:
        """Open a WebSocket, send ``frames``, close; return all received bytes."""
        head = (
            f"GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        answer = b""
        with socket.create_connection(("127.0.0.1", self._server.port)) as connection:
            connection.settimeout(ANSWER_S)
            with suppress(ConnectionError):
                connection.sendall(head.encode())
                answer = connection.recv(1 << 16)
                connection.sendall(frames)
                connection.shutdown(socket.SHUT_WR)
                while data := connection.recv(1 << 16):
                    answer += data
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        return answer

    def is_well(self) -> None:
        """Check that the next request is answered and that the log shows no fault."""
        body = b'{"type":"send","room":"general","text":"well?","key":"well?"}'
        head = b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
        status, answer = self.ask(head + body)
        assert status == 200, answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["replies"][0]["type"] == "ok"
        assert not (found := faults(self._server)), found

    def _is_whole(self, answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        if not end:
            return False
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        return len(body) >= int(length[1]) if length else True


class Guest:
    """A user with a cookie."""

    def __init__(self, target: Target, cookie: str) -> None:
        self.cookie = f"Cookie: {cookie}"
        self._target = target

    def command(self, *commands: dict[str, object]) -> list[dict[str, Any]]:
        """Send ``commands``; return their replies."""
        body = json.dumps(commands).encode()
        head = f"POST /send HTTP/1.1\r\nHost: a\r\n{self.cookie}\r\nContent-Length: {len(body)}"
        status, answer = self._target.ask(head.encode() + b"\r\n\r\n" + body)
        assert status is not None and status < 500, answer
        return list(json.loads(answer.partition(b"\r\n\r\n")[2])["replies"])
