"""A WebSocket that echoes messages, on the frames that Parley serves with.

Conformance concerns the frames, whatever they contain; the product has no such route.
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

MAX_FRAME_BYTES: Final = 16 << 20  # the length of Autobahn's longest message


class EchoSink(FrameSink):
    """Echoes each message, as text or binary, as it came."""

    def on_message(self, message: str | bytes) -> None:
        if self._frames.state is not State.OPEN:
            # The next frame already ends the connection. Echo this message before the close frame.
            assert isinstance(message, str)
            self.write(websocket_frame(message.encode()))
        elif isinstance(message, str):
            self._frames.send_text(message.encode())  # in order with the pongs
        else:
            self._frames.send_binary(message)

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._open()  # the head is sent at once: there is no push to join it with


class Echo(RequestHandler):
    def get(self) -> None:
        headers = self.request.headers
        cycle = self.request.connection
        assert isinstance(cycle, RequestResponseCycle)
        if not has_upgrade(headers, cycle.request.version):
            raise HTTPError(426)
        head = accepting_head(key_of(headers), request_id=cycle.request_id)
        self.detach()
        EchoSink(max_frame_bytes=MAX_FRAME_BYTES).take_over(cycle.connection, head)


@asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Run an echo server on a free port; yield its address."""
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
