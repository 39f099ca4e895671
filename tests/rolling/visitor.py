"""A client like a browser: it sends one request after another over a kept connection.

A proxy keeps connections to the instances too, and may send a request on one that just closes.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable

from tests.support.http_client import HttpClient
from tests.support.wire import LOST, Connection


class Visitor(HttpClient):
    """Requests a page of history and marks messages as read, in turn."""

    def __init__(self, url: str, room: str) -> None:
        super().__init__(url)
        self.statuses: Counter[int] = Counter()
        self.unanswered = 0  # new connections that were refused, or closed without an answer
        read = {"type": "read", "room": room, "offset": 1}
        self._requests = (
            ("GET", f"/api/rooms/{room}/messages", None),
            ("POST", "/send", json.dumps(read)),
        )

    async def visit(self, every_s: float, is_over: Callable[[], bool]) -> None:
        number = 0
        while not is_over():
            asked, is_kept = 0, True
            try:
                async with Connection(self.url) as connection:
                    while is_kept and not is_over():
                        answer = await self.fetch(*self._requests[number % 2], over=connection)
                        number, asked = number + 1, asked + 1
                        self.statuses[answer.code] += 1
                        is_kept = answer.headers.get("Connection", "").lower() != "close"
                        await asyncio.sleep(every_s)
            except LOST:
                # When a kept connection is closed, it asks again, as browsers do.
                self.unanswered += asked == 0
