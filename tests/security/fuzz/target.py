"""The server that is fuzzed, and how it is asked and watched."""

import json
import re
import socket
from contextlib import suppress

from tests.security.case import faults
from tests.support.server import ServerProcess

# What has not been answered by now is waited for by the server, or was too little to be answered.
SILENCE_S = 0.1
ANSWER_S = 10.0


class Target:
    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return self._server.url

    def ask(self, request: bytes, *, within_s: float = ANSWER_S) -> tuple[int | None, bytes]:
        """Send these bytes; return the status and what came with it, None where nothing came."""
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

    def speak(self, path: str, frames: bytes) -> bytes:
        """Open a WebSocket, send these bytes, hang up; return what came."""
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
        """Fail unless nothing was logged that is a fault of ours, and the next is answered."""
        body = b'{"type":"send","room":"general","text":"well?","key":"well?"}'
        head = b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
        status, answer = self.ask(head + body)
        assert status == 200, answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["replies"][0]["type"] == "ok"
        assert not faults(self._server)

    def _is_whole(self, answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        if not end:
            return False
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        return len(body) >= int(length[1]) if length else True
