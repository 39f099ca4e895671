"""Connects our connections to Tornado's application, by the interfaces of tornado.httputil."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import HTTPError

from chat import log_context
from chat.errors import ChatError
from chat.http.connection import REFUSED_REST_S, HttpConnection
from chat.http.messages import HttpRequest, malformed
from chat.http.remote import Client
from chat.http.request_ids import request_id_of
from chat.http.security_headers import NOT_KEPT, safe_lines

_NO_BODY = frozenset({204, 304})


def headers_of(request: HttpRequest) -> HTTPHeaders:
    """Return the headers in Tornado's form: case-insensitive names, repeated ones joined."""
    headers = HTTPHeaders()
    cookies = []
    for name, value in request.headers:
        if name.lower() == b"cookie":  # HTTP/2 splits it; joined by ";", not ","
            cookies.append(value.decode("latin-1"))
        else:
            headers.add(name.decode("latin-1"), value.decode("latin-1"))
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    try:
        urlsplit(headers.get("Origin", ""))
    except ValueError:  # else Tornado's check would raise instead of refusing it
        headers["Origin"] = "null"
    return headers


class RequestResponseCycle(HTTPConnection):
    """Passes one request to Tornado, and writes its answer to the connection."""

    is_limited = False  # the client has exceeded a rate limit
    refused: ChatError | HTTPError | None = None  # by a fast path: the handler must raise this
    is_half_closed = False  # by the client: it sends nothing more
    _is_chunked = False
    _missing_bytes: int | None = None  # of those that Content-Length announced
    _delegate: HTTPMessageDelegate  # of a streamed body
    _close_callback: Callable[[], Any] | None = None
    _half_close_callback: Callable[[], Any] | None = None

    def __init__(self, connection: HttpConnection, request: HttpRequest, client: Client) -> None:
        self.request_id = request_id_of(request.headers)
        self.context: Client = client  # Tornado reads the remote address and protocol here
        self.connection = connection
        self.request = request
        self._is_kept_alive = request.is_kept_alive

    def run(self, application: HTTPServerConnectionDelegate) -> None:
        request = self.request
        self.connection.answering = self
        token = log_context.request_id.set(self.request_id)  # for all tasks started from here
        try:
            headers = headers_of(request)
            headers.setdefault("Host", "127.0.0.1")  # HTTP/1.0 may leave it out
            line = RequestStartLine(request.method, request.target, f"HTTP/{request.version}")
            delegate = application.start_request(self.connection, self)
            prepared = delegate.headers_received(line, headers)
            if request.is_streamed:
                assert isinstance(prepared, asyncio.Future)  # all our handlers take a stream
                self._delegate = delegate
                prepared.add_done_callback(lambda _: self.connection.stream_body(self))
                return
            if request.body:
                delegate.data_received(request.body)
            delegate.finish()
        except HTTPInputError:  # for example, too many arguments
            self.connection.write(malformed().encode())
            self.connection.finish(is_kept_alive=False)
        finally:
            log_context.request_id.reset(token)

    @property
    def own_lines(self) -> str:
        """The header lines that every answer has, each with its CRLF."""
        return f"{safe_lines(self.context.protocol)}X-Request-Id: {self.request_id}\r\n"

    # Methods of chat.http.streamed_body.Taking

    def take(self, piece: bytes) -> "asyncio.Future[None]":
        taking = self._delegate.data_received(piece)
        assert taking is not None
        token = log_context.request_id.set(self.request_id)
        try:
            return asyncio.ensure_future(taking)
        finally:
            log_context.request_id.reset(token)

    def end_body(self) -> None:
        self._delegate.finish()

    def on_lost(self) -> None:
        callback, self._close_callback = self._close_callback, None
        if callback is not None:
            callback()

    def on_half_closed(self) -> None:
        self.is_half_closed = True
        if self._half_close_callback is not None:
            self._half_close_callback()

    def set_half_close_callback(self, callback: Callable[[], Any] | None) -> None:
        """Call ``callback`` when the client closes its half, or now if it already has.

        For handlers that hold an answer back: a client that has gone looks the same.
        """
        self._half_close_callback = callback
        if self.is_half_closed and callback is not None:
            callback()

    def detach(self) -> None:
        """Give up the answer: another protocol takes over the connection."""
        self._close_callback = self._half_close_callback = None

    # Methods of tornado.httputil.HTTPConnection

    def set_close_callback(self, callback: Callable[[], Any] | None) -> None:
        self._close_callback = callback

    def write_headers(
        self,
        start_line: "RequestStartLine | ResponseStartLine",
        headers: HTTPHeaders,
        chunk: bytes | None = None,
    ) -> "asyncio.Future[None]":
        assert isinstance(start_line, ResponseStartLine)
        request = self.request
        is_body_less = start_line.code in _NO_BODY or 100 <= start_line.code < 200
        if "Content-Length" in headers:
            is_promised = request.method != "HEAD" and start_line.code != 304
            self._missing_bytes = int(headers["Content-Length"]) if is_promised else 0
        elif not is_body_less and request.method != "HEAD":
            if request.version == "1.1":
                self._is_chunked = True
                headers["Transfer-Encoding"] = "chunked"
            else:
                self._is_kept_alive = False  # the end of the connection ends the body
        if headers.get("Connection", "").lower() == "close" or self.connection.is_last:
            self._is_kept_alive = False
        if not self._is_kept_alive:
            # Upgrade is hop-by-hop too, and must be listed in Connection: RFC 9110 section 7.8.
            headers["Connection"] = "close, Upgrade" if "Upgrade" in headers else "close"
        elif request.version == "1.0":
            headers["Connection"] = "Keep-Alive"
        headers.pop("Server", None)  # its version would only help attackers
        lines = [f"HTTP/1.1 {start_line.code} {start_line.reason}"]
        for name, value in headers.get_all():
            if "\n" in value or "\r" in value:
                raise ValueError(f"a line break in the header {name}")
            lines.append(f"{name}: {value}")
        lines.append(self.own_lines)
        if "Cache-Control" not in headers:
            lines[-1] += NOT_KEPT
        head = ("\r\n".join(lines) + "\r\n").encode("latin-1")
        self.connection.write(head + (self._framed(chunk) if chunk else b""))
        return self.connection.drained()

    def write(self, chunk: bytes) -> "asyncio.Future[None]":
        self.connection.write(self._framed(chunk))
        return self.connection.drained()

    def finish(self) -> None:
        if self._is_chunked:
            self.connection.write(b"0\r\n\r\n")
        elif self._missing_bytes:
            self._is_kept_alive = False  # the next answer would be read as the rest of the body
        # The callbacks form a cycle that only the garbage collector would free.
        self._close_callback = self._half_close_callback = None
        is_resting = self.is_limited and self.context.is_direct
        rest_s = REFUSED_REST_S if is_resting else 0.0
        self.connection.finish(is_kept_alive=self._is_kept_alive, rest_s=rest_s)

    def _framed(self, chunk: bytes) -> bytes:
        if self.request.method == "HEAD":
            return b""
        if self._missing_bytes is not None:
            self._missing_bytes -= len(chunk)
            if self._missing_bytes < 0:
                raise ValueError("the body is longer than its Content-Length")
        if self._is_chunked and chunk:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk)
        return chunk
