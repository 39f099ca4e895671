"""Programs that webhooks tell of what happens: they verify each request, and answer as told."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.receiving import ReceivingServer

WAIT_S = 30


@dataclass
class Received:
    id: str
    payload: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.payload["data"]
        return found


@dataclass
class Hook:
    """The receiver of one webhook. ``answers`` are given before all others, which are 200."""

    url: str
    secret: str = ""  # as it was shown; without it nothing is verified
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    answer: Callable[[], int] = lambda: 200
    asked: list[str] = field(default_factory=list)  # the ids of all requests
    received: list[Received] = field(default_factory=list)  # those that were answered 2xx
    forged: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int, within_s: float = WAIT_S) -> list[Received]:
        """Return what was received, once it is ``count`` requests."""
        self.wait_for(lambda: len(self.received) >= count, within_s)
        return list(self.received)

    def wait_asked(self, count: int, within_s: float = WAIT_S) -> None:
        self.wait_for(lambda: len(self.asked) >= count, within_s)

    def wait_for(self, is_so: Callable[[], bool], within_s: float = WAIT_S) -> None:
        with self.changed:
            assert self.changed.wait_for(is_so, within_s), (self.asked, self.received)

    def take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Take a request; return its answer."""
        with self.changed:
            try:
                if self.secret:
                    Webhook(self.secret).verify(body, dict(headers))
            except WebhookVerificationError:
                self.forged += 1
            status, more = self.answers.pop(0) if self.answers else (self.answer(), {})
            id = headers["webhook-id"]
            self.asked.append(id)
            if 200 <= status < 300:
                self.received.append(Received(id, json.loads(body), headers))
            self.changed.notify_all()
        return status, more

    @property
    def texts(self) -> list[str]:
        return [one.data["text"] for one in self.received if one.payload["type"] == "message"]


class Receiver:
    """Serves in threads, on ``port`` of this machine."""

    def __init__(self, port: int = 0) -> None:
        self.hooks: dict[str, Hook] = {}
        self._server = ReceivingServer(("127.0.0.1", port), self._handler())
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hook(self, host: str = "127.0.0.1") -> Hook:
        path = f"/hooks/{os.urandom(8).hex()}"
        self.hooks[path] = Hook(f"http://{host}:{self.port}{path}")
        return self.hooks[path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hooks = self.hooks

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                lowered = {name.lower(): value for name, value in self.headers.items()}
                status, headers = hooks[self.path].take(lowered, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.stop()
