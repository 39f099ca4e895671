"""Decides which log lines are written, and which are only counted. Pure: the time comes in.

A line that clients, or a store that is away, can cause repeatedly is written the first few times
and then counted, until none has come for a while. So no rate of events fills a disk, and nobody
can hide the events of others by causing many.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chat.token_bucket import Bucket

# Counts are written this often; a line that has not come for this long is written again.
SPAN_S: Final = 60.0
# The pairs of kind and source remembered: some 300 bytes each. Beyond, only kinds are counted.
MOST: Final = 10_000
# The limit of written lines over all kinds and sources: some 40 KB at once, and 2 MB a day.
BURST: Final = 300
RATE: Final = 0.2


class HeldBack(NamedTuple):
    """The number of lines of one kind held back, and their sources, the most frequent first."""

    kind: str
    times: int
    sources: Sequence[tuple[str, int]]


@dataclass(slots=True)
class _Seen:
    at: float
    written: int = 0
    held_back: int = 0


class Repeats:
    """Decides for each line whether to write or count it."""

    def __init__(self, *, now: float, most: int = MOST) -> None:
        self._most = most
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._others: Counter[str] = Counter()  # by kind, of sources beyond ``most``
        self._budget = Bucket(burst=BURST, rate=RATE, now=now)
        self._swept_at = now

    def admits(self, kind: str, source: str, *, first: int, now: float) -> bool:
        """Return whether to write a line of ``kind`` about ``source``: only the ``first`` ones."""
        seen = self._seen.get((kind, source))
        if seen is None or (now - seen.at >= SPAN_S and not seen.held_back):
            if len(self._seen) >= self._most:
                self._sweep(now)
            if len(self._seen) >= self._most:
                self._others[kind] += 1
                return False
            seen = self._seen[kind, source] = _Seen(now)
        seen.at = now
        if seen.written < first and self._budget.consume(now=now) == 0:
            seen.written += 1
            return True
        seen.held_back += 1
        return False

    def pop_counts(self) -> list[HeldBack]:
        """Return the counts of the lines held back since the last call."""
        sources: dict[str, Counter[str]] = {
            kind: Counter({"": count}) for kind, count in self._others.items()
        }
        self._others.clear()
        for (kind, source), seen in self._seen.items():
            if seen.held_back:
                sources.setdefault(kind, Counter())[source] += seen.held_back
                seen.held_back = 0
        return [HeldBack(kind, by.total(), by.most_common()) for kind, by in sources.items()]

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= SPAN_S / 10:
            self._swept_at = now
            self._seen = {
                key: seen
                for key, seen in self._seen.items()
                if seen.held_back or now - seen.at < SPAN_S
            }
