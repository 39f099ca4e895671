"""The access log: writes a log line for each answered request, and counts it."""

import logging
from typing import Final

from tornado.log import access_log
from tornado.web import RequestHandler

from chat.metrics.counters import Metrics
from chat.requests.handler import PlainHandler
from chat.requests.paths import logged

# The first segment of a path, and its endpoint in metrics: bounded, whatever paths clients request.
_ENDPOINTS: Final = {
    **dict.fromkeys(("", "rooms", "doctor"), "page"),
    **{name: name for name in ("login", "logout", "negotiate", "chat", "events", "poll", "send")},
    **{name: name for name in ("api", "files", "hooks", "sockjs", "static", "admin")},
    **dict.fromkeys(("healthz", "readyz", "metrics"), "operations"),
}
ENDPOINTS: Final = tuple(dict.fromkeys(_ENDPOINTS.values())) + ("other",)
CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")
_ROUTINE: Final = (200, 204)


class AccessLog:
    """Logs and counts each answer; the ``log_function`` of Tornado's applications."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def __call__(self, handler: RequestHandler) -> None:
        """Count an answer, and log it unless it is a routine success.

        Answers of handlers with ``is_routine`` are logged only when something was wrong: else there
        would be a line for each message, each poll, and each check of a balancer, twice a second.
        """
        status = handler.get_status()
        self._metrics.responded(endpoint_of(handler.request.path), status)
        assert isinstance(handler, PlainHandler)
        if handler.is_logged or (handler.is_routine and status in _ROUTINE):
            return
        level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
        request_ms = 1000 * handler.request.request_time()
        # The path without its query: a cursor or session id there is of no use in a log.
        request, path = handler.request, logged(handler.request.path)
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
    """Return the endpoint of ``path``, as a label for metrics."""
    return _ENDPOINTS.get(path[1:].partition("/")[0], "other")
