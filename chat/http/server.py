"""Listens, and keeps the connections to their deadlines."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final

from tornado.httputil import HTTPServerConnectionDelegate

from chat.http.bridge import Bridge
from chat.http.clients import client_of
from chat.http.connection import HttpConnection
from chat.http.messages import HttpRequest

# Deadlines are for clients that have gone or mean ill: some seconds more or less are nothing.
SWEEP_S: Final = 2.0


class HttpServer:
    """Serves ``application`` on listening sockets, from ``start`` to ``stop``."""

    # From a head's first byte to its last; a phone on a bad line takes a few seconds.
    head_timeout_s = 20.0
    body_timeout_s = 30.0
    idle_timeout_s = 90.0  # as long as Heroku's router keeps its idle ones

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        max_body_bytes: int,
        is_behind_proxy: bool,
    ) -> None:
        self.max_body_bytes = max_body_bytes
        self._application = application
        self._is_behind_proxy = is_behind_proxy
        self._connections: set[HttpConnection] = set()
        self._servers: list[asyncio.Server] = []
        self._sweeping: asyncio.TimerHandle | None = None

    async def start(self, sockets: Sequence[socket.socket], *, backlog: int) -> None:
        """Begin to accept."""
        loop = asyncio.get_running_loop()
        for listening in sockets:
            self._servers.append(
                await loop.create_server(self._new_connection, sock=listening, backlog=backlog)
            )
        self._sweeping = loop.call_later(SWEEP_S, self._sweep)

    def stop_accepting(self) -> None:
        for server in self._servers:
            server.close()

    def close(self) -> None:
        """Close the connections: those that are idle now, others when they are answered."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._connections):
            connection.close_when_idle()

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
        self._sweeping = loop.call_later(SWEEP_S, self._sweep)
