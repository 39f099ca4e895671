"""How fast one may go: a token bucket. Pure: the time comes in."""


class Bucket:
    """Holds up to ``burst`` tokens and gains ``rate`` of them a second."""

    def __init__(self, *, burst: float, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = burst
        self._at = now

    def take(self, *, now: float) -> int:
        """Take a token and return 0, or return in how many ms there will be one."""
        self._refill(now)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return int((1 - self._tokens) / self._rate * 1000) + 1

    def is_full(self, *, now: float) -> bool:
        """Return whether nothing is remembered here that a new bucket would not have."""
        self._refill(now)
        return self._tokens >= self._burst

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
