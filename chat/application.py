"""The only wiring: builds the parts, and starts and stops them."""

import asyncio
import logging
import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final

from chat.accounts.access import AccessControl
from chat.accounts.cookies import IdentityCookies
from chat.accounts.known_browsers import KnownBrowsers
from chat.accounts.rate_limits import Limits
from chat.accounts.secret import fingerprint, load_secret
from chat.attach.attachments import Attachments
from chat.attach.feed_listener import FeedListener
from chat.backplane.backup import last_backup_s
from chat.backplane.directory import Directory
from chat.backplane.open import open_backplane
from chat.clock import Clock, SystemClock
from chat.errors import SettingsError
from chat.followers.open import Gate, open_followers
from chat.http.limits import Timeouts
from chat.http.server import HttpServer
from chat.http.site import Site
from chat.hub.hub import Hub
from chat.metrics.counters import Metrics
from chat.metrics.deliveries import Deliveries
from chat.metrics.loop_lag import LoopLag
from chat.negotiation.evidence import NetworkEvidence
from chat.net.addresses import host_of
from chat.net.scoreboard import Share
from chat.ops.admission import open_acceptor
from chat.ops.drain import Drain
from chat.ops.instance_report import Reporter, new_instance
from chat.ops.metrics import build_registry
from chat.ops.ports import Ports
from chat.ops.prometheus import MetricSources
from chat.ops.request_costs import RequestCosts
from chat.ops.watchdog import Watchdog
from chat.ops.worker_metrics import WorkerMetrics
from chat.protocol.negotiation import PATHS, Transport
from chat.requests.caller import Dependencies
from chat.rooms.permissions import Guests
from chat.routes import (
    admin_routes,
    build_application,
    build_refusal,
    build_waiting,
    operator_routes,
    streamed_bytes,
)
from chat.service.accounts import Accounts
from chat.service.retention import Retention
from chat.service.service import Service
from chat.settings.settings import Settings
from chat.transports.irc.door import Door
from chat.transports.nextpoll import NextPolls
from chat.transports.sockjs.routes import sockjs_routes
from chat.transports.sockjs.session import Sessions
from chat.transports.websocket.fast_path import Handshakes
from chat.web.static_files import static_files
from chat.web.templates import load_templates

log: Final = logging.getLogger(__name__)

ROOT: Final = Path(__file__).parent.parent
# A client that is refused has this long to send one request: the next one waits for its place.
REFUSED_TIMEOUTS: Final = Timeouts(head_s=2, body_s=2, idle_s=None)


