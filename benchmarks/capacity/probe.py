"""Runs instances and their Redis, and measures what they spend between two moments."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.load.servers import Running, parley
from benchmarks.machine import SERVER_CPU, cpu_s, on_cpu
from tests.support.redis_server import run_redis

NO_FOLLOWERS: Final = dict.fromkeys(("SEARCH", "PUSH", "WEBHOOKS", "FILES"), "off")


@dataclass
class Spent:
    """What was spent; CPU time is the kernel's count for the processes."""

    wall_s: float
    instances_s: float  # all of them together
    redis_s: float
    calls: Counter[str]  # calls of each command, also those made by scripts
    within_us: Counter[str]  # the time in each command, as Redis counts it
    in_bytes: int  # received by Redis
    out_bytes: int
    memory_bytes: int  # by which Redis has grown


class Probe:
    """Measures ``running`` instances and their Redis."""

    def __init__(self, running: Running, redis: Any) -> None:
        self.running = running
        self._redis = redis
        self._pid = redis.info("server")["process_id"]
        self.begin()

    def begin(self) -> None:
        self._before = self._look()

    def spent(self) -> Spent:
        """Return what was spent since ``begin``."""
        before, after = self._before, self._look()
        return Spent(
            wall_s=after.wall_s - before.wall_s,
            instances_s=after.instances_s - before.instances_s,
            redis_s=after.redis_s - before.redis_s,
            calls=after.calls - before.calls,
            within_us=after.within_us - before.within_us,
            in_bytes=after.in_bytes - before.in_bytes,
            out_bytes=after.out_bytes - before.out_bytes,
            memory_bytes=after.memory_bytes - before.memory_bytes,
        )

    def _look(self) -> Spent:
        stats = self._redis.info("commandstats")
        traffic = self._redis.info("stats")
        calls = {name.removeprefix("cmdstat_"): stat for name, stat in stats.items()}
        for own in ("info",):
            calls.pop(own, None)
        return Spent(
            wall_s=time.perf_counter(),
            instances_s=sum(map(cpu_s, self.running.pids)),
            redis_s=cpu_s(self._pid),
            calls=Counter({name: stat["calls"] for name, stat in calls.items()}),
            within_us=Counter({name: stat["usec"] for name, stat in calls.items()}),
            in_bytes=traffic["total_net_input_bytes"],
            out_bytes=traffic["total_net_output_bytes"],
            memory_bytes=self._redis.info("memory")["used_memory"],
        )


@contextmanager
def probe(instances: int, *, has_followers: bool = True) -> Iterator[Probe]:
    """Run ``instances`` and a Redis, all on the servers' core."""
    settings = {} if has_followers else NO_FOLLOWERS
    with on_cpu(SERVER_CPU), run_redis() as redis:
        client = redis.client()
        with parley(instances, redis.url, settings=settings) as running:
            yield Probe(running, client)
