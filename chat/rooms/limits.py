"""How fast one may go: a token bucket. Pure: the time comes in."""


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
        self._refill(now)
        if self._tokens >= cost:
            self._tokens -= cost
            return 0
        return int((cost - self._tokens) / self._rate * 1000) + 1

    def is_full(self, *, now: float) -> bool:
        """Return whether nothing is remembered here that a new bucket would not have."""
        self._refill(now)
        return self._tokens >= self._burst

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
