"""The only wiring: builds the parts, lists the routes, starts and stops them."""

import asyncio
import logging
import random
import secrets
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec
from tornado.web import Application

from chat.accounts.access import Rights
from chat.accounts.cookies import IdentityCookies
from chat.accounts.rate_limits import Limits
from chat.accounts.secret import load_secret
from chat.attach.attachments import Attachments
from chat.attach.feed_listener import Live
from chat.backplane.backup import last_backup_s
from chat.backplane.base import Backplane, BarBook
from chat.backplane.embedded import EmbeddedBackplane, EmbeddedBarBook
from chat.backplane.redis import (
    Keys,
    RedisBackplane,
    RedisBarBook,
    RedisOptions,
    connect_soon,
)
from chat.clock import Clock, SystemClock
from chat.errors import SettingsError
from chat.http.limits import Timeouts
from chat.http.server import HttpServer
from chat.http.site import Site
from chat.hub.hub import Hub
from chat.metrics.counters import Witness
from chat.metrics.deliveries import Deliveries
from chat.metrics.loop_lag import LoopLag
from chat.net import listeners
from chat.net.acceptor import Connections
from chat.net.addresses import host_of
from chat.net.admission import Capacity
from chat.net.open_files import first_reserved
from chat.net.per_address import Crowds, most_at_address
from chat.net.scoreboard import Share
from chat.ops.access import AccessLog
from chat.ops.admin_page import AdminPage, Door
from chat.ops.drain import Drain
from chat.ops.health import HealthHandler, ReadyHandler
from chat.ops.instance_report import Reporter
from chat.ops.metrics import MetricsHandler, build_registry
from chat.ops.overload import FullHandler
from chat.ops.prometheus import Sources
from chat.ops.request_costs import RequestCosts
from chat.ops.starting import StartingHandler
from chat.ops.watchdog import Watchdog
from chat.ops.worker_metrics import Siblings
from chat.requests.caller import Parts
from chat.requests.handler import Handler
from chat.service.service import Service
from chat.settings.settings import Settings
from chat.transports.longpoll import LongPollTransport
from chat.transports.negotiate import NegotiateTransport
from chat.transports.nextpoll import NextPolls
from chat.transports.send import SendTransport
from chat.transports.sockjs.routes import sockjs_routes
from chat.transports.sockjs.session import Sessions
from chat.transports.sse import SseTransport
from chat.transports.websocket.fast_path import Handshakes
from chat.transports.websocket.handler import WebSocketTransport
from chat.web import openapi
from chat.web.api import MessagesHandler, RoomsHandler
from chat.web.doctor import DoctorPage
from chat.web.document import DocumentHandler
from chat.web.login import LoginHandler
from chat.web.logout import LogoutHandler
from chat.web.pages import ChatPage, load_templates
from chat.web.static import StaticFile

log: Final = logging.getLogger(__name__)

ROOT: Final = Path(__file__).parent.parent
# Who is told that we are full has this long to ask, once: the next waits for the place.
REFUSED_TIMEOUTS: Final = Timeouts(head_s=2, body_s=2, idle_s=None)


class _NotFound(Handler):
    """What no route matches; answers as JSON like everything else that goes wrong."""

    def prepare(self) -> None:
        self.send_error(404)


def new_instance() -> str:
    """Return a name for an instance."""
    return secrets.token_hex(4)


