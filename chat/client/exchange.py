"""One HTTP request and its response (RFC 9112), parsed by ``httptools``."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import BinaryIO, Final

import httptools

# The limit of a head, of a line with a chunk's size and of the trailers: far above the 64 KiB at
# most that servers and proxies permit each other.
MAX_FIELDS_BYTES: Final = 256 << 10
READ_BYTES: Final = 64 << 10
STALL_S: Final = 60.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Broken(OSError):
    """The response is not usable: another protocol, or half an answer."""


class Response:
    """A response whose head has been read. The methods ``on_…`` are for httptools."""

    def __init__(self, streams: Streams) -> None:
        self.reader, self.writer = streams
        self.status = 0
        self.phrase = ""
        self.headers: dict[str, str] = {}  # names in lower case
        self.cookies: list[str] = []
        self.rtt_s = 0.0  # from the request to the head
        self.rest = b""  # after an upgrade: what came with the head, of the other protocol
        self._parser = httptools.HttpResponseParser(self)
        self._fields_bytes = 0  # read since the last data of the body
        self._body = bytearray()
        self._is_whole = False

    def __str__(self) -> str:
        return f"{self.status} {self.phrase}".strip()

    async def read(self) -> bytes:
        """Return the next data of the body, empty at its end. Raises EOFError if early, Broken."""
        while not (self._body or self._is_whole):
            if not await self.receive():
                # Without a length, the body ends with the connection (section 6.3).
                if self.headers.keys() & {"content-length", "transfer-encoding"}:
                    raise EOFError("the answer broke off")
                break
        data, self._body = bytes(self._body), bytearray()
        return data

    async def receive(self) -> bool:
        """Read and parse some data; return False at the end of the connection."""
        data = await self.reader.read(READ_BYTES)
        self._fields_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            if not self._is_whole:  # what follows the response does not matter
                raise Broken(f"not HTTP: {error}") from error
        if self._fields_bytes > MAX_FIELDS_BYTES:
            raise Broken("a head without end")
        return bool(data)

    def on_status(self, phrase: bytes) -> None:
        self.phrase += phrase.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key == "set-cookie":
            self.cookies.append(text)
        elif not self.status:  # else a trailer
            self.headers[key] = text

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:  # informational: the response is to come
            self.phrase = ""
            self.headers.clear()
        elif not self.status:
            self.status, self._fields_bytes = status, 0

    def on_body(self, data: bytes) -> None:
        if not self._is_whole:
            self._body += data
            self._fields_bytes = 0

    def on_message_complete(self) -> None:
        self._is_whole = self.status != 0


async def exchange(
    streams: Streams,
    method: str,
    target: str,
    fields: Mapping[str, str],
    body: bytes | BinaryIO = b"",
) -> Response:
    """Send a request; return its response once the head is there. Raises Broken or EOFError.

    The body may be a file, which is read up to its end while it is sent.
    """
    response, loop = Response(streams), asyncio.get_running_loop()
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {it}" for name, it in fields.items())]
    head = "\r\n".join([*lines, "", ""]).encode()
    if isinstance(body, bytes):
        response.writer.write(head + body)
    else:
        response.writer.write(head)
        # A server that refuses the file answers before it has come, and closes.
        with contextlib.suppress(ConnectionError):
            await _send(response.writer, body)
    began_s = loop.time()
    while not response.status:
        if not await response.receive():
            raise EOFError("the connection ended without an answer")
    response.rtt_s = loop.time() - began_s
    return response


async def _send(writer: asyncio.StreamWriter, file: BinaryIO) -> None:
    """Send ``file`` as fast as it is taken. Raises TimeoutError if nothing is taken for STALL_S."""
    while data := await asyncio.to_thread(file.read, READ_BYTES):
        writer.write(data)
        async with asyncio.timeout(STALL_S):
            await writer.drain()
