"""What was delivered, and how late: counted once a turn, never once a reader.

Fan-out writes hundreds of thousands of times a second, so that even an addition there would be
seen. The hub knows how many read a room before it goes through them.
"""

from datetime import datetime
from typing import Final

from chat.clock import Clock
from chat.metrics.histogram import Histogram

# From a fast disk's sync to what a person takes for broken.
LATENCY_BOUNDS_S: Final = (
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
# In text from people its quotes are escaped, so that the first one found is the entry's own.
_TIME: Final = b'"time":"'
_TIME_LENGTH: Final = len("2024-05-01T12:00:00.000Z")


class Deliveries:
    """Pushes that readers here were given, by the live feed or from the log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.pushes = 0
        self.payload_bytes = 0  # as JSON, without framing
        # From the moment an author's instance took it, by that one's clock, until it was written
        # to all who read here: of each room and turn the oldest entry, so the worst.
        self.latency_s = Histogram(LATENCY_BOUNDS_S)

    def given(self, readers: int, pushes: int, payload_bytes: int) -> None:
        """``readers`` are given the same pushes, which are so many bytes together."""
        self.pushes += readers * pushes
        self.payload_bytes += readers * payload_bytes

    def written(self, payload: bytes) -> None:
        """An entry of a log, as JSON, has just been written to its readers."""
        if (said_at := said_at_s(payload)) is not None:
            self.latency_s.note(max(0.0, self._clock.time() - said_at))


def said_at_s(payload: bytes) -> float | None:
    """Return the time that an entry's JSON tells, in seconds since 1970; None if it tells none."""
    begin = payload.find(_TIME)
    if begin < 0:
        return None
    begin += len(_TIME)
    try:
        return datetime.fromisoformat(payload[begin : begin + _TIME_LENGTH].decode()).timestamp()
    except ValueError:  # of another version, perhaps
        return None
