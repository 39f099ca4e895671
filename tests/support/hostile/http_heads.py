"""Reads heads and bodies of HTTP/1 in transit (RFC 9112), without changing them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Head:
    """A start line, in its three parts, and header fields in their order."""

    start: tuple[str, str, str]
    fields: tuple[tuple[str, str], ...]

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> Self | None:
        """Return the next head; None if the sender closes before it is complete."""
        try:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        line, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
        first, second, third = [*line.split(" ", 2), ""][:3]  # a reason may be missing
        pairs = (field.partition(":") for field in lines)
        return cls((first, second, third), tuple((name, value.strip()) for name, _, value in pairs))

    def __bytes__(self) -> bytes:
        lines = [" ".join(self.start), *(f"{name}: {value}" for name, value in self.fields)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def get(self, name: str) -> str:
        """Return the field's values, in lower case and joined as RFC 9110 section 5.3 says."""
        return ", ".join(value for field, value in self.fields if field.lower() == name).lower()

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        return tuple(field for field in self.fields if field[0].lower() not in names)

    @property
    def path(self) -> str:
        """Return a request's path, without the query."""
        return self.start[1].partition("?")[0]

    @property
    def status(self) -> int:
        """Return a response's status."""
        return int(self.start[1])

    @property
    def is_upgrade(self) -> bool:
        """Return whether a request asks for another protocol."""
        return "upgrade" in self.get("connection") and self.get("upgrade") != ""

    def request_body(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Yield the body that follows, framing included. Raises IncompleteReadError."""
        if self.get("transfer-encoding"):
            return _chunked(reader)
        return _counted(reader, int(self.get("content-length") or 0))

    def response_body(self, reader: asyncio.StreamReader, method: str) -> AsyncIterator[bytes]:
        """Yield the same for the response to a ``method`` request (RFC 9112 section 6.3)."""
        if method == "HEAD" or self.status in (204, 304):
            return _counted(reader, 0)
        if "chunked" in self.get("transfer-encoding"):
            return _chunked(reader)
        if length := self.get("content-length"):
            return _counted(reader, int(length))
        return until_closed(reader)

    def is_last(self, method: str) -> bool:
        """Return whether the server closes the connection after this response."""
        has_length = self.get("transfer-encoding") or self.get("content-length")
        has_end = has_length or method == "HEAD" or self.status in (204, 304)
        is_kept = self.start[0] != "HTTP/1.0" or "keep-alive" in self.get("connection")
        return "close" in self.get("connection") or not (has_end and is_kept)


async def until_closed(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while chunk := await reader.read(CHUNK_BYTES):
        yield chunk


async def _counted(reader: asyncio.StreamReader, left_bytes: int) -> AsyncIterator[bytes]:
    while left_bytes:
        chunk = await reader.read(min(CHUNK_BYTES, left_bytes))
        if not chunk:
            raise asyncio.IncompleteReadError(b"", left_bytes)
        left_bytes -= len(chunk)
        yield chunk


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        line = await reader.readuntil(b"\r\n")
        yield line
        if not (size := int(line.partition(b";")[0], 16)):
            break
        async for chunk in _counted(reader, size + len(b"\r\n")):
            yield chunk
    while line != b"\r\n":  # trailers, and the empty line after them
        line = await reader.readuntil(b"\r\n")
        yield line
