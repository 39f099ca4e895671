"""The routes at /sockjs, without htmlfile, JSONP and the iframe: other sites could run those."""

from typing import Any, Final

from chat.requests.caller import Dependencies
from chat.transports.sockjs.requests import (
    EventsHandler,
    GreetingHandler,
    InfoHandler,
    PollHandler,
    SendHandler,
    StreamHandler,
)
from chat.transports.sockjs.session import Sessions
from chat.transports.sockjs.socket import SockJsSocket
from chat.transports.websocket.handler import WebSocketTransport

# A server's number and a session's id, both chosen by the client.
_SERVER: Final = r"/sockjs/[^/.]{1,64}"
_NAMED: Final = rf"{_SERVER}/(?P<session_id>[^/.]{{1,64}})"


def sockjs_routes(dependencies: Dependencies, sessions: Sessions) -> list[tuple[Any, ...]]:
    """Return the routes; ``sessions`` must be started before the first request."""
    edge = {"dependencies": dependencies}
    held = {"dependencies": dependencies, "sessions": sessions}
    return [
        (r"/sockjs/?", GreetingHandler, edge),
        (r"/sockjs/info", InfoHandler, edge),
        (r"/sockjs/websocket", WebSocketTransport, edge),  # without SockJS's frames
        (rf"{_SERVER}/[^/.]{{1,64}}/websocket", SockJsSocket, edge),
        (rf"{_NAMED}/xhr", PollHandler, held),
        (rf"{_NAMED}/xhr_streaming", StreamHandler, held),
        (rf"{_NAMED}/eventsource", EventsHandler, held),
        (rf"{_NAMED}/xhr_send", SendHandler, held),
    ]
