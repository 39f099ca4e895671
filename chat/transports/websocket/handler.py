"""WebSocket: carries pushes, replies and commands, one JSON object per text frame (RFC 6455).

chat.transports.websocket.fast_path takes valid handshakes, Tornado takes all others; afterwards
the socket is taken over from HTTP.
"""

from chat.attach.attachment import Request
from chat.errors import ChatError
from chat.http.connection import HttpConnection
from chat.protocol.codes import Code
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Framing
from chat.protocol.pushes import Error
from chat.requests.caller import Caller
from chat.requests.handler import Handler
from chat.transports.commands import CommandSink
from chat.transports.websocket.handshake import VERSION, accepting_head, has_upgrade, key_of


class WebSocketCaller(Caller):
    """Has a WebSocket carry one session. Decides nothing."""

    kind = Transport.WEBSOCKET
    framing = Framing.WEBSOCKET
    prelude = b""  # the frames sent before all others
    sink_type = CommandSink

    def accept(
        self, connection: HttpConnection, key: str, wish: Request, *, request_id: str
    ) -> CommandSink:
        """Accept the handshake with ``key`` and attach; call ``read`` next."""
        dependencies = self.dependencies
        head = accepting_head(key, self.identity_headers, request_id=request_id)
        dependencies.evidence.upgrade_passed(self.network, wish.session or "")
        sink = self.sink_type(dependencies, self.person, self.address)
        sink.take_over(connection, head + self.prelude)
        sink.attachment = dependencies.attachments.open(
            sink,
            self.person,
            self.kind,
            wish.session,
            framing=self.framing,
            address=self.address,
        )
        return sink

    async def read(self, sink: CommandSink, wish: Request) -> None:
        """Start to read the rooms; send a goodbye if that fails."""
        assert sink.attachment is not None
        try:
            await self.dependencies.attachments.start(sink.attachment, wish)
        except ChatError as error:
            self.dependencies.attachments.fail(sink.attachment, error)


class WebSocketTransport(WebSocketCaller, Handler):
    """Answers handshakes, above all invalid ones."""

    has_head = False

    async def get(self) -> None:
        headers = self.headers
        wish = self.asked()  # raises while HTTP can still answer 4xx
        if not has_upgrade(headers, self.request.version):
            self._miss_upgrade(wish.session)
            return
        if headers.get("Sec-WebSocket-Version") != VERSION:
            self.set_header("Sec-WebSocket-Version", VERSION)  # section 4.2.2 asks for it
            self._ask_for_upgrade(f"Speak version {VERSION} of the WebSocket protocol.")
            return
        self.admit(wish.session)
        key, request_id = key_of(headers), self.bridge.request_id
        sink = self.accept(self.take_connection(), key, wish, request_id=request_id)
        await self.read(sink, wish)

    def _miss_upgrade(self, asked_session: str | None) -> None:
        """Answer 426, and record the network if a proxy may have removed the header."""
        headers, session = self.request.headers, self.own_session(asked_session)
        # No page can make a browser send the two headers, and another site's page does not know a
        # session of this person. So no such page can turn its visitors away from WebSockets.
        is_handshake = "Sec-WebSocket-Key" in headers or "Sec-WebSocket-Version" in headers
        if is_handshake or session is not None:
            self.dependencies.evidence.upgrade_stripped(self.network, session)
        self._ask_for_upgrade(
            "This is for WebSockets, and the request came without its Upgrade header. If you sent "
            "it, a proxy took it out: read /events or /poll instead."
        )

    def _ask_for_upgrade(self, message: str) -> None:
        self.set_header("Upgrade", "websocket")  # RFC 9110 section 15.5.22 asks for it
        self.set_header("Connection", "Upgrade")
        self.show_error(426, Error(code=Code.BAD_COMMAND, message=message))
