"""`make bench-uploads`: many large uploads at once, while somebody chats.

It prints by how much the server's memory grew, how often its event loop was held for more than the
target, how long the answers to a person who chats took before and meanwhile, and how fast the files
came in.
Linux only.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from benchmarks.machine import about
from benchmarks.uploads.server import HELD_S
from tests.support.client import Client
from tests.support.memory import forget_peak, memory_bytes
from tests.support.ports import free_port
from tests.support.wire import Connection

TARGET_MB = 64.0
# By how much uploads may slow down the slowest of a hundred answers.
TARGET_RATIO = 2.0
# Somebody chats for so long before the uploads begin.
BEFORE_S = 10.0
# A person who chats meanwhile, as often as this.
SEND_S = 0.05


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """Run the server; yield its address and its process."""
    port = free_port()
    env = {
        **os.environ, "PORT": str(port), "ADDRESS": "127.0.0.1", "DATA_DIR": str(folder),
        "RATE_LIMITS": "off", "LOG_LEVEL": "warning", "FILE_MB": "1000", "FILES_GB": "100",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.uploads.server"]
    process = subprocess.Popen(command, env=env)  # noqa: ASYNC220  nothing else happens yet
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                async with Client(url) as client:
                    await client.get("/healthz")
                break
            except OSError:
                await asyncio.sleep(0.1)
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def upload(url: str, clients: int, size_bytes: int) -> None:
    """Have another process upload as many files at once: it must not hold up the one that chats."""
    command = [sys.executable, "-m", "benchmarks.uploads.clients", url]
    process = await asyncio.create_subprocess_exec(*command, str(clients), str(size_bytes))
    assert await process.wait() == 0


async def chat(url: str, took_ms: list[float]) -> None:
    """Send one message after the other, and note how long each took."""
    async with Client(url) as client, Connection(url) as connection:
        await client.get("/api/me")
        for number in itertools.count():
            send = {"type": "send", "room": "general", "text": "hello", "key": str(number)}
            began_s = time.perf_counter()
            answer = await client.fetch("POST", "/send", json.dumps(send), over=connection)
            assert answer.code == 200, answer
            took_ms.append(1000 * (time.perf_counter() - began_s))
            await asyncio.sleep(SEND_S)


async def peak(pid: int) -> int:
    return await asyncio.to_thread(memory_bytes, pid, "VmHWM")


async def measure(clients: int, size_mb: int) -> bool:
    """Print what was measured; return whether it is within the targets."""
    with tempfile.TemporaryDirectory() as name:
        async with server(Path(name)) as (url, pid), Client(url) as client:
            await upload(url, 1, 1_000_000)  # what it loads for the first one stays
            forget_peak(pid)
            before = memory_bytes(pid, "VmRSS")
            before_ms: list[float] = []
            with suppress(TimeoutError):
                await asyncio.wait_for(chat(url, before_ms), BEFORE_S)
            took_ms: list[float] = []
            chatting = asyncio.create_task(chat(url, took_ms))
            began_s = time.perf_counter()
            await upload(url, clients, size_mb * 1_000_000)
            lasted_s = time.perf_counter() - began_s
            assert not chatting.done(), chatting
            chatting.cancel()
            grown_mb = (await peak(pid) - before) / (1 << 20)
            metrics = (await client.get("/metrics")).body.decode()
        stalls = re.search(r"^parley_loop_stalls_total (\S+)", metrics, re.MULTILINE)
        assert stalls is not None
        held = int(float(stalls[1]))
    total_mb = clients * size_mb
    print(f"{clients} uploads of {size_mb} MB at once: {total_mb / lasted_s:.0f} MB/s")
    print(f"memory of the server: {grown_mb:.1f} MiB more at most (target: {TARGET_MB:.0f})")
    print(f"turns of its loop over {1000 * HELD_S:.0f} ms: {held} (target: 0)")
    for when, ms in (("before", before_ms), ("meanwhile", took_ms)):
        print(
            f"answers to who chats {when}: median {statistics.median(ms):.1f} ms, 99 % "
            f"{_p99(ms):.1f} ms, longest {max(ms):.1f} ms"
        )
    ratio = _p99(took_ms) / _p99(before_ms)
    print(f"99 % of them take {ratio:.1f} times as long (target: {TARGET_RATIO:.0f})")
    return grown_mb < TARGET_MB and held == 0 and ratio <= TARGET_RATIO


def _p99(ms: list[float]) -> float:
    return statistics.quantiles(ms, n=100)[98]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--mb", type=int, default=40, help="of each")
    arguments = parser.parse_args()
    is_met = asyncio.run(measure(arguments.clients, arguments.mb))
    print(*about(), sep="\n")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
