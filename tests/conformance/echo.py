"""A WebSocket that says back what it is told, on the frames that Parley serves with.

Conformance is asked of what frames are made of, whatever is in them; the product has no such route.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler
from websockets.protocol import State

from chat.clock import SystemClock
from chat.http.server import HttpServer
from chat.http.tornado_adapter import RequestResponseCycle
from chat.net.acceptor import Acceptor
from chat.net.admission import Capacity
from chat.net.per_address import PerAddressLimit
from chat.net.proxies import Proxies
from chat.protocol.framing import websocket_frame
from chat.transports.websocket.frames import FrameSink
from chat.transports.websocket.handshake import accepting_head, has_upgrade, key_of

MAX_FRAME_BYTES: Final = 16 << 20  # as long as Autobahn's longest


class EchoSink(FrameSink):
    """Says each message back, as text or binary, as it came."""

    def take(self, message: str | bytes) -> None:
        if self._frames.state is not State.OPEN:
            # What came behind it ends the connection. It is said back before that is answered.
            assert isinstance(message, str)
            self.write(websocket_frame(message.encode()))
        elif isinstance(message, str):
            self._frames.send_text(message.encode())  # in its turn between pongs
        else:
            self._frames.send_binary(message)

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._open()  # its head waits for nothing: there is no push to go with


class Echo(RequestHandler):
    def get(self) -> None:
        headers = self.request.headers
        if not has_upgrade(headers, self.request.version):
            raise HTTPError(426)
        bridge = self.request.connection
        assert isinstance(bridge, RequestResponseCycle)
        head = accepting_head(key_of(headers), request_id=bridge.request_id)
        self.detach()
        EchoSink(max_frame_bytes=MAX_FRAME_BYTES).take_over(bridge.connection, head)


@asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Run one on a free port; yield its address."""
    sockets = bind_sockets(0, "127.0.0.1")
    server = HttpServer(Application([("/", Echo)]), max_body_bytes=0, proxies=Proxies())
    capacity = Capacity(max_connections=None, first_reserved=1 << 20)
    per_address = PerAddressLimit(most=None, proxies=Proxies())
    acceptor = Acceptor(capacity, per_address, SystemClock())
    server.start()
    acceptor.listen(sockets, serve=server.serve, refuse=server.serve)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        acceptor.stop()
        server.stop()
