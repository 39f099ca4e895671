"""SockJS over a WebSocket: wraps our messages in SockJS frames."""

from chat.errors import InvalidInput
from chat.protocol import sockjs
from chat.protocol.codes import Disconnect
from chat.protocol.framing import websocket_frame
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Framing
from chat.transports.commands import CommandSink
from chat.transports.websocket.handler import WebSocketTransport
from chat.transports.websocket.opening import Dialect


class SockJsSink(CommandSink):
    """A CommandSink whose messages are arrays of commands."""

    __slots__ = ()

    def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.refuse_binary()
            return
        try:
            commands = sockjs.messages(message.encode())
        except InvalidInput:
            self.refuse_data("not an array of strings in JSON, or a long one")
            return
        if not commands:
            self.note_frame()
        for command in commands:
            self.put(command)

    def close(self, disconnect: Disconnect) -> None:
        if self.transport is not None:
            self.write(websocket_frame(sockjs.closing(disconnect)))
        super().close(disconnect)


class SockJsSocket(WebSocketTransport):
    """Carries one SockJS session over a WebSocket."""

    dialect = Dialect(
        Transport.SOCKJS, Framing.SOCKJS_FRAME, SockJsSink, websocket_frame(sockjs.OPEN.encode())
    )