class Server:
    """One instance, from start to stop."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        instance: str | None = None,
        siblings: Siblings | None = None,
        share: Share | None = None,
    ) -> None:
        """``instance`` tells this one from others, everywhere where that is told.

        ``siblings`` are the workers that serve the same port, of which ``share`` is ours.
        """
        clock = clock or SystemClock()
        secret = load_secret(settings.secret, settings.data_dir)
        deliveries = Deliveries(clock)
        self.backplane = open_backplane(settings, clock)
        vitals = self.backplane.vitals
        hub = Hub(
            unsent_limit_bytes=settings.unsent_limit_bytes,
            jitter=random.random,
            deliveries=deliveries,
            is_storing=lambda: vitals.waiting > 0,
        )
        self._settings = settings
        self.base_path = settings.base_path
        self.witness = Witness(clock)
        rights = Rights(clock, secret)
        self.attachments = Attachments(
            settings,
            hub=hub,
            backplane=self.backplane,
            secret=secret,
            witness=self.witness,
            instance=instance or new_instance(),
        )
        self.live = Live(self.attachments, hub=hub, backplane=self.backplane, rights=rights)
        self._lag = LoopLag()
        self.watchdog = Watchdog()  # started by who owns the loop
        limits = self.limits = Limits(settings, clock, self.witness)
        service = Service(
            self.backplane,
            clock=clock,
            limits=limits,
            rights=rights,
            witness=self.witness,
        )
        parts = Parts(
            settings=settings,
            secret=secret,
            cookies=IdentityCookies(secret, clock, settings.base_path),
            rights=rights,
            limits=limits,
            service=service,
            attachments=self.attachments,
            backplane=self.backplane,
            templates=load_templates(ROOT / "templates", settings.base_path),
            static=ROOT / "static",
            witness=self.witness,
            lag=self._lag,
        )
        files, most_open = first_reserved(), settings.max_connections
        capacity = Capacity(max_connections=most_open, first_reserved=files)
        places = files if most_open is None else min(files, most_open)
        most = most_at_address(settings.max_connections_per_address, places)
        crowds = Crowds(most=most if settings.has_rate_limits else None, proxies=settings.proxies)
        self.connections = Connections(capacity, crowds, clock, share)
        self.next_polls = NextPolls(settings.base_path)
        refusals: Counter[int] = Counter()
        self.sources = Sources(
            witness=self.witness,
            attachments=self.attachments,
            backplane=self.backplane,
            deliveries=deliveries,
            connections=self.connections,
            lag=self._lag,
            watchdog=self.watchdog,
            refusals=refusals,
            repeated_polls=lambda: self.next_polls.taken,
            last_backup_s=lambda: last_backup_s(settings.data_dir),
        )
        self._drain = Drain(
            self.attachments,
            self.connections,
            limit_s=settings.drain_s,
            notice_s=settings.drain_notice_s,
            is_alone=settings.redis_url is None,
        )
        self._siblings = siblings
        self._registry = build_registry(self.sources)
        metrics = {"registry": self._registry, "siblings": siblings}
        operations = operator_routes(self.sources, self._drain, metrics)
        self._reporter = Reporter(self.sources, clock)
        self.sockjs = Sessions(parts)
        others = [
            *operations,
            *admin_routes(parts, self._reporter, clock),
            *sockjs_routes(parts, self.sockjs),
        ]
        site = Site(hosts=settings.allowed_hosts, base_path=settings.base_path)
        self._http = HttpServer(
            build_application(parts, others, self.next_polls),
            max_body_bytes=settings.max_body_bytes,
            proxies=settings.proxies,
            site=site,
            repeats=self.next_polls,
            shortcut=Handshakes(parts),
            costs=RequestCosts(limits),
            host_of=host_of,
            refusals=refusals,
        )
        self._refusing = HttpServer(
            build_refusal(self.connections, operations),
            max_body_bytes=settings.max_body_bytes,
            proxies=settings.proxies,
            site=site,
            timeouts=REFUSED_TIMEOUTS,
            refusals=refusals,
        )
        self._waiting = HttpServer(
            build_waiting(operations),
            max_body_bytes=settings.max_body_bytes,
            proxies=settings.proxies,
            site=site,
            timeouts=REFUSED_TIMEOUTS,
            refusals=refusals,
        )
        self._port: int | None = None  # once we listen

    async def start(self) -> int:
        """Open the log, then listen; return the port. Raises SettingsError.

        While the log is waited for we listen already, to say that we are alive and not ready.
        """
        if self._siblings is not None:
            await self._siblings.start(self._registry)
        try:
            await self.backplane.start(self.live, self._wait)
        except SettingsError:
            self._waiting.stop()
            self.connections.stop()
            raise
        self._http.start()
        if self._port is None:
            try:
                self._listen(self._http)
            except SettingsError:
                await self.backplane.stop()
                raise
        self.connections.serve_by(self._http.serve)
        self._waiting.stop()
        self.sockjs.start()
        self._lag.start()
        if self._settings.admin_token is not None:
            self._reporter.start()
        assert self._port is not None
        return self._port

    def _wait(self, why: str) -> None:
        """Listen, though the store is not there. Raises SettingsError."""
        if self._port is None:
            self._waiting.start()
            self._waiting.wind_down()  # the next request of each may be for another server
            self._listen(self._waiting)
            log.info("Port %d is open: alive, and ready when the store is there", self._port)

    def _listen(self, http: HttpServer) -> None:
        sockets = listeners.inherited() or listeners.listen(
            self._settings.port, self._settings.address
        )
        self._refusing.start()
        self.connections.listen(sockets, serve=http.serve, refuse=self._refusing.serve)
        self._port = int(sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Send everybody elsewhere, answer what was asked, store what was accepted.

        Takes at most the ``drain_s`` that are set, unless the event loop itself is held up.
        """
        self._lag.stop()
        await self._drain.run(self._http)
        self._refusing.stop()
        if self._siblings is not None:
            self._siblings.stop()
        self.sockjs.stop()
        try:
            async with asyncio.timeout(self._drain.left_s):
                await self.attachments.stop()
                await self._reporter.stop()
                await self.backplane.stop()
        except TimeoutError:
            log.warning("The store does not come to an end; what was acknowledged is stored")


