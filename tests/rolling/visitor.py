"""A client as browsers are: its requests come one after the other, over a connection that is kept.

A proxy keeps connections to the instances, too, and may send a request on one just as that closes.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit


class Visitor:
    """Asks in turn for a page of history, and says something, until it is over."""

    def __init__(self, url: str, room: str, name: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.unanswered = 0  # requests that the connection was closed on, without a word
        self._address = urlsplit(url)
        self._room = room
        self._name = name

    async def visit(self, every_s: float, is_over: Callable[[], bool]) -> None:
        cookie, number = "", 0
        while not is_over():
            reader, writer = await asyncio.open_connection(
                self._address.hostname, self._address.port
            )
            is_kept, asked = True, 0
            try:
                while is_kept and not is_over():
                    number += 1
                    writer.write(self._request(number, cookie))
                    head, is_kept = await self._answer(reader)
                    asked += 1
                    cookie = head.get("set-cookie", cookie).partition(";")[0]
                    await asyncio.sleep(every_s)
            except (OSError, EOFError):
                # Who finds a kept connection closed asks again, as browsers do by themselves:
                # what is sent has a key.
                number -= 1
                self.unanswered += asked == 0
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def _request(self, number: int, cookie: str) -> bytes:
        path = f"/api/rooms/{self._room}/messages"
        body = b""
        if number % 2 == 0:
            path = "/send"
            key = f"{self._name}-{number}"
            command = {"type": "read", "room": self._room, "offset": 1, "id": key}
            body = json.dumps(command).encode()
        lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: {self._address.netloc}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
        lines += [f"Cookie: {cookie}"] if cookie else []
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[dict[str, str], bool]:
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        head = {}
        for line in lines:
            name, _, value = line.partition(":")
            head.setdefault(name.lower(), value.strip())  # the first cookie is the server's own
        await reader.readexactly(int(head["content-length"]))
        self.statuses[int(status.split()[1])] += 1
        return head, head.get("connection", "").lower() != "close"
