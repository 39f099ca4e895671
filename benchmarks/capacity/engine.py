"""A discrete-event simulation: a clock with events, and cores that processes share.

Pure and deterministic: the same input gives the same run.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from math import log1p
from typing import Final

US: Final = 1e-6
# A waiting process gets the core after this long, about as in Linux (EEVDF's base slice).
SLICE_S: Final = 3e-3
# Caches cool with the logarithm of a pause in this unit: measured at 1 to 1,000 turns a second.
COOL_S: Final = 1e-3

Then = Callable[[], None]


class World:
    """The clock and the events to come."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._events: list[tuple[float, int, Then]] = []
        self._numbers = count()  # events that are due at the same time run in the order of calls

    def at(self, moment_s: float, then: Then) -> None:
        heapq.heappush(self._events, (max(moment_s, self.now_s), next(self._numbers), then))

    def after(self, pause_s: float, then: Then) -> None:
        self.at(self.now_s + pause_s, then)

    def run_until(self, moment_s: float) -> None:
        """Run all events that are due by ``moment_s``, then set the clock to it."""
        while self._events and self._events[0][0] <= moment_s:
            self.now_s, _, then = heapq.heappop(self._events)
            then()
        self.now_s = moment_s


class Core:
    """A processor: runs one process at a time, the others in turn.

    Processes get ``share`` of its time, the kernel's interrupts the rest.
    """

    def __init__(self, world: World, *, share: float = 1.0) -> None:
        self.world = world
        self._share = share
        self._ready: deque[Process] = deque()
        self._is_running = False

    def want(self, process: "Process") -> None:
        self._ready.append(process)
        if not self._is_running:
            self._next()

    def _next(self) -> None:
        self._is_running = bool(self._ready)
        if self._ready:
            process = self._ready.popleft()
            span_s = min(process.left_s, SLICE_S)
            self.world.after(span_s / self._share, lambda: self._end(process, span_s))

    def _end(self, process: "Process", span_s: float) -> None:
        if process.spend(span_s):
            self._ready.append(process)
        self._next()


class Process:
    """Does one piece of work after the other; when it has none, ``more`` supplies it."""

    def __init__(
        self, core: Core, more: Callable[[], Iterable["Work"]] = tuple, *, waking_s: float = 0.0
    ) -> None:
        """``waking_s`` is the cost of going on after a pause in which the caches cooled."""
        self.cpu_s = 0.0
        self.left_s = 0.0  # of the present piece of work
        self._core = core
        self._more = more
        self._works: deque[Work] = deque()
        self._waking_s = waking_s
        self.is_awake = False
        self._asleep_at_s = 0.0

    def wake(self, *works: "Work") -> None:
        """Do ``works``, and then the work that ``more`` supplies."""
        self._works += works
        if not self.is_awake and self._has_work():
            self.is_awake = True
            slept_s = self._core.world.now_s - self._asleep_at_s
            self.left_s += self._waking_s * log1p(slept_s / COOL_S)
            self._core.want(self)

    def spend(self, span_s: float) -> bool:
        """Use the core for ``span_s``; return whether there is more to do."""
        self.cpu_s += span_s
        self.left_s -= span_s
        if self.left_s <= 1e-12:
            _, then = self._works.popleft()
            then()
            if not self._has_work():
                self.is_awake = False
                self._asleep_at_s = self._core.world.now_s
                return False
        return True

    def _has_work(self) -> bool:
        if not self._works:
            self._works += self._more()
        if not self._works:
            return False
        self.left_s = self._works[0][0]
        return True


Work = tuple[float, Then]  # its CPU seconds, and the callback at its end
