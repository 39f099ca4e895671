"""The other half of a push service: what Firefox connects to, to receive what it has been sent.

Speaks as much of Mozilla's protocol as Firefox needs, over a WebSocket without TLS: its preferences
have to allow that.
"""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.support.push_service import PushService


class Autopush:
    """Hands what comes to ``service`` for its subscriptions to the browsers that are connected."""

    def __init__(self, service: PushService) -> None:
        self._service = service
        self._server: Server = serve(self._talk, "127.0.0.1", 0)
        port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.acknowledged: list[str] = []  # the versions of messages that a browser has taken
        self.changed = threading.Condition()
        self.preferences: dict[str, Any] = {
            "dom.push.serverURL": f"ws://127.0.0.1:{port}/",
            "dom.push.connection.enabled": True,
            "dom.push.testing.allowInsecureServerURL": True,
            "permissions.default.desktop-notification": 1,
            # Without a desktop there is nothing that shows them; the browser itself does.
            "alerts.useSystemBackend": False,
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def wait_acknowledged(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= count, 30)

    def _talk(self, connection: ServerConnection) -> None:
        try:
            for text in connection:
                for answer in self._answers(connection, json.loads(text)):
                    connection.send(json.dumps(answer))
        except ConnectionClosed:
            pass

    def _answers(self, connection: ServerConnection, said: dict[str, Any]) -> Iterator[Any]:
        match said.get("messageType"):
            case None:
                yield {}  # a ping
            case "hello":
                uaid = said.get("uaid") or os.urandom(16).hex()
                yield {
                    **{"messageType": "hello", "uaid": uaid, "status": 200},
                    **{"use_webpush": True, "broadcasts": {}},
                }
            case "register":
                channel = said["channelID"]
                yield {
                    **{"messageType": "register", "channelID": channel, "status": 200},
                    "pushEndpoint": self._subscribe(connection, channel),
                }
            case "unregister":
                yield {**said, "status": 200}
            case "ack":
                with self.changed:
                    self.acknowledged += [one["version"] for one in said["updates"]]
                    self.changed.notify_all()

    def _subscribe(self, connection: ServerConnection, channel: str) -> str:
        def forward(body: bytes) -> None:
            message = {
                "messageType": "notification",
                "channelID": channel,
                "version": os.urandom(8).hex(),
                "data": base64.urlsafe_b64encode(body).decode().rstrip("="),
                "headers": {"encoding": "aes128gcm"},
            }
            connection.send(json.dumps(message))

        device = self._service.device()
        device.forward = forward
        return device.endpoint


@contextmanager
def run_autopush(service: PushService) -> Iterator[Autopush]:
    autopush = Autopush(service)
    try:
        yield autopush
    finally:
        autopush.stop()
