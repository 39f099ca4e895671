"""How fast one may go: token buckets. Pure: the time comes in."""

from typing import Final

# Looking for buckets that can go is paid for by this many new ones.
SWEEP_AT: Final = 1000
# What a flood from ever new addresses makes us remember: some 40 MB.
MOST: Final = 100_000


class Bucket:
    """Holds up to ``burst`` tokens and gains ``rate`` of them a second."""

    def __init__(self, *, burst: float, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = burst
        self._at = now

    def take(self, cost: float = 1.0, *, now: float) -> int:
        """Take ``cost`` tokens and return 0, or return in how many ms there will be so many.

        ``cost`` is at most ``burst``: there will never be more.
        """
        wait_ms = self.wait_ms(cost, now=now)
        if not wait_ms:
            self._tokens -= cost
        return wait_ms

    def wait_ms(self, cost: float = 1.0, *, now: float) -> int:
        """Return in how many ms ``cost`` tokens can be taken; 0: now. Takes none."""
        self._refill(now)
        if self._tokens >= cost:
            return 0
        return int((cost - self._tokens) / self._rate * 1000) + 1

    def is_full(self, *, now: float) -> bool:
        """Return whether nothing is remembered here that a new bucket would not have."""
        self._refill(now)
        return self._tokens >= self._burst

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now


class Buckets:
    """A bucket for each key; at most ``most`` of them, whoever asks.

    Full ones go by themselves. Beyond ``most`` the oldest goes, which lets its key begin anew: to
    forget somebody who was too fast is better than to remember a flood.
    """

    def __init__(self, *, burst: float, rate: float, most: int = MOST) -> None:
        self._burst = burst
        self._rate = rate
        self._most = most
        self._buckets: dict[str | bytes, Bucket] = {}
        self._sweep_at = SWEEP_AT

    def take(self, key: str | bytes, cost: float = 1.0, *, now: float) -> int:
        """As Bucket.take, from the bucket of ``key``; no more than a full one holds."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= min(self._sweep_at, self._most):
                self._sweep(now)
            bucket = self._buckets[key] = Bucket(burst=self._burst, rate=self._rate, now=now)
        return bucket.take(min(cost, self._burst), now=now)

    def wait_ms(self, key: str | bytes, cost: float = 1.0, *, now: float) -> int:
        """Return in how many ms so much could be taken; 0: now. Takes none."""
        bucket = self._buckets.get(key)
        return 0 if bucket is None else bucket.wait_ms(min(cost, self._burst), now=now)

    def _sweep(self, now: float) -> None:
        if len(self._buckets) >= self._sweep_at:
            self._buckets = {k: b for k, b in self._buckets.items() if not b.is_full(now=now)}
            self._sweep_at = max(SWEEP_AT, 2 * len(self._buckets))
        while len(self._buckets) >= self._most:
            del self._buckets[next(iter(self._buckets))]

    def __len__(self) -> int:
        return len(self._buckets)
