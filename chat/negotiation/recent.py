"""Counts how often keys were seen recently, and forgets them by itself. Pure."""

from collections import deque


class Recent:
    """Counts how often a key was seen within the last ``span_s`` seconds, up to ``enough``.

    Beyond ``limit`` keys it forgets the least recently seen one: it only loses some evidence.
    """

    def __init__(self, *, span_s: float, enough: int = 1, limit: int = 10_000) -> None:
        self._span_s = span_s
        self._enough = enough
        self._limit = limit
        self._seen: dict[str, deque[float]] = {}  # ordered by when they were last seen

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, key: str, *, now: float) -> None:
        times = self._seen.pop(key, None) or deque(maxlen=self._enough)
        times.append(now)
        self._seen[key] = times
        if len(self._seen) > self._limit:
            del self._seen[next(iter(self._seen))]

    def has(self, key: str, *, now: float) -> bool:
        """Return whether ``key`` was seen ``enough`` times within the span."""
        times = self._seen.get(key)
        return times is not None and len(times) == self._enough and now - times[0] < self._span_s

    def forget(self, key: str) -> None:
        """Forget ``key``, as when the evidence is known to be outdated."""
        self._seen.pop(key, None)
