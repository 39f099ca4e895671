"""Answers the usual WebSocket handshakes without Tornado's handlers, a quarter of their cost.

A handshake that is refused goes to chat.transports.websocket.handler, which says what is wrong.
"""

from collections.abc import Mapping
from contextvars import copy_context
from typing import Final
from urllib.parse import parse_qsl

from tornado.httputil import HTTPInputError
from tornado.web import HTTPError

from chat import log_context
from chat.background import Tasks
from chat.errors import ChatError
from chat.http.tornado_adapter import RequestResponseCycle, headers_of
from chat.requests.caller import Caller, Dependencies
from chat.transports.websocket.opening import PARLEY, open_websocket, read

# Many more than we use; a request with more goes to Tornado.
_MAX_ARGUMENTS: Final = 100


class Handshakes:
    """Accepts the valid handshakes at one path."""

    is_free = False

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._tasks = Tasks()

    def answer(self, cycle: RequestResponseCycle) -> bool:
        """Accept the handshake, or return False; ``cycle.refused`` then tells why, if refused."""
        if cycle.request.method != "GET":
            return False
        try:
            caller = _Caller(self._dependencies, cycle)
        except (ValueError, HTTPInputError):  # Tornado reports the error
            return False
        context = copy_context()  # for this connection only, and only while it starts
        context.run(log_context.request_id.set, cycle.request_id)
        try:
            sink, request = context.run(open_websocket, caller, cycle, PARLEY)
        except (ChatError, HTTPError) as error:
            cycle.refused = error  # a second check would count twice
            return False
        self._tasks.start(read(caller, sink, request), context=context)
        return True


class _Caller(Caller):
    def __init__(self, dependencies: Dependencies, cycle: RequestResponseCycle) -> None:
        """Read the request in ``cycle``. Raises ValueError or HTTPInputError if it is malformed."""
        self.dependencies = dependencies
        self._headers = headers_of(cycle.request)
        self._client = cycle.context
        self._arguments = _arguments(cycle.request.target.partition("?")[2])

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
    if not query:
        return {}
    pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_ARGUMENTS)
    return dict(pairs)
