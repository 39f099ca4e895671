"""Server-Sent Events: pushes down a stream without end (WHATWG HTML section 9.2)."""

import asyncio
import dataclasses
from typing import Final

from tornado.iostream import IOStream, StreamClosedError

from chat.attach import Request
from chat.errors import ChatError, InvalidInput, Unavailable
from chat.handler import SAFE_HEADERS, Handler
from chat.negotiation import Transport
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import parse_cursor
from chat.protocol.framing import sse_retry
from chat.transports.stream import StreamSink

# A browser comes back after this long by itself; it has no jitter, so it is not too short.
RETRY_MS: Final = 2000
_HEADERS: Final = {
    **SAFE_HEADERS,
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",  # a proxy that compresses holds back
    "X-Accel-Buffering": "no",  # nginx, and what Dokku and others put before it
    "Connection": "close",  # the stream's end is the body's end (RFC 9112 section 6.3)
}


class SseTransport(Handler):
    """Carries one session over an event stream. Decides nothing."""

    async def get(self) -> None:
        self.closed = asyncio.Event()
        wish = self.asked()
        self.sink = StreamSink(self._begin, self._close)
        attachment = self.parts.attachments.open(
            self.sink, self.person, Transport.SSE, wish.session
        )
        try:
            await self.parts.attachments.start(attachment, wish)
            self.sink.settle()
            await self.closed.wait()
        except ChatError as error:
            # A browser gives up for good on any status but 200, and comes back after a stream
            # that ended; so what may be better soon is said in a stream.
            if not self.sink.is_open and not isinstance(error, Unavailable):
                raise
            self.parts.attachments.fail(attachment, error)
            await self.closed.wait()  # until all of it is written
        finally:
            attachment.detach()
            self.sink.abort()

    def on_connection_close(self) -> None:  # until the socket is taken over
        self.closed.set()

    def asked(self) -> Request:
        """Go on from the last event where there is one: it is newer than the address's cursor."""
        last_event_id = self.request.headers.get("Last-Event-ID", "")
        try:
            cursor = parse_cursor(last_event_id)
        except InvalidInput:
            cursor = {}  # not from us, and the browser can't help sending it: begin as asked
        wish = super().asked()
        return dataclasses.replace(wish, cursor=cursor) if cursor else wish

    def _begin(self) -> IOStream:
        """Take the socket over from HTTP and write the head, which promises no length."""
        stream: IOStream | None = self.detach()
        if stream is None:  # the client has hung up, and we are about to be told
            raise StreamClosedError
        stream.set_nodelay(True)
        stream.set_close_callback(self.closed.set)
        headers = dict(_HEADERS)
        if self.identity_header is not None:
            headers["Set-Cookie"] = self.identity_header
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = "HTTP/1.1 200 OK\r\n" + "".join(lines) + "\r\n"
        stream.write(head.encode() + sse_retry(RETRY_MS))
        return stream

    def _close(self, disconnect: Disconnect) -> None:
        self.closed.set()
