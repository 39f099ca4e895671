"""How the store does, in numbers: a backplane counts, chat.ops.metrics shows."""

from typing import Final

from chat.tallies import Histogram

# From Redis on the same machine to what a send waits for at most.
STORE_BOUNDS_S: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip


class Vitals:
    """What is asked of the store goes in batches: transactions to the disk, pipelines to Redis."""

    def __init__(self) -> None:
        self.is_up = True  # the last batch was carried out
        self.batch_s = Histogram(STORE_BOUNDS_S)  # how long it took, whether it worked or not
        self.asked = 0  # changes, or commands to Redis
        self.waiting = 0  # of these
        self.failures = 0  # batches of which nothing is known to be done
        self.is_feed_up = True  # what other instances store is heard of; embedded: there are none
        self.feed_interruptions = 0
        self.feed_lag_entries = 0  # stored and not heard of when that was last looked at
        self.resets = 0  # logs that began anew, because the store had lost or trimmed what was seen

    def batch_done(self, size: int, took_s: float, *, is_done: bool) -> None:
        """A batch of ``size`` is over."""
        self.is_up = is_done
        self.batch_s.note(took_s)
        self.waiting -= size
        if not is_done:
            self.failures += 1
