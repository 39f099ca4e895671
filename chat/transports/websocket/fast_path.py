"""A WebSocket's handshake as browsers and programs send it, accepted without Tornado's handlers.

Those are a quarter of what a connect costs. Whatever is unusual takes the usual way,
chat.transports.websocket.handler, and so does whoever is not let in: that way says why.
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
from chat.requests.caller import Dependencies
from chat.transports.websocket.handler import WebSocketCaller
from chat.transports.websocket.handshake import VERSION, has_upgrade, key_of

PATH: Final = "/chat"
# Many more than we know; who has more to say is heard by Tornado.
_MAX_ARGUMENTS: Final = 100


class Handshakes:
    """Takes the handshakes at PATH with which nothing is wrong."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._tasks = Tasks()

    def take(self, bridge: RequestResponseCycle) -> bool:
        """Accept the handshake, or return False; then ``bridge`` knows who was refused, and why."""
        request = bridge.request
        path, _, query = request.target.partition("?")
        if path != PATH or request.method != "GET" or request.body:
            return False
        try:
            caller = _Caller(self._dependencies, bridge, _arguments(query))
        except (ValueError, HTTPInputError):  # what is wrong, Tornado says
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
            bridge.refused = error  # to ask again would count again
            return False
        context = copy_context()  # of this connection alone, and only for as long as it begins
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
    """Return what is asked for, of what is asked twice the last. Raises ValueError."""
    if not query:
        return {}
    pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_ARGUMENTS)
    return dict(pairs)
