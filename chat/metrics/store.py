"""The state of the store, in numbers and words: a backplane counts, chat.ops shows."""

from typing import Final

from chat.metrics.histogram import Histogram

# From Redis on the same machine to the longest that a send waits.
STORE_BOUNDS_S: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip
# A full store still takes a small message from time to time. It does not count as up until this
# long after the last refused send, so that /readyz and alerts do not flap.
REFUSED_HOLD_S: Final = 5.0


class StoreMetrics:
    """Counts requests to the store and their batches: disk transactions, or Redis pipelines."""

    def __init__(self) -> None:
        self.problem: str | None = None  # why a send would not be stored now; None: it would
        self.stored_at_s: float | None = None  # the last time, by Clock.monotonic()
        self.batch_s = Histogram(STORE_BOUNDS_S)  # how long it took, whether it worked or not
        self.asked = 0  # changes, or commands to Redis
        self.waiting = 0  # of these
        self.failures = 0  # batches of which nothing is known to be done
        self.feed_lost_at_s: float | None = None  # by the loop's time; None: it is heard
        self.feed_interruptions = 0
        self.feed_lag_entries = 0  # stored and not heard of when that was last looked at
        self.resets = 0  # logs that began anew, because the store had lost or trimmed what was seen
        self._refused_at_s: float | None = None

    @property
    def is_up(self) -> bool:
        """Whether a send would be stored now, as far as is known."""
        return self.problem is None

    @property
    def is_feed_up(self) -> bool:
        """Whether the live feed of other instances arrives; the embedded store has no others."""
        return self.feed_lost_at_s is None

    def batch_done(self, size: int, took_s: float, *, problem: str | None = None) -> None:
        """Count a batch of ``size``; ``problem`` says why nothing of it is known to be done."""
        self.batch_s.observe(took_s)
        self.waiting -= size
        if problem is not None:
            self.failures += 1
            self.problem = problem

    def stored(self, *, now_s: float) -> None:
        """Note that something was stored in the way that a send is."""
        self.stored_at_s = now_s
        if self._refused_at_s is None or now_s - self._refused_at_s >= REFUSED_HOLD_S:
            self.problem = self._refused_at_s = None

    def refused(self, problem: str, *, now_s: float) -> bool:
        """Note that the store refused a send; return whether the problem is a new one."""
        is_news = self.problem != problem
        self.problem, self._refused_at_s = problem, now_s
        return is_news
