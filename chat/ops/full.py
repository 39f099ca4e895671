"""What newcomers are answered while there is no room for them."""

from typing import Final

import msgspec
from tornado.web import RequestHandler

from chat.connections import Connections
from chat.handler import SAFE_HEADERS
from chat.protocol.codes import Code
from chat.protocol.pushes import Error

# Long enough that a crowd which asks and asks is little work, short for who waits for a place.
RETRY_S: Final = 5


class FullHandler(RequestHandler):
    """503 with the reason, to any request; a balancer may try another instance."""

    def initialize(self, connections: Connections) -> None:
        self._connections = connections

    def prepare(self) -> None:
        for name, value in SAFE_HEADERS.items():
            self.set_header(name, value)
        message = f"{self._connections.why_full or 'There was no room.'} Try again."
        error = Error(code=Code.UNAVAILABLE, message=message, retry_ms=1000 * RETRY_S)
        self.set_status(503)
        self.set_header("Retry-After", str(RETRY_S))
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(error))
