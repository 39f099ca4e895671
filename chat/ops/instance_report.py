"""Reports of each instance's state, which all share for the admin page and `admin doctor`."""

import asyncio
import heapq
import resource
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from chat import __version__
from chat.clock import Clock
from chat.errors import ChatError
from chat.ops.prometheus import MetricSources

# The page shows numbers that are at most this old, and half of it on average.
REPORT_EVERY_S: Final = 2.0
# Operators look for the busiest rooms; 100 names are some 2 KB.
MAX_ROOMS: Final = 100


def new_instance() -> str:
    """Return the name of an instance that starts."""
    return secrets.token_hex(4)


class Summary(msgspec.Struct, kw_only=True):
    """The state of one instance at one moment. Other versions ignore fields unknown to them."""

    instance: str
    version: str
    started_s: float  # seconds since 1970
    problems: Sequence[str]  # why it refuses connections, or can't store
    transports: Mapping[str, int]  # readers by transport
    connections: int
    sessions: int
    rooms: Mapping[str, int]  # readers of the MAX_ROOMS busiest
    rooms_count: int
    deliveries_per_s: float  # over the last REPORT_EVERY_S or so
    commands_per_s: float
    lag_s: float
    stalls: int
    memory_bytes: int
    store_waiting: int
    secret: str = ""  # its fingerprint, by which `admin doctor` sees whether it is the same for all


class Reporter:
    """Makes summaries; while started, shares this instance's with the other instances."""

    def __init__(self, sources: MetricSources, clock: Clock, *, secret: str) -> None:
        """``secret`` is the fingerprint of the instance's secret."""
        self._sources = sources
        self._secret = secret
        self._clock = clock
        self._started_s = clock.time()
        self._rates = (0.0, 0.0)
        self._counted = (0, 0)
        self._counted_at_s = clock.monotonic()
        self._reporting: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._reporting = asyncio.get_running_loop().create_task(self._report_for_ever())

    async def stop(self) -> None:
        """Stop reporting, and remove this instance's report."""
        if self._reporting is None:
            return
        self._reporting.cancel()
        await asyncio.wait([self._reporting])
        with suppress(ChatError):  # the report expires by itself
            await self._sources.backplane.report(self._sources.attachments.instance, None)

    def summary(self) -> Summary:
        sources = self._sources
        rooms = sources.attachments.readers_by_room()
        busiest = heapq.nlargest(MAX_ROOMS, rooms.items(), key=lambda item: (item[1], item[0]))
        deliveries_per_s, commands_per_s = self._rates
        return Summary(
            instance=sources.attachments.instance,
            version=__version__,
            started_s=self._started_s,
            problems=self._problems(),
            transports={str(name): count for name, count in sources.metrics.readers().items()},
            connections=sources.acceptor.count,
            sessions=sources.attachments.registry.sessions,
            rooms=dict(busiest),
            rooms_count=len(rooms),
            deliveries_per_s=deliveries_per_s,
            commands_per_s=commands_per_s,
            lag_s=sources.lag.lag_s,
            stalls=sources.watchdog.stalls,
            memory_bytes=memory_bytes(),
            store_waiting=sources.backplane.metrics.waiting,
            secret=self._secret,
        )

    async def summaries(self) -> list[Summary]:
        """Return summaries of all instances, this one first; without the store, only this one."""
        own = self.summary()
        try:
            reports = await self._sources.backplane.reports()
        except ChatError:  # ``problems`` says so
            reports = {}
        reports.pop(own.instance, None)
        found = []
        for _, report in sorted(reports.items()):
            try:
                found.append(msgspec.json.decode(report, type=Summary))
            except msgspec.DecodeError:  # from a version with other fields
                continue
        return [own, *found]

    def count(self) -> None:
        """Update the rates from the events since the last call."""
        now = self._clock.monotonic()
        span_s = now - self._counted_at_s
        counted = self._sources.deliveries.pushes, self._sources.metrics.commands.total()
        if span_s > 0:
            before = self._counted
            self._rates = ((counted[0] - before[0]) / span_s, (counted[1] - before[1]) / span_s)
        self._counted, self._counted_at_s = counted, now

    async def _report_for_ever(self) -> None:
        while True:
            self.count()
            report = msgspec.json.encode(self.summary())
            with suppress(ChatError):  # the log and /readyz say that the store is away
                await self._sources.backplane.report(self._sources.attachments.instance, report)
            await asyncio.sleep(REPORT_EVERY_S)

    def _problems(self) -> list[str]:
        store, full = self._sources.backplane.metrics, self._sources.acceptor.why_full
        problems = [] if full is None else [full]
        if store.problem is not None:
            problems.append(store.problem)
        if not store.is_feed_up:
            problems.append("What other instances store is not heard of.")
        return problems


def memory_bytes() -> int:
    """Return the memory that this process uses; its peak where the system tells only that."""
    try:
        with open("/proc/self/statm") as pages:
            return int(pages.read().split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def span(seconds: float) -> str:
    """Return a span of time in words, like ``2 hours``."""
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds / length)
            return f"{count} {name}{'s' * (count > 1)}"
    return "less than a minute"
