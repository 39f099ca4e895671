"""Token buckets, for rate limits. Pure: the time comes in."""

from typing import Final

# Full buckets are looked for only after at least this many new ones, to spread the cost.
SWEEP_AT: Final = 1000
# The most buckets that a flood from ever new addresses can make us hold: some 40 MB.
MOST: Final = 100_000


class Bucket:
    """Holds up to ``burst`` tokens and gains ``rate`` of them a second."""

    def __init__(self, *, burst: float, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = burst
        self._at = now

    def consume(self, cost: float = 1.0, *, now: float) -> int:
        """Consume ``cost`` tokens and return 0, or return the ms to wait until there are as many.

        ``cost`` must be at most ``burst``: a bucket never holds more. A negative one gives back.
        """
        wait_ms = self.wait_ms(cost, now=now)
        if not wait_ms:
            self._tokens -= cost
        return wait_ms

    def wait_ms(self, cost: float = 1.0, *, now: float) -> int:
        """Return the ms to wait until there are ``cost`` tokens; 0: now. Consumes none."""
        self._refill(now)
        if self._tokens >= cost:
            return 0
        return int((cost - self._tokens) / self._rate * 1000) + 1

    def is_full(self, *, now: float) -> bool:
        """Return whether the bucket is full, and so no different from a new one."""
        self._refill(now)
        return self._tokens >= self._burst

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now


class Buckets:
    """Holds a bucket for each key; at most ``most`` of them.

    Full ones are forgotten. Beyond ``most`` the oldest is forgotten, so that its key gets a new
    one: forgetting a client that was too fast is better than holding a flood in memory.
    """

    def __init__(self, *, burst: float, rate: float, most: int = MOST) -> None:
        self._burst = burst
        self._rate = rate
        self._most = most
        self._buckets: dict[str | bytes, Bucket] = {}
        self._sweep_at = SWEEP_AT

    def consume(self, key: str | bytes, cost: float = 1.0, *, now: float) -> int:
        """Consume ``cost`` tokens, at most ``burst``, of ``key``; see Bucket.consume."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= min(self._sweep_at, self._most):
                self._sweep(now)
            bucket = self._buckets[key] = Bucket(burst=self._burst, rate=self._rate, now=now)
        return bucket.consume(min(cost, self._burst), now=now)

    def wait_ms(self, key: str | bytes, cost: float = 1.0, *, now: float) -> int:
        """Return the ms that ``consume`` would return; consume none."""
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
