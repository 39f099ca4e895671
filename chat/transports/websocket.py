"""WebSocket: pushes and replies down, commands up, one JSON object a text frame (RFC 6455)."""

import asyncio
from typing import Any

from tornado.iostream import IOStream
from tornado.websocket import WebSocketHandler

from chat.errors import ChatError, InvalidInput
from chat.handler import Handler
from chat.negotiation import Transport
from chat.protocol.codes import Code, Disconnect
from chat.protocol.pushes import Error, Reply, error_reply
from chat.transports.stream import StreamSink


class WebSocketTransport(Handler, WebSocketHandler):
    """Carries one session over a WebSocket. Decides nothing.

    Commands are carried out one after the other, in the order of their frames: the next frame
    is read when the last one is answered, so TCP itself slows a client that sends too fast.
    """

    async def get(self, *args: Any, **kwargs: Any) -> None:
        self.wish = self.asked()  # raises, and so answers 4xx, while there is HTTP for it
        if self._has_upgrade():
            await super().get(*args, **kwargs)
        else:
            self._miss_upgrade()

    def open(self, *args: str, **kwargs: str) -> None:
        self.parts.witness.upgrade_passed(self.network, self.wish.session or "")
        self.set_nodelay(True)
        self.sink = StreamSink(self._stream, self._close)
        self.attachment = self.parts.attachments.open(
            self.sink, self.person, Transport.WEBSOCKET, self.wish.session
        )
        # Apart from reading frames: a long catching up must not keep pongs from being heard.
        self._starting = asyncio.create_task(self._start())

    async def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            error = InvalidInput(Code.BAD_COMMAND, "A command is a text frame, not a binary one.")
            reply: Reply | None = error_reply(error)
        else:
            reply = await self.parts.service.answer(self.person, message)
        if reply is not None:
            self.parts.attachments.reply(self.attachment, reply)

    def on_close(self) -> None:
        self._starting.cancel()
        self.attachment.detach()
        self.sink.abort()

    def _has_upgrade(self) -> bool:
        """Return whether both headers are there that ask for a WebSocket (RFC 6455, 4.2.1)."""
        headers = self.request.headers
        options = headers.get("Connection", "").lower().split(",")
        is_kept = "upgrade" in map(str.strip, options)
        return is_kept and headers.get("Upgrade", "").lower() == "websocket"

    def _miss_upgrade(self) -> None:
        """Say what is missing; and remember where some proxy took it out."""
        headers, session = self.request.headers, self.own_session(self.wish.session)
        # No page can make a browser send the first two, and other sites' pages can't name a
        # session that is this person's; so none of them can put its visitors off WebSockets.
        is_handshake = "Sec-WebSocket-Key" in headers or "Sec-WebSocket-Version" in headers
        if is_handshake or session is not None:
            self.parts.witness.upgrade_stripped(self.network, session)
        self.set_header("Upgrade", "websocket")  # RFC 9110 section 15.5.22 asks for it
        self.set_header("Connection", "Upgrade")
        message = (
            "This is for WebSockets, and the request came without its Upgrade header. If you sent "
            "it, a proxy took it out: read /events or /poll instead."
        )
        self.show_error(426, Error(code=Code.BAD_COMMAND, message=message))

    async def _start(self) -> None:
        try:
            await self.parts.attachments.start(self.attachment, self.wish)
            self.sink.settle()
        except ChatError as error:
            self.parts.attachments.fail(self.attachment, error)

    def _stream(self) -> IOStream:
        assert self.ws_connection is not None and self.ws_connection.stream is not None
        return self.ws_connection.stream

    def _close(self, disconnect: Disconnect) -> None:
        self.close(disconnect.code, disconnect.reason)
