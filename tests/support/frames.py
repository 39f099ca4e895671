"""A WebSocket whose frames a test builds itself, valid or not (RFC 6455 section 5.2)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.wire import WAIT_S

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


def frame_bytes(
    opcode: int,
    payload: bytes = b"",
    *,
    is_last: bool = True,
    is_masked: bool = True,
    reserved: int = 0,
    mask: bytes = bytes(4),
) -> bytes:
    """Return a frame as bytes. A mask of zeros changes nothing."""
    length, mask_bit = len(payload), 0x80 * is_masked
    head = bytes([0x80 * is_last | reserved << 4 | opcode])
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += struct.pack("!BH", mask_bit | 126, length)
    else:
        head += struct.pack("!BQ", mask_bit | 127, length)
    if not is_masked:
        return head + payload
    if any(mask):
        payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    return head + mask + payload


class FrameSocket:
    """Sends frames as given, and reads the server's frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, opcode: int, payload: bytes = b"", **how: Any) -> None:
        """Send a frame; ``how`` is as for frame_bytes."""
        self.send_bytes(frame_bytes(opcode, payload, **how))

    def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)

    async def send_slowly(self, data: bytes) -> None:
        """Send each byte separately."""
        for byte in data:
            self.writer.write(bytes([byte]))
            await asyncio.sleep(0)  # otherwise they go in one piece

    async def read(self) -> Frame:
        """Return the server's next frame. Raises IncompleteReadError if the server has closed."""
        async with asyncio.timeout(WAIT_S):
            first, length = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "ours are whole, and bare of extensions"
            assert length < 128, "a server masks nothing (section 5.1)"
            if length > 125:
                size = 2 if length == 126 else 8
                length = int.from_bytes(await self.reader.readexactly(size))
            return Frame(first & 0x0F, await self.reader.readexactly(length))

    async def until(self, opcode: int) -> Frame:
        """Return the next frame with ``opcode``; pushes may come before it, and pings, answered."""
        while (frame := await self._read_answering()).opcode != opcode:
            assert frame.opcode in (TEXT, PING), frame
        return frame

    async def _read_answering(self) -> Frame:
        """Return the next frame; answer a ping, or the server drops a client on a slow machine."""
        frame = await self.read()
        if frame.opcode == PING:
            self.send(PONG, frame.payload)
        return frame

    async def until_closed(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(WAIT_S):
            assert await self.reader.read() == b"", "nothing comes after a close frame"

    async def until_ended(self, code: int) -> None:
        """Wait until the server has closed with ``code``; messages may come before that."""
        while (frame := await self._read_answering()).opcode != CLOSE:
            assert frame.opcode in (TEXT, BINARY, PING), frame
        assert frame.close_code == code, frame
        await self.until_closed()


@asynccontextmanager
async def frame_socket(url: str, path: str = "/chat") -> AsyncIterator[FrameSocket]:
    """Open a WebSocket; its connection is aborted at the end."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(_HEAD.format(path=path, host=address.netloc).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield FrameSocket(reader, writer)
    finally:
        writer.transport.abort()
