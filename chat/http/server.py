"""Serves connections and enforces their deadlines."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Final, Protocol

from tornado.httputil import HTTPServerConnectionDelegate

from chat.http.connection import REFUSED_REST_S, HttpConnection
from chat.http.head import Streamed
from chat.http.limits import Timeouts
from chat.http.memory_budget import Budget
from chat.http.messages import HttpRequest, Refusal
from chat.http.proxied_start import ProxiedStart
from chat.http.remote import Client, client_of
from chat.http.site import Site
from chat.http.tornado_adapter import RequestResponseCycle
from chat.http.unread import Unread
from chat.net.proxies import Proxies

log: Final = logging.getLogger(__name__)

# How often deadlines are checked. They are for clients that are gone or hostile: seconds are fine.
SWEEP_S: Final = 2.0


class FastPath(Protocol):
    """Answers the usual requests at one path without the application, which costs more."""

    is_free: bool  # what it answers costs the client nothing, so it is asked before the costs

    def answer(self, cycle: RequestResponseCycle) -> bool:
        """Answer the request, or return False to leave it to the application."""


class Costs(Protocol):
    """Decides which clients have exceeded a rate limit."""

    def refusal(self, request: HttpRequest, address: str) -> Refusal | None:
        """Return the Refusal to answer ``request`` from ``address`` with, or None to allow it."""


class HttpServer:
    """Has ``application`` answer on the connections passed to it, between start and stop."""

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        max_body_bytes: int,
        proxies: Proxies,
        site: Site | None = None,
        timeouts: Timeouts | None = None,
        fast_paths: Mapping[str, FastPath] | None = None,
        costs: Costs | None = None,
        refusals: Counter[int] | None = None,
        host_of: Callable[[str], Hashable] = str,
        streamed: Streamed = lambda method, path: None,
    ) -> None:
        """Take ``host_of``, the key that a host's addresses share; try ``fast_paths`` first."""
        self.max_body_bytes = max_body_bytes
        self.streamed = streamed
        self.timeouts = timeouts or Timeouts()
        self.budget = Budget()
        self.unread = Unread(host_of)
        self._host_of = host_of
        self._sweep_s = min(SWEEP_S, self.timeouts.head_s / 2)
        self._application = application
        self._proxies = proxies
        self._site = site or Site()
        self._fast_paths = fast_paths or {}
        self._costs = costs
        self.refusals = Counter() if refusals is None else refusals
        self._connections: set[HttpConnection] = set()
        self._beginning: set[asyncio.Task[object]] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self.is_winding_down = False

    def host_of(self, peer: str) -> Hashable:
        return None if self._proxies.has(peer) else self._host_of(peer)

    def start(self) -> None:
        """Start to enforce the connections' deadlines."""
        self._sweeping = asyncio.get_running_loop().call_later(self._sweep_s, self._sweep)

    def serve(self, connected: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        beginning = loop.create_task(loop.connect_accepted_socket(self._new_connection, connected))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._begun)

    def wind_down(self) -> None:
        """Make each answer from now on announce that it is the last on its connection."""
        self.is_winding_down = True

    @property
    def is_answering(self) -> bool:
        return any(connection.is_busy for connection in self._connections)

    def stop(self) -> None:
        """Close idle connections now, and the others after their answer."""
        self.wind_down()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._connections):
            connection.close_when_idle()

    def _begun(self, task: asyncio.Task[object]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("A client was gone before it was served: %s", error)

    def _new_connection(self) -> asyncio.Protocol:
        connection = HttpConnection(self._answer, self, self._connections)
        return ProxiedStart(connection, self._proxies) if self._proxies else connection

    def _answer(self, connection: HttpConnection, request: HttpRequest) -> None:
        client = connection.known
        if client is None or not client.is_direct:  # a proxy carries requests of many
            client = connection.known = client_of(request.headers, connection.peer, self._proxies)
        is_direct = client.is_direct
        try:
            request = self._site.receive(request)
        except Refusal as refusal:  # kept in no variable: its traceback would hold the body
            problem = self._limited(request, client)
            self._refuse(connection, request, problem or refusal, is_direct=is_direct)
            return
        cycle = RequestResponseCycle(connection, request, client)
        fast_path = self._fast_paths.get(request.path)
        if fast_path is not None and fast_path.is_free and fast_path.answer(cycle):
            return
        if (limited := self._limited(request, client)) is not None:
            self._refuse(connection, request, limited, is_direct=is_direct)
            return
        if fast_path is None or fast_path.is_free or not fast_path.answer(cycle):
            cycle.run(self._application)

    def _limited(self, request: HttpRequest, client: Client) -> Refusal | None:
        return None if self._costs is None else self._costs.refusal(request, client.remote_ip)

    def _refuse(
        self, connection: HttpConnection, request: HttpRequest, problem: Refusal, *, is_direct: bool
    ) -> None:
        self.refusals[problem.status] += 1
        is_kept_alive = (
            problem.retry_ms is not None
            and request.is_kept_alive
            and request.version == "1.1"
            and not connection.is_last
        )
        has_body = request.method != "HEAD"
        connection.write(problem.encode(has_body=has_body, is_last=not is_kept_alive))
        rest_s = REFUSED_REST_S if is_direct and problem.retry_ms is not None else 0.0
        connection.finish(is_kept_alive=is_kept_alive, rest_s=rest_s)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._connections):
            if connection.deadline_s is not None and connection.deadline_s < now:
                connection.expire()
        self._sweeping = loop.call_later(self._sweep_s, self._sweep)
