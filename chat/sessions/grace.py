"""Who has gone a moment ago and may come back. Pure.

Those who poll go and come back with each message: that is two steps in a dictionary here, where
a timer for each would be what polling spends most of its time on.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class GracePeriods(Generic[T]):
    """Everybody has ``span_s`` from when they went."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._ends: dict[T, float] = {}  # the first to end at the front

    def begin(self, who: T, *, now: float) -> None:
        """``who`` has gone; again: the grace begins anew."""
        self._ends.pop(who, None)
        self._ends[who] = now + self._span_s

    def end(self, who: T) -> None:
        """``who`` is back, or forgotten."""
        self._ends.pop(who, None)

    @property
    def next_end(self) -> float | None:
        """When the first grace is over; None where nobody is missing."""
        return next(iter(self._ends.values()), None)

    def take_over(self, *, now: float) -> Iterator[T]:
        """Forget and yield those whose grace is over."""
        while (end := self.next_end) is not None and end <= now:
            who = next(iter(self._ends))
            del self._ends[who]
            yield who

    def clear(self) -> None:
        self._ends.clear()
