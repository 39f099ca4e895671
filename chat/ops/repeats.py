"""Which log lines are written, and which only counted. Pure: the time comes in.

Whatever can be had again and again, by clients or by a store that is away, is written the first
times and then counted, until there has been none for a while. So no rate of it fills a disk, and
nobody hides what others do by doing much.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chat.token_bucket import Bucket

# Counts are told so often; what has been quiet for so long is news again.
SPAN_S: Final = 60.0
# Kinds of lines by whom they are about: some 300 bytes each. The rest is counted by its kind.
MOST: Final = 10_000
# Lines of all that are told apart by whom they are about: some 40 KB at once, and 2 MB a day.
BURST: Final = 300
RATE: Final = 0.2


class Told(NamedTuple):
    """How many of one kind have been held back, and whom they were about, most often first."""

    kind: str
    times: int
    sources: Sequence[tuple[str, int]]


@dataclass(slots=True)
class _Seen:
    at: float
    written: int = 0
    held_back: int = 0


class Repeats:
    """Decides for each line."""

    def __init__(self, *, now: float, most: int = MOST) -> None:
        self._most = most
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._others: Counter[str] = Counter()  # of those that are too many to be told apart
        self._budget = Bucket(burst=BURST, rate=RATE, now=now)
        self._swept_at = now

    def admits(self, kind: str, source: str, *, first: int, now: float) -> bool:
        """Return whether to write one more of ``kind`` about ``source``: the ``first`` of them."""
        seen = self._seen.get((kind, source))
        if seen is None or (now - seen.at >= SPAN_S and not seen.held_back):
            if len(self._seen) >= self._most:
                self._sweep(now)
            if len(self._seen) >= self._most:
                self._others[kind] += 1
                return False
            seen = self._seen[kind, source] = _Seen(now)
        seen.at = now
        if seen.written < first and self._budget.take(now=now) == 0:
            seen.written += 1
            return True
        seen.held_back += 1
        return False

    def take_counts(self) -> list[Told]:
        """Return what has been held back since this was last asked."""
        sources: dict[str, Counter[str]] = {
            kind: Counter({"": count}) for kind, count in self._others.items()
        }
        self._others.clear()
        for (kind, source), seen in self._seen.items():
            if seen.held_back:
                sources.setdefault(kind, Counter())[source] += seen.held_back
                seen.held_back = 0
        return [Told(kind, by.total(), by.most_common()) for kind, by in sources.items()]

    def _sweep(self, now: float) -> None:
        """Forget what is news again, now and then."""
        if now - self._swept_at >= SPAN_S / 10:
            self._swept_at = now
            self._seen = {
                key: seen
                for key, seen in self._seen.items()
                if seen.held_back or now - seen.at < SPAN_S
            }
