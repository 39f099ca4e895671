"""Serves connections, and keeps them to their deadlines."""

import asyncio
import logging
import socket
from typing import Final

from tornado.httputil import HTTPServerConnectionDelegate

from chat.http.bridge import Bridge
from chat.http.clients import client_of
from chat.http.connection import HttpConnection, Timeouts
from chat.http.messages import HttpRequest

log: Final = logging.getLogger(__name__)

# Deadlines are for clients that have gone or mean ill: some seconds more or less are nothing.
SWEEP_S: Final = 2.0


class HttpServer:
    """Has ``application`` answer on the connections that it is given, between start and stop."""

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        max_body_bytes: int,
        is_behind_proxy: bool,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.max_body_bytes = max_body_bytes
        self.timeouts = timeouts or Timeouts()
        self._sweep_s = min(SWEEP_S, self.timeouts.head_s / 2)
        self._application = application
        self._is_behind_proxy = is_behind_proxy
        self._connections: set[HttpConnection] = set()
        self._beginning: set[asyncio.Task[object]] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Keep connections to their deadlines from now on."""
        self._sweeping = asyncio.get_running_loop().call_later(self._sweep_s, self._sweep)

    def serve(self, connected: socket.socket) -> None:
        """Answer what is asked on this connection."""
        loop = asyncio.get_running_loop()
        beginning = loop.create_task(loop.connect_accepted_socket(self._new_connection, connected))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._begun)

    def stop(self) -> None:
        """Close the connections: those that are idle now, others when they are answered."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._connections):
            connection.close_when_idle()

    def _begun(self, task: asyncio.Task[object]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("A client was gone before it was served: %s", error)

    def _new_connection(self) -> HttpConnection:
        return HttpConnection(self._answer, self, self._connections)

    def _answer(self, connection: HttpConnection, request: HttpRequest) -> None:
        client = client_of(request.headers, connection.peer, is_behind_proxy=self._is_behind_proxy)
        Bridge(connection, request, client).run(self._application)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._connections):
            if connection.deadline_s is not None and connection.deadline_s < now:
                if connection.transport is not None:
                    connection.transport.abort()
        self._sweeping = loop.call_later(self._sweep_s, self._sweep)
