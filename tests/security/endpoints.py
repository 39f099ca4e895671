"""The endpoints, and requests to them as bytes."""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Endpoint(NamedTuple):
    method: str
    path: str

    def head(self, *lines: str, host: str = "a") -> bytes:
        """Return a request's head, with ``lines`` in it."""
        first = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        return "\r\n".join([*first, *lines, "", ""]).encode("latin-1")

    def with_body(self, body: bytes, *lines: str) -> bytes:
        return self.head(*lines, f"Content-Length: {len(body)}") + body


PAGES = [Endpoint("GET", path) for path in ("/", "/rooms/general", "/rooms/general/1", "/doctor")]
READS = [
    Endpoint("GET", path)
    for path in (
        "/poll?hold_s=0", "/events", "/api/rooms", "/api/rooms/general/messages", "/chat",
        "/api/search?q=a", "/api/me/push", "/api/rooms/general/notifications",
        "/sockjs/0/reading/eventsource",
    )
]  # fmt: skip
OPERATORS = [Endpoint("GET", path) for path in ("/healthz", "/readyz", "/metrics")]
FILES = [Endpoint("GET", path) for path in ("/static/js/parley.js", "/static/css/base.css")]
TAKES_JSON = [
    Endpoint("POST", path)
    for path in ("/send", "/negotiate", "/poll", "/api/rooms/general/messages")
]
UPLOADS = Endpoint("POST", "/api/uploads")  # takes longer bodies than all others
SOCKJS_SEND = Endpoint("POST", "/sockjs/0/writing/xhr_send")
WRITES = [
    *TAKES_JSON,
    Endpoint("POST", "/login"),
    Endpoint("POST", "/sockjs/0/polling/xhr"),
    Endpoint("POST", "/sockjs/0/streaming/xhr_streaming"),
    SOCKJS_SEND,
]  # fmt: skip
ANYWHERE = [
    *PAGES, *READS, *OPERATORS, *FILES, *WRITES,
    UPLOADS, Endpoint("GET", "/sockjs/info"),
    Endpoint("GET", "/nowhere"), Endpoint("POST", "/nowhere"),
]  # fmt: skip

# The paths that open WebSockets.
SOCKETS = ("/chat", "/sockjs/websocket", "/sockjs/0/socket/websocket")


def statuses(answer: bytes) -> Sequence[int]:
    """Return the status of each answer in the received bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]
