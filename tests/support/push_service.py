"""A push service that browsers' stand-ins subscribe to: it decrypts what a server sends them."""

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from tests.support.receiving import ReceivingServer

WAIT_S = 12


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Received:
    """A message: what it says, its headers, and what the token of its sender claims."""

    notice: dict[str, Any]
    headers: Mapping[str, str]
    claims: dict[str, Any]
    key: str  # of the server that sent it
    encrypted_bytes: int


@dataclass
class Device:
    """A browser's subscription. ``answers`` are given before all others, which are 201."""

    endpoint: str
    private_key: ec.EllipticCurvePrivateKey
    auth: bytes
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    asked: int = 0  # how often a server connected, whatever was answered
    is_silent: bool = False  # it never answers
    # Takes what comes, encrypted, in place of us, who do not have a real browser's key.
    forward: Callable[[bytes], None] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def subscription(self) -> dict[str, Any]:
        """What ``PushSubscription.toJSON()`` returns."""
        point = self.private_key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": base64url(point), "auth": base64url(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def wait(self, count: int, *, within_s: float = WAIT_S) -> list[Received]:
        """Return what was received, once it is ``count`` messages."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= count, within_s), (
                f"{len(self.received)} instead of {count}"
            )
            return list(self.received)

    def wait_asked(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked >= count, WAIT_S), self.asked

    def texts(self) -> list[str]:
        return [one.notice["text"] for one in self.received]


class PushService:
    """Serves in threads, on a free port of this machine."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.is_over = threading.Event()
        self._server = ReceivingServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def device(self) -> Device:
        path = f"/push/{os.urandom(8).hex()}"
        key = ec.generate_private_key(ec.SECP256R1())
        device = Device(f"{self.url}{path}", key, os.urandom(16))
        self.devices[path] = device
        return device

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                device = service.devices[self.path]
                status, headers = device.answers.pop(0) if device.answers else (201, {})
                with device.changed:
                    device.asked += 1
                    if device.forward is not None:
                        device.forward(body)
                    elif status == 201 and not device.is_silent:
                        device.received.append(_open(device, self.headers, body))
                    device.changed.notify_all()
                if device.is_silent:
                    service.is_over.wait(WAIT_S)
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


def _open(device: Device, headers: Any, body: bytes) -> Received:
    """Check and decrypt a message (RFC 8291, RFC 8292)."""
    assert headers["Content-Encoding"] == "aes128gcm"
    assert len(body) <= 4096
    text = http_ece.decrypt(
        body, private_key=device.private_key, auth_secret=device.auth, version="aes128gcm"
    )
    scheme, _, rest = headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert Vapid02.verify(headers["Authorization"])
    claims = parts["t"].split(".")[1]
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert device.endpoint.startswith(f"{decoded['aud']}/")
    assert time.time() < decoded["exp"] <= time.time() + 86400
    return Received(json.loads(text), dict(headers.items()), decoded, parts["k"], len(body))


@contextmanager
def run_push_service() -> Iterator[PushService]:
    service = PushService()
    try:
        yield service
    finally:
        service.stop()
