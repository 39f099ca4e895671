"""Server-Sent Events: sends pushes in an endless stream (WHATWG HTML section 9.2)."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

from chat.attach.attachment import AttachRequest
from chat.errors import ChatError, InvalidInput, Unavailable
from chat.protocol.cursor import Position, parse_cursor
from chat.protocol.framing import sse_retry
from chat.protocol.negotiation import Transport
from chat.requests.handler import Handler
from chat.transports.socket_sink import StreamSink

# A browser reconnects by itself after this delay. Browsers add no jitter, so it is not too short.
RETRY_MS: Final = 2000
_HEADERS: Final = {
    # Always UTF-8; without the charset some clients that aren't browsers assume Latin-1.
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",  # a proxy that compresses delays events
    "X-Accel-Buffering": "no",  # for nginx, which Dokku and others put in front
    "Connection": "close",  # the end of the stream ends the body (RFC 9112 section 6.3)
}


class EventSink(StreamSink):
    """A StreamSink that takes over its socket at the first write."""

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[], None]) -> None:
        super().__init__()
        self._begin: Callable[[], None] | None = begin

    @property
    def is_begun(self) -> bool:
        return self._begin is None

    def keep(self, chunk: bytes) -> int:
        if self._begin is not None:
            begin, self._begin = self._begin, None
            begin()
            return self.write(chunk)
        return super().keep(chunk)


class SseTransport(Handler):
    """Carries one session over an event stream. Decides nothing."""

    has_head = False
    sink: EventSink | None = None

    async def get(self) -> None:
        request = self.asked()
        self.check_limits(request.session)
        sink = self.sink = EventSink(self._begin)
        attachment = sink.attachment = self.dependencies.attachments.open(
            sink, self.person, Transport.SSE, request.session, address=self.address
        )
        try:
            await self.dependencies.attachments.start(attachment, request)
            attachment.flush()  # takes over the socket, so that Tornado does not answer
        except ChatError as error:
            # A browser gives up for good on any status but 200, and reconnects after a stream
            # that ended. So a temporary error is sent in a stream.
            if not sink.is_begun and not isinstance(error, Unavailable):
                attachment.detach()
                raise
            self.dependencies.attachments.fail(attachment, error)

    def on_connection_close(self) -> None:  # until the socket is taken over
        if self.sink is not None:
            self.sink.abort()

    def asked(self) -> AttachRequest:
        """Return the request to attach, with the last event ids among the cursors.

        The id is in a header, or in the query: polyfills of EventSource can't always set headers.
        """
        ids = [
            self.request.headers.get("Last-Event-ID", ""),
            *self.get_query_arguments("lastEventId", strip=False),
        ]
        return dataclasses.replace(super().asked(), event_ids=[_cursor_of(id_) for id_ in ids])

    def _begin(self) -> None:
        lines = [f"{name}: {value}\r\n" for name, value in _HEADERS.items()]
        lines += [f"Set-Cookie: {value}\r\n" for value in self.identity_headers]
        lines.append(self.cycle.own_lines)
        head = "HTTP/1.1 200 OK\r\n" + "".join(lines) + "\r\n"
        assert self.sink is not None
        self.sink.take_over(self.detach_connection(), head.encode() + sse_retry(RETRY_MS))


def _cursor_of(last_event_id: str) -> Mapping[str, Position]:
    try:
        return parse_cursor(last_event_id)
    except InvalidInput:
        return {}  # not our id, and the client can't stop sending it: ignore it
