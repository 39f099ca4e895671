"""A line in the log, and a count, for each request that was answered."""

import logging
from typing import Final

from tornado.log import access_log
from tornado.web import RequestHandler

from chat.metrics.counters import Metrics
from chat.requests.handler import PlainHandler

# What addresses begin with, and what is told of them: whatever is asked for, there are no more.
_ENDPOINTS: Final = {
    "": "page",
    "rooms": "page",
    "doctor": "page",
    "login": "login",
    "logout": "logout",
    "negotiate": "negotiate",
    "chat": "chat",
    "events": "events",
    "poll": "poll",
    "send": "send",
    "api": "api",
    "sockjs": "sockjs",
    "static": "static",
    "healthz": "operations",
    "readyz": "operations",
    "metrics": "operations",
    "admin": "admin",
}
ENDPOINTS: Final = tuple(dict.fromkeys(_ENDPOINTS.values())) + ("other",)
CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")
# The longest of ours is that of a message in a room with a long name.
MAX_PATH: Final = 200
_ROUTINE: Final = (200, 204)


class AccessLog:
    """Is told of each answer, by Tornado's applications."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def __call__(self, handler: RequestHandler) -> None:
        """Count an answer, and log it, but not that all is well with what is asked all the time.

        Balancers ask twice a second, and there would be a line for each message and who polls:
        handlers with ``is_routine`` are logged only when something was wrong.
        """
        status = handler.get_status()
        self._metrics.responded(endpoint_of(handler.request.path), status)
        assert isinstance(handler, PlainHandler)
        if handler.is_logged or (handler.is_routine and status in _ROUTINE):
            return
        level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
        request_ms = 1000 * handler.request.request_time()
        # The path without its query: a cursor or session there helps nobody who reads logs.
        request = handler.request
        path = request.path if len(request.path) <= MAX_PATH else f"{request.path[:MAX_PATH]}…"
        access_log.log(
            level,
            "%d %s %s (%s) %.2fms",
            *(status, request.method, path, request.remote_ip, request_ms),
            extra={
                "fields": {
                    "method": request.method,
                    "path": path,
                    "client": request.remote_ip,
                    "status": status,
                    "duration_ms": round(request_ms, 2),
                }
            },
        )


def endpoint_of(path: str) -> str:
    """Return what metrics call the endpoint at ``path``."""
    return _ENDPOINTS.get(path[1:].partition("/")[0], "other")
