"""The only wiring: builds the parts, lists the routes, starts and stops them."""

import logging
import random
from pathlib import Path
from typing import Any, Final

from tornado.log import access_log
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from chat.accounts.secret import load_secret
from chat.attach import Attachments
from chat.backplane.base import Backplane
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.redis import RedisBackplane, RedisOptions
from chat.capacity import Capacity
from chat.clock import Clock, SystemClock
from chat.connections import Connections
from chat.errors import SettingsError
from chat.handler import Handler, Parts
from chat.http.connection import Timeouts
from chat.http.server import HttpServer
from chat.hub import Hub
from chat.load import LoopLag
from chat.open_files import first_reserved
from chat.ops.full import FullHandler
from chat.ops.health import HealthHandler, ReadyHandler
from chat.ops.metrics import MetricsHandler, build_registry
from chat.service import Service
from chat.settings import Settings
from chat.transports.longpoll import LongPollTransport
from chat.transports.negotiate import NegotiateTransport
from chat.transports.send import SendTransport
from chat.transports.sse import SseTransport
from chat.transports.websocket import WebSocketTransport
from chat.web.api import MessagesHandler, RoomsHandler
from chat.web.doctor import DoctorPage
from chat.web.login import LoginHandler
from chat.web.pages import ChatPage, load_templates
from chat.web.static import StaticFile
from chat.witness import Witness

ROOT: Final = Path(__file__).parent.parent
# Who finds the queue full tries again after a second, then two; and after a restart thousands come
# within MAX_RETURN_MS. The system may hold it shorter (net.core.somaxconn, 4,096 on Linux).
BACKLOG: Final = 2048
# Who is told that we are full has this long to ask, once: the next waits for the place.
REFUSED_TIMEOUTS: Final = Timeouts(head_s=2, body_s=2, idle_s=None)


class _NotFound(Handler):
    """What no route matches; answers as JSON like everything else that goes wrong."""

    def prepare(self) -> None:
        self.send_error(404)


class Server:
    """One instance, from start to stop."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        secret = load_secret(settings.secret, settings.data_dir)
        hub = Hub(unsent_limit_bytes=settings.unsent_limit_bytes, jitter=random.random)
        self._settings = settings
        self.backplane = open_backplane(settings, clock)
        self.witness = Witness(clock)
        self.attachments = Attachments(
            settings, hub=hub, backplane=self.backplane, secret=secret, witness=self.witness
        )
        self._lag = LoopLag()
        service = Service(self.backplane, clock=clock, has_rate_limits=settings.has_rate_limits)
        parts = Parts(
            settings=settings,
            secret=secret,
            service=service,
            attachments=self.attachments,
            backplane=self.backplane,
            templates=load_templates(ROOT / "templates"),
            static=ROOT / "static",
            witness=self.witness,
            lag=self._lag,
        )
        capacity = Capacity(
            max_connections=settings.max_connections, first_reserved=first_reserved()
        )
        self.connections = Connections(capacity, clock)
        operations = operator_routes(parts, self.connections)
        self._http = HttpServer(
            build_application(parts, operations),
            max_body_bytes=settings.max_body_bytes,
            is_behind_proxy=settings.is_behind_proxy,
        )
        self._refusing = HttpServer(
            build_refusal(self.connections, operations),
            max_body_bytes=settings.max_body_bytes,
            is_behind_proxy=settings.is_behind_proxy,
            timeouts=REFUSED_TIMEOUTS,
        )

    async def start(self) -> int:
        """Open the log, then listen; return the port. Raises SettingsError."""
        await self.backplane.start(self.attachments)
        try:
            address = self._settings.address or None
            sockets = bind_sockets(self._settings.port, address, backlog=BACKLOG)
        except OSError as error:
            await self.backplane.stop()
            raise SettingsError(
                f"PORT={self._settings.port}: can't listen there ({error.strerror}). Stop what "
                "does, or set another PORT."
            ) from error
        self._http.start()
        self._refusing.start()
        self.connections.listen(sockets, serve=self._http.serve, refuse=self._refusing.serve)
        self._lag.start()
        return int(sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more requests, send everybody elsewhere, store what was accepted."""
        self._lag.stop()
        self.connections.stop()
        await self.attachments.stop()
        self._http.stop()
        self._refusing.stop()
        await self.backplane.stop()


def log_request(handler: RequestHandler) -> None:
    """Log a request as Tornado does, but not that all is well: balancers ask twice a second.

    Nor that a poll was answered: there would be a line for each message and reader.
    """
    routine = HealthHandler | ReadyHandler | MetricsHandler | LongPollTransport
    is_routine = isinstance(handler, routine)
    if is_routine and handler.get_status() == 200:
        return
    if isinstance(handler, ReadyHandler) and handler.is_logged:
        return
    status = handler.get_status()
    level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    request_ms = 1000 * handler.request.request_time()
    # The path without its query: a cursor or session there helps nobody who reads logs.
    summary = f"{handler.request.method} {handler.request.path} ({handler.request.remote_ip})"
    access_log.log(level, "%d %s %.2fms", status, summary, request_ms)


def open_backplane(settings: Settings, clock: Clock) -> Backplane:
    """Return the backplane that ``settings`` ask for; it is still to be started."""
    keep = settings.history_limit
    if settings.redis_url is None:
        return EmbeddedBackplane(settings.data_dir, clock=clock, keep=keep)
    options = RedisOptions(
        url=settings.redis_url,
        is_tls_verified=settings.has_redis_tls_verified,
        is_eviction_refused=settings.is_eviction_refused,
    )
    return RedisBackplane(options, clock=clock, keep=keep)


def operator_routes(parts: Parts, connections: Connections) -> list[tuple[Any, ...]]:
    """Return the routes for operators and their machines, which are answered when full, too."""
    registry = build_registry(parts.witness, parts.attachments, connections, parts.lag)
    ready = {"backplane": parts.backplane, "connections": connections}
    return [
        (r"/healthz", HealthHandler),
        (r"/readyz", ReadyHandler, ready),
        (r"/metrics", MetricsHandler, {"registry": registry}),
    ]


def build_refusal(connections: Connections, operations: list[tuple[Any, ...]]) -> Application:
    """Return the routes for newcomers while we are full."""
    return Application(
        operations,
        default_handler_class=FullHandler,
        default_handler_args={"connections": connections},
        log_function=lambda handler: None,  # a line each would be many; one says that we are full
    )


def build_application(parts: Parts, operations: list[tuple[Any, ...]]) -> Application:
    """Return the routes over ``parts``, and those for operators."""
    edge: dict[str, Any] = {"parts": parts}
    room = r"([^/]+)"
    return Application(
        [
            (r"/negotiate", NegotiateTransport, edge),
            (r"/chat", WebSocketTransport, edge),
            (r"/events", SseTransport, edge),
            (r"/poll", LongPollTransport, edge),
            (r"/send", SendTransport, edge),
            (r"/api/rooms", RoomsHandler, edge),
            (rf"/api/rooms/{room}/messages", MessagesHandler, edge),
            (r"/login", LoginHandler, edge),
            (r"/", ChatPage, edge),
            (r"/doctor", DoctorPage, edge),
            (rf"/rooms/{room}", ChatPage, edge),
            (rf"/rooms/{room}/([1-9][0-9]{{0,14}})", ChatPage, edge),
            *operations,
        ],
        default_handler_class=_NotFound,
        default_handler_args=edge,
        static_path=str(parts.static),
        static_handler_class=StaticFile,
        log_function=log_request,
        cross_origin_protection=True,
        trusted_origins=list(parts.settings.trusted_origins),
    )
