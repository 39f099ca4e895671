"""Accepts the usual WebSocket handshakes without Tornado's handlers.

The handlers are a quarter of the cost of a connect. Unusual and refused handshakes go to
chat.transports.websocket.handler, which says what is wrong.
"""

from collections.abc import Mapping
from contextvars import copy_context
from typing import Final
from urllib.parse import parse_qsl

from tornado.httputil import HTTPInputError

from chat import log_context
from chat.background import Tasks
from chat.errors import ChatError
from chat.http.tornado_adapter import RequestResponseCycle, headers_of
from chat.protocol.negotiation import PATHS, Transport
from chat.requests.caller import Dependencies
from chat.transports.websocket.handler import WebSocketCaller
from chat.transports.websocket.handshake import VERSION, has_upgrade, key_of

PATH: Final = PATHS[Transport.WEBSOCKET]
# Many more than we use; a request with more goes to Tornado.
_MAX_ARGUMENTS: Final = 100


class Handshakes:
    """Accepts the valid handshakes at PATH."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._tasks = Tasks()

    def take(self, bridge: RequestResponseCycle) -> bool:
        """Accept the handshake, or return False; ``bridge.refused`` then tells why, if refused."""
        request = bridge.request
        path, _, query = request.target.partition("?")
        if path != PATH or request.method != "GET" or request.body:
            return False
        try:
            caller = _Caller(self._dependencies, bridge, _arguments(query))
        except (ValueError, HTTPInputError):  # Tornado reports the error
            return False
        headers = caller.headers
        if not (
            has_upgrade(headers, f"HTTP/{request.version}")
            and headers.get("Sec-WebSocket-Version") == VERSION
            and caller.is_from_own_page("GET")
        ):
            return False
        try:
            caller.let_in()
            wish = caller.asked()
            caller.admit(wish.session)
            key = key_of(headers)
        except ChatError as error:
            bridge.refused = error  # a second check would count twice
            return False
        context = copy_context()  # for this connection only, and only while it starts
        context.run(log_context.request_id.set, bridge.request_id)
        sink = context.run(
            caller.accept, bridge.connection, key, wish, request_id=bridge.request_id
        )
        self._tasks.start(caller.read(sink, wish), context=context)
        return True


class _Caller(WebSocketCaller):
    def __init__(
        self, dependencies: Dependencies, bridge: RequestResponseCycle, arguments: Mapping[str, str]
    ) -> None:
        self.dependencies = dependencies
        self._headers = headers_of(bridge.request)
        self._client = bridge.context
        self._arguments = arguments

    @property
    def headers(self) -> Mapping[str, str]:
        return self._headers

    @property
    def address(self) -> str:
        return self._client.remote_ip

    @property
    def is_secure(self) -> bool:
        return self._client.protocol == "https"

    def argument(self, name: str) -> str:
        return self._arguments.get(name, "")


def _arguments(query: str) -> dict[str, str]:
    """Return the query's arguments; of repeated ones the last. Raises ValueError."""
    if not query:
        return {}
    pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_ARGUMENTS)
    return dict(pairs)
