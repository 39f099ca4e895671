"""Uploads files at once: `python -m benchmarks.uploads.clients URL CLIENTS BYTES`."""

import asyncio
import os
import sys

from tests.support.wire import Connection

PIECE = os.urandom(1 << 18)


async def upload(url: str, size_bytes: int) -> None:
    async with Connection(url) as connection:
        lines = "POST /api/uploads?name=a HTTP/1.1", "Host: a", f"Content-Length: {size_bytes}"
        connection.writer.write("\r\n".join([*lines, "", ""]).encode())
        for at in range(0, size_bytes, len(PIECE)):
            connection.writer.write(PIECE[: size_bytes - at])
            await connection.writer.drain()
        answer = await connection.reader.readuntil(b"\r\n\r\n")
        assert b" 201 " in answer, answer


async def main(url: str, clients: str, size_bytes: str) -> None:
    await asyncio.gather(*(upload(url, int(size_bytes)) for _ in range(int(clients))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
