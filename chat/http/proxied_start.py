"""The beginning of a connection that a proxy may have passed on with a PROXY header."""

import asyncio

from chat.http.connection import HttpConnection
from chat.net.proxies import Proxies
from chat.net.proxy_protocol import ProxyHeader


class ProxiedStart(asyncio.Protocol):
    """Reads the header, if a trusted proxy sends one; then the connection goes on by itself.

    Until then deadlines are those of the connection.
    """

    def __init__(self, connection: HttpConnection, proxies: Proxies) -> None:
        self._connection = connection
        self._proxies = proxies
        self._header = ProxyHeader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._connection.connection_made(transport)
        if not self._proxies.has(self._connection.peer):
            transport.set_protocol(self._connection)

    def data_received(self, data: bytes) -> None:
        connection = self._connection
        transport = connection.transport
        assert transport is not None
        try:
            rest = self._header.receive(data)
        except ValueError:  # such a proxy has another idea of where the requests begin
            transport.abort()
            return
        if rest is None:
            return
        if self._header.address:
            connection.peer, connection.is_announced = self._header.address, True
        transport.set_protocol(connection)
        if rest:
            connection.data_received(rest)

    def eof_received(self) -> bool:
        return False  # in the middle of the header, or before it

    def connection_lost(self, error: Exception | None) -> None:
        self._connection.connection_lost(error)
