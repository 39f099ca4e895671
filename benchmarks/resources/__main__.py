"""Measures the four ways of reading in turn; writes results/resources.* and docs/transports.md."""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import pages
from benchmarks.load.report import HERE
from benchmarks.load.servers import parley
from benchmarks.machine import about, cpu_s, memory_bytes, pin_here
from benchmarks.resources.plot import plot
from benchmarks.resources.readers import KINDS, Costs, say

CLIENTS: Final = 500
IDLE_S: Final = 75.0  # a whole number of heartbeats (5), of holds (3) and of plain polls (15)
MESSAGES: Final = 10  # each waits until all clients have the last: seconds, with plain polls
PAUSE_S: Final = (0.2, 0.6)  # between messages, random, so that they meet any moment of a poll
HOUR_S: Final = 3600.0


@dataclass
class Row:
    """What one client costs with one way of reading."""

    latency_ms: float
    memory_kib: float
    cpu_ms_an_hour: float
    message_bytes: float
    idle_bytes_an_hour: float
    requests_an_hour: float
    wake_ups_an_hour: float


async def measure(kind: Callable[..., Coroutine[Any, Any, None]], idle_s: float) -> Row:
    with parley() as running:
        (port,), (pid,) = running.ports, running.pids
        await talk(port, 1)  # so that one-time costs are not measured
        before_bytes = memory_bytes(pid)
        costs = [Costs() for _ in range(CLIENTS)]
        latencies_s: list[float] = []
        said_at = 0.0

        def heard(mark: bytes) -> None:
            if said_at:
                latencies_s.append(time.perf_counter() - said_at)

        readys = [asyncio.Event() for _ in costs]
        tasks = []
        for cost, ready in zip(costs, readys, strict=True):
            tasks.append(asyncio.create_task(kind(port, cost, heard, ready)))
            await ready.wait()
        await asyncio.sleep(2)  # until all presence pushes of the joins are sent
        memory_kib = (memory_bytes(pid) - before_bytes) / CLIENTS / 1024
        for cost in costs:
            cost.clear()
        cpu_before_s, began = cpu_s(pid), time.perf_counter()
        await asyncio.sleep(idle_s)
        hours = (time.perf_counter() - began) / HOUR_S
        cpu_ms = 1e3 * (cpu_s(pid) - cpu_before_s) / CLIENTS
        idle = [(cost.requests, cost.wake_ups, cost.down_bytes + cost.up_bytes) for cost in costs]
        requests, wake_ups, idle_bytes = (
            statistics.mean(each) / hours for each in zip(*idle, strict=True)
        )
        for cost in costs:
            cost.clear()
        dice = random.Random(0)
        for number in range(2, MESSAGES + 2):
            said_at = time.perf_counter()
            await talk(port, number)
            await until(latencies_s, (number - 1) * CLIENTS)
            await asyncio.sleep(dice.uniform(*PAUSE_S))
        down_bytes = statistics.mean(cost.down_bytes + cost.up_bytes for cost in costs)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return Row(
        latency_ms=1e3 * statistics.median(latencies_s),
        memory_kib=memory_kib,
        cpu_ms_an_hour=cpu_ms / hours,
        message_bytes=down_bytes / MESSAGES,
        idle_bytes_an_hour=idle_bytes,
        requests_an_hour=requests,
        wake_ups_an_hour=wake_ups,
    )


async def talk(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(say(number))
    assert b" 200 " in await reader.readline()
    writer.close()


async def until(found: list[float], count: int) -> None:
    while len(found) < count:  # noqa: ASYNC110  polling disturbs the measurement less than an event
        await asyncio.sleep(0.005)


COLUMNS: Final = {
    "latency, p50 ms": ("latency_ms", ",.1f"),
    "server memory, KiB": ("memory_kib", ".1f"),
    "server CPU an idle hour, ms": ("cpu_ms_an_hour", ".0f"),
    "bytes a message": ("message_bytes", ",.0f"),
    "bytes an idle hour": ("idle_bytes_an_hour", ",.0f"),
    "requests an idle hour": ("requests_an_hour", ",.0f"),
    "wake-ups an idle hour": ("wake_ups_an_hour", ",.0f"),
}


def table(rows: dict[str, Row]) -> str:
    lines = ["| a client | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for name, row in rows.items():
        cells = [format(getattr(row, field), form) for field, form in COLUMNS.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.resources", description=__doc__)
    parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds; less writes no file")
    options = parser.parse_args()
    pin_here()
    rows = {name: asyncio.run(measure(kind, options.idle)) for name, kind in KINDS.items()}
    text = "\n".join(
        [
            "# What each transport costs",
            "",
            f"One of {CLIENTS} clients of one instance, with the settings as they come. Bytes are "
            "both ways, heads and all, without TCP's own. What comes and goes within 50 ms is one "
            "wake-up: that is what a phone's radio and processor are woken for.",
            "",
            table(rows),
            "",
            *about(),
            "",
        ]
    )
    print(text)
    if options.idle >= IDLE_S:
        (HERE / "results/resources.md").write_text(text)
        (HERE / "results/resources.svg").write_text(plot(rows, COLUMNS))
        pages.put("transports.md", "resources", table(rows))


if __name__ == "__main__":
    main()
