"""All uploads together come in no faster than allowed, and each in its turn."""

import asyncio

from chat.files.pace import Pace


def test_pieces_pass_in_their_order_and_no_faster_than_allowed() -> None:
    async def write(number: int) -> None:
        await pace.wait(1000)
        passed.append((number, asyncio.get_running_loop().time()))

    async def write_all() -> None:
        await asyncio.gather(*map(write, range(10)))

    pace, passed = Pace(bytes_per_s=50_000), list[tuple[int, float]]()
    asyncio.run(write_all())
    assert [number for number, _ in passed] == [*range(10)]
    assert passed[-1][1] - passed[0][1] >= 9 * 1000 / 50_000 - 0.001  # a clock's resolution


def test_who_comes_alone_does_not_wait() -> None:
    async def write() -> float:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.wait_for(pace.wait(10**12), 60)
        return loop.time() - began_s

    pace = Pace()
    assert asyncio.run(write()) < 60