def open_backplane(settings: Settings, clock: Clock) -> Backplane:
    """Return the backplane that ``settings`` ask for; it is still to be started."""
    keep = settings.history_limit
    if settings.redis_url is None:
        return EmbeddedBackplane(settings.data_dir, clock=clock, keep=keep)
    return RedisBackplane(_redis_options(settings), clock=clock, keep=keep)


async def open_bar_book(settings: Settings, clock: Clock) -> BarBook:
    """Return the bars of the servers that have these ``settings``. Raises SettingsError."""
    if settings.redis_url is None:
        return EmbeddedBarBook(settings.data_dir)
    return await RedisBarBook.open(_redis_options(settings), clock)


async def redis_client(settings: Settings) -> Any:
    """Return a client of the Redis of the servers that have these ``settings``."""
    return await connect_soon(_redis_options(settings))


def redis_keys(settings: Settings) -> Keys:
    """Return what things are called in that Redis."""
    return _redis_options(settings).keys


def _redis_options(settings: Settings) -> RedisOptions:
    assert settings.redis_url is not None
    return RedisOptions(
        url=settings.redis_url,
        prefix=settings.redis_prefix,
        is_tls_verified=settings.has_redis_tls_verified,
        is_eviction_refused=settings.is_eviction_refused,
    )


def operator_routes(
    sources: Sources, drain: Drain, metrics: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the routes for operators and their machines, which are answered when full, too."""
    ready = {
        "instance": sources.attachments.instance,
        "backplane": sources.backplane,
        "connections": sources.connections,
        "drain": drain,
    }
    return [
        (r"/healthz", HealthHandler, {"instance": sources.attachments.instance}),
        (r"/readyz", ReadyHandler, ready),
        (r"/metrics", MetricsHandler, metrics),
    ]


def admin_routes(parts: Parts, reporter: Reporter, clock: Clock) -> list[tuple[Any, ...]]:
    """Return the page for operators, if there is to be one."""
    token = parts.settings.admin_token
    if token is None:
        return []
    page = {
        "parts": parts,
        "door": Door(token, clock),
        "reporter": reporter,
        "time_s": clock.time,
    }
    return [(r"/admin", AdminPage, page)]


def build_refusal(connections: Connections, operations: list[tuple[Any, ...]]) -> Application:
    """Return the routes for newcomers while we are full."""
    return Application(
        operations,
        default_handler_class=FullHandler,
        default_handler_args={"connections": connections},
        log_function=lambda handler: None,  # a line each would be many; one says that we are full
    )


def build_waiting(operations: list[tuple[Any, ...]]) -> Application:
    """Return the routes while the store is waited for."""
    return Application(
        operations,
        default_handler_class=StartingHandler,
        log_function=lambda handler: None,  # the log says what is waited for
    )


def build_application(
    parts: Parts, others: list[tuple[Any, ...]], next_polls: NextPolls
) -> Application:
    """Return the routes over ``parts``, and ``others``."""
    edge: dict[str, Any] = {"parts": parts}
    described = {
        "body": msgspec.json.encode(openapi.document(parts.settings.base_path)),
        "content_type": "application/json",
    }
    room = r"([^/]+)"
    return Application(
        [
            (r"/negotiate", NegotiateTransport, edge),
            (r"/chat", WebSocketTransport, edge),
            (r"/events", SseTransport, edge),
            (r"/poll", LongPollTransport, edge | {"next_polls": next_polls}),
            (r"/send", SendTransport, edge),
            (r"/api/rooms", RoomsHandler, edge),
            (rf"/api/rooms/{room}/messages", MessagesHandler, edge),
            (r"/login", LoginHandler, edge),
            (r"/logout", LogoutHandler, edge),
            (r"/openapi.json", DocumentHandler, described),
            (r"/", ChatPage, edge),
            (r"/doctor", DoctorPage, edge),
            (rf"/rooms/{room}", ChatPage, edge),
            (rf"/rooms/{room}/([1-9][0-9]{{0,14}})", ChatPage, edge),
            *others,
        ],
        default_handler_class=_NotFound,
        default_handler_args=edge,
        static_path=str(parts.static),
        base_path=parts.settings.base_path,
        static_handler_class=StaticFile,
        log_function=AccessLog(parts.witness),
        cross_origin_protection=True,
        trusted_origins=list(parts.settings.trusted_origins),
    )
