"""A WebSocket whose frames a test makes itself, right or wrong (RFC 6455 section 5.2)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.clients import WAIT_S

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_HEAD = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Frame(NamedTuple):
    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.payload[:2])


class FrameSocket:
    """Sends frames as they are given, and reads those of the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(
        self,
        opcode: int,
        payload: bytes = b"",
        *,
        is_last: bool = True,
        is_masked: bool = True,
        reserved: int = 0,
    ) -> None:
        length, mask_bit = len(payload), 0x80 * is_masked
        head = bytes([0x80 * is_last | reserved << 4 | opcode])
        if length < 126:
            head += bytes([mask_bit | length])
        elif length < 1 << 16:
            head += struct.pack("!BH", mask_bit | 126, length)
        else:
            head += struct.pack("!BQ", mask_bit | 127, length)
        self._writer.write(head + bytes(4 * is_masked) + payload)  # zeros mask it

    async def read(self) -> Frame:
        """Return the server's next frame. Raises IncompleteReadError where it has closed."""
        async with asyncio.timeout(WAIT_S):
            first, length = await self._reader.readexactly(2)
            assert first & 0xF0 == 0x80, "ours are whole, and bare of extensions"
            assert length < 128, "a server masks nothing (section 5.1)"
            if length > 125:
                size = 2 if length == 126 else 8
                length = int.from_bytes(await self._reader.readexactly(size))
            return Frame(first & 0x0F, await self._reader.readexactly(length))

    async def until(self, opcode: int) -> Frame:
        """Return the next frame of this kind; pushes may come between."""
        while (frame := await self.read()).opcode != opcode:
            assert frame.opcode == TEXT, frame
        return frame

    async def until_closed(self) -> None:
        """Return when the server has closed the connection."""
        async with asyncio.timeout(WAIT_S):
            assert await self._reader.read() == b"", "nothing comes after a close frame"


@asynccontextmanager
async def frame_socket(url: str, path: str = "/chat") -> AsyncIterator[FrameSocket]:
    """Open a WebSocket; it is hung up at the end."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(_HEAD.format(path=path, host=address.netloc).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield FrameSocket(reader, writer)
    finally:
        writer.transport.abort()
