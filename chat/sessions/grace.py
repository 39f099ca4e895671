"""Grace periods of those who have just gone and may come back. Pure.

Clients that poll detach and attach again with each message. Here that is two dict operations;
a timer for each would be most of the cost of polling.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class GracePeriods(Generic[T]):
    """Gives everyone ``span_s`` seconds to come back."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._ends: dict[T, float] = {}  # the first to end at the front

    def begin(self, who: T, *, now: float) -> None:
        """Start the grace period of ``who``; start it anew if it was running."""
        self._ends.pop(who, None)
        self._ends[who] = now + self._span_s

    def end(self, who: T) -> None:
        """End the grace period of ``who``, who is back or forgotten."""
        self._ends.pop(who, None)

    @property
    def next_end(self) -> float | None:
        """Return when the first grace period ends; None if none is running."""
        return next(iter(self._ends.values()), None)

    def pop_ended(self, *, now: float) -> Iterator[T]:
        while (end := self.next_end) is not None and end <= now:
            who = next(iter(self._ends))
            del self._ends[who]
            yield who

    def clear(self) -> None:
        self._ends.clear()
