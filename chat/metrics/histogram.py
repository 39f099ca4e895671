"""Counts values in buckets, without keeping them. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate


class Histogram:
    """Counts values by bucket, up to each of the ascending ``bounds``, and sums them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last: larger than all
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> Iterator[tuple[str, float]]:
        """Yield each bound, as Prometheus writes it, and the number of values up to it."""
        names = [*map(str, self.bounds), "+Inf"]
        return zip(names, accumulate(self.counts), strict=True)
