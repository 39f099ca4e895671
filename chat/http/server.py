"""Serves connections, and keeps them to their deadlines."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final, Protocol

from tornado.httputil import HTTPServerConnectionDelegate

from chat.http.connection import REFUSED_REST_S, HttpConnection, Repeats
from chat.http.limits import Timeouts
from chat.http.memory_budget import Budget
from chat.http.messages import HttpRequest, Refusal
from chat.http.remote import Client, client_of
from chat.http.site import Site
from chat.http.tornado_adapter import RequestResponseCycle
from chat.http.unread import Unread
from chat.net.proxies import Proxies

log: Final = logging.getLogger(__name__)

# Deadlines are for clients that have gone or mean ill: some seconds more or less are nothing.
SWEEP_S: Final = 2.0


class Shortcut(Protocol):
    """Answers some requests itself."""

    def take(self, bridge: RequestResponseCycle) -> bool:
        """Answer the request, or return False; then ``application`` is asked."""


class Costs(Protocol):
    """Knows who has asked too much."""

    def refusal(self, request: HttpRequest, address: str) -> Refusal | None:
        """Return what ``request``, which comes from ``address``, is to be answered, if that."""


class HttpServer:
    """Has ``application`` answer on the connections that it is given, between start and stop."""

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        max_body_bytes: int,
        proxies: Proxies,
        site: Site | None = None,
        timeouts: Timeouts | None = None,
        repeats: Repeats | None = None,
        shortcut: Shortcut | None = None,
        costs: Costs | None = None,
        refusals: Counter[int] | None = None,
        host_of: Callable[[str], Hashable] = str,
    ) -> None:
        """``host_of`` returns what addresses of one host have in common."""
        self.max_body_bytes = max_body_bytes
        self.timeouts = timeouts or Timeouts()
        self.budget = Budget()
        self.unread = Unread(host_of)
        self._host_of = host_of
        self._sweep_s = min(SWEEP_S, self.timeouts.head_s / 2)
        self._application = application
        self._proxies = proxies
        self._site = site or Site()
        self._repeats = repeats
        self._shortcut = shortcut
        self._costs = costs
        self.refusals = Counter() if refusals is None else refusals
        self._connections: set[HttpConnection] = set()
        self._beginning: set[asyncio.Task[object]] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self.is_winding_down = False

    def host_of(self, peer: str) -> Hashable:
        """Return what is common to all addresses of a host; None where it is a proxy of ours."""
        return None if self._proxies.has(peer) else self._host_of(peer)

    def start(self) -> None:
        """Keep connections to their deadlines from now on."""
        self._sweeping = asyncio.get_running_loop().call_later(self._sweep_s, self._sweep)

    def serve(self, connected: socket.socket) -> None:
        """Answer what is asked on this connection."""
        loop = asyncio.get_running_loop()
        beginning = loop.create_task(loop.connect_accepted_socket(self._new_connection, connected))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._begun)

    def wind_down(self) -> None:
        """Have each answer from now on say that it is the last on its connection."""
        self.is_winding_down = True

    @property
    def is_answering(self) -> bool:
        """Whether a request comes in or is being answered."""
        return any(connection.is_busy for connection in self._connections)

    def stop(self) -> None:
        """Close the connections: those that are idle now, others when they are answered."""
        self.wind_down()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._connections):
            connection.close_when_idle()

    def _begun(self, task: asyncio.Task[object]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("A client was gone before it was served: %s", error)

    def _new_connection(self) -> HttpConnection:
        return HttpConnection(self._answer, self, self._connections, self._repeats)

    def _answer(self, connection: HttpConnection, request: HttpRequest) -> None:
        client = client_of(request.headers, connection.peer, self._proxies)
        connection.client = client.remote_ip
        is_direct = client.is_direct
        try:
            request = self._site.receive(request)
        except Refusal as refusal:  # in no other variable: its traceback would hold the body
            problem = self._limited(request, client)
            self._refuse(connection, request, problem or refusal, is_direct=is_direct)
            return
        if (limited := self._limited(request, client)) is not None:
            self._refuse(connection, request, limited, is_direct=is_direct)
            return
        bridge = RequestResponseCycle(connection, request, client)
        if self._shortcut is None or not self._shortcut.take(bridge):
            bridge.run(self._application)

    def _limited(self, request: HttpRequest, client: Client) -> Refusal | None:
        """Return why whoever asks, whatever it is, has asked too much."""
        return None if self._costs is None else self._costs.refusal(request, client.remote_ip)

    def _refuse(
        self, connection: HttpConnection, request: HttpRequest, problem: Refusal, *, is_direct: bool
    ) -> None:
        """Answer with ``problem``; ``is_direct``: nobody else asks on this connection."""
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
