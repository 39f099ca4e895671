"""The figures of one run, and the span over which a server's CPU time is measured."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.load.servers import Running
from benchmarks.machine import cpu_s

Clock = time.perf_counter


@dataclass
class Figures:
    """The figures of one run; None where it has no such figure."""

    deliveries_per_s: float | None = None
    cpu_us_per_delivery: float | None = None
    latencies_ms: Sequence[float] = field(default=(), repr=False)
    bytes_per_message: float | None = None
    memory_bytes_per_connection: float | None = None
    cpu_us_per_connect: float | None = None
    idle_cpu_us_per_s: float | None = None  # for each idle connection
    disk_bytes_per_message: float | None = None
    took_s: float | None = None
    server_busy: float | None = None  # of its core
    generator_busy: float | None = None
    lost: int = 0  # readers that did not receive the last message

    def latency_ms(self, share: float) -> float | None:
        """Return the latency that ``share`` of the deliveries did not exceed; None if unknown."""
        if not self.latencies_ms:
            return None
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Span:
    """Measures the CPU time of a server and of this process, from its creation to ``close``."""

    def __init__(self, running: Running) -> None:
        self._pids = running.pids
        self._began = Clock()
        self._server_s = sum(map(cpu_s, self._pids))
        self._own_s = cpu_s_here()

    def close(self) -> None:
        self.wall_s = Clock() - self._began
        self.server_s = sum(map(cpu_s, self._pids)) - self._server_s
        self.own_s = cpu_s_here() - self._own_s

    def put(self, figures: Figures, deliveries: int) -> None:
        figures.deliveries_per_s = deliveries / self.wall_s
        figures.cpu_us_per_delivery = 1e6 * self.server_s / max(1, deliveries)
        figures.server_busy = self.server_s / self.wall_s
        figures.generator_busy = self.own_s / self.wall_s


def cpu_s_here() -> float:
    times = os.times()
    return times.user + times.system