class Server:
    """One instance, from start to stop."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        instance: str | None = None,
        worker_metrics: WorkerMetrics | None = None,
        share: Share | None = None,
    ) -> None:
        """Wire the parts.

        ``instance`` is the name of this instance, in hello, logs and reports. ``worker_metrics``
        gathers those of the workers that serve the same port, and ``share`` is ours of their
        connections.
        """
        clock, instance = clock or SystemClock(), instance or new_instance()
        secret, deliveries = load_secret(settings.secret, settings.data_dir), Deliveries(clock)
        self.backplane = open_backplane(settings, clock)
        hub = Hub(
            unsent_limit_bytes=settings.unsent_limit_bytes,
            jitter=random.random,
            deliveries=deliveries,
            is_storing=lambda: self.backplane.metrics.waiting > 0,
        )
        self._settings, self.base_path = settings, settings.base_path
        self.metrics, evidence = Metrics(), NetworkEvidence(clock.monotonic)
        access = AccessControl(clock, secret)
        self.attachments = Attachments(
            settings,
            hub=hub,
            backplane=self.backplane,
            secret=secret,
            metrics=self.metrics,
            evidence=evidence,
            instance=instance,
            bots=access.bots,
        )
        gate = Gate(lambda user: self.accounts.is_let_in(user), access.is_shut_out)
        self.followers = open_followers(
            settings, self.backplane, clock, gate=gate, secret=secret, instance=instance
        )
        directory = Directory(self.backplane, clock, hears_all=settings.redis_url is None)
        self.live = FeedListener(
            self.attachments,
            hub=hub,
            backplane=self.backplane,
            directory=directory,
            access=access,
            on_stored=self.followers.note,
        )
        self._lag, self.watchdog = LoopLag(), Watchdog()  # whose thread the loop's owner starts
        limits = self.limits = Limits(settings, clock, self.metrics.limited)
        accounts = self.accounts = Accounts(
            settings,
            backplane=self.backplane,
            directory=directory,
            clock=clock,
            limits=limits,
            access=access,
            on_closed=self.live.end_guests,
        )
        service = self.service = Service(
            self.backplane,
            clock=clock,
            limits=limits,
            access=access,
            metrics=self.metrics,
            directory=directory,
            people=accounts.people,
            guests=lambda: Guests(accounts.site.guests),
            index=self.followers.index,
            shelf=self.followers.shelf,
            secret=secret,
        )
        accounts.take_orders(service)
        dependencies = Dependencies(
            settings=settings,
            secret=secret,
            cookies=IdentityCookies(secret, clock, settings.base_path),
            access=access,
            limits=limits,
            service=service,
            accounts=accounts,
            room_links=accounts.links_to_rooms(service),
            webhooks=accounts.webhooks(service),
            hooks=accounts.hooks_of_rooms(service),
            known_browsers=KnownBrowsers(secret, settings.base_path),
            attachments=self.attachments,
            backplane=self.backplane,
            templates=load_templates(ROOT / "templates", ROOT / "static", settings.base_path),
            metrics=self.metrics,
            evidence=evidence,
            lag=self._lag,
        )
        self.acceptor, self.next_polls = open_acceptor(settings, clock, share), NextPolls()
        refusals: Counter[int] = Counter()
        self.sources = MetricSources(
            metrics=self.metrics,
            attachments=self.attachments,
            backplane=self.backplane,
            deliveries=deliveries,
            acceptor=self.acceptor,
            followers=self.followers.metrics,
            pushes=self.followers.pushes,
            webhooks=self.followers.webhooks,
            lag=self._lag,
            watchdog=self.watchdog,
            refusals=refusals,
            repeated_polls=lambda: self.next_polls.answered,
            last_backup_s=lambda: last_backup_s(settings.data_dir),
        )
        self._drain = Drain(
            self.attachments,
            self.acceptor,
            limit_s=settings.drain_s,
            notice_s=settings.drain_notice_s,
            is_alone=settings.redis_url is None,
        )
        self._worker_metrics, self._registry = worker_metrics, build_registry(self.sources)
        metrics = {"registry": self._registry, "worker_metrics": worker_metrics}
        operations = operator_routes(self.sources, self._drain, metrics)
        self._reporter = Reporter(self.sources, clock, secret=fingerprint(secret))
        self._retention = Retention(self.backplane, clock, keep_days=settings.history_days)
        self.sockjs = Sessions(dependencies)
        others = [*operations, *admin_routes(dependencies, self._reporter, clock)]
        http_server = partial(
            HttpServer,
            max_body_bytes=settings.max_body_bytes,
            proxies=settings.proxies,
            site=Site(hosts=settings.allowed_hosts, base_path=settings.base_path),
            refusals=refusals,
        )
        self._http = http_server(
            build_application(
                dependencies,
                others + sockjs_routes(dependencies, self.sockjs),
                next_polls=self.next_polls,
                static=static_files(ROOT / "static", is_bundled=settings.is_bundled),
            ),
            fast_paths={
                PATHS[Transport.WEBSOCKET]: Handshakes(dependencies),
                PATHS[Transport.LONGPOLL]: self.next_polls,
            },
            costs=RequestCosts(limits),
            host_of=host_of,
            streamed=partial(streamed_bytes, settings),
        )
        refusal = build_refusal(self.acceptor, operations)
        self._refusing = http_server(refusal, timeouts=REFUSED_TIMEOUTS)
        self._waiting = http_server(build_waiting(operations), timeouts=REFUSED_TIMEOUTS)
        self.irc = Door(dependencies, clock)
        self.ports = Ports(settings, self.acceptor)

    async def start(self) -> int:
        """Open the store, then listen; return the port. Raises SettingsError.

        While the store is not there, it listens already, to answer that it is alive but not ready.
        """
        if self._worker_metrics is not None:
            await self._worker_metrics.start(self._registry)
        try:
            await self.backplane.start(self.live, self._wait)
        except SettingsError:
            self._waiting.stop()
            self.acceptor.stop()
            raise
        await self.accounts.start()
        self._http.start()
        if not self.ports.numbers:
            self._refusing.start()
        try:
            self._listen(self._http)
            self.ports.listen("IRC_PORT", serve=self.irc.serve, refuse=self.irc.refuse)
            self.ports.listen("IRC_TLS_PORT", serve=self.irc.serve_tls, refuse=self.irc.refuse)
        except SettingsError:
            await self.backplane.stop()
            raise
        self._waiting.stop()
        self.sockjs.start()
        self._lag.start()
        self._retention.start()
        self.followers.start()
        # Where there are no other instances, nobody else asks for reports.
        if self._settings.admin_token is not None or self._settings.redis_url is not None:
            self._reporter.start()
        port = self.ports.numbers["PORT"]
        await self.accounts.invite_owner(f"http://localhost:{port}{self.base_path}")
        return port

    def _wait(self, why: str) -> None:
        if not self.ports.numbers:
            self._waiting.start()
            self._refusing.start()
            self._waiting.wind_down()  # one answer each: the next may be another server's
            self._listen(self._waiting)
            port = self.ports.numbers["PORT"]
            log.info("Port %d is open: alive, and ready when the store is there", port)

    def _listen(self, http: HttpServer) -> None:
        self.ports.listen("PORT", serve=http.serve, refuse=self._refusing.serve)

    async def stop(self) -> None:
        """Send all clients elsewhere, answer open requests, and store accepted commands.

        Takes at most the ``drain_s`` of the settings, unless the event loop itself is blocked.
        """
        self._lag.stop()
        self.irc.wind_down()
        await self._drain.run(self._http)
        self._refusing.stop()
        self.irc.stop()
        if self._worker_metrics is not None:
            self._worker_metrics.stop()
        self.sockjs.stop()
        try:
            async with asyncio.timeout(self._drain.left_s):
                await self._retention.stop()
                await self.followers.stop()
                await self.attachments.stop()
                await self._reporter.stop()
                await self.accounts.stop()
                await self.backplane.stop()
        except TimeoutError:
            log.warning("The store does not come to an end; what was acknowledged is stored")
