import asyncio
import os

from chat.client.console import Plain
from tests.support.aio import in_a_loop


@in_a_loop(5)
async def test_lines_come_whole_from_a_pipe_whatever_its_pieces() -> None:
    reading, writing = os.pipe()
    async with Plain(reading) as console:
        for piece in (b"one\r\ntw", b"o\n", "ä".encode()[:1], "ä".encode()[1:]):
            await asyncio.to_thread(os.write, writing, piece)
        os.close(writing)
        assert [await console.next() for _ in range(4)] == ["one", "two", "ä", None]
    os.close(reading)
