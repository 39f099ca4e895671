"""Counts deliveries and their latency: once a turn, never once a reader.

Fan-out writes hundreds of thousands of times a second: even an addition would be noticeable.
"""

from datetime import datetime
from typing import Final

import msgspec

from chat.clock import Clock
from chat.metrics.histogram import Histogram

# From the sync of a fast disk to a delay that a person takes for a failure.
LATENCY_BOUNDS_S: Final = (
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip


class _Sent(msgspec.Struct):
    """The only field of an entry that is decoded."""

    time: datetime


_decoder: Final = msgspec.json.Decoder(_Sent)


class Deliveries:
    """Counts the pushes given to readers here, from the live feed or the log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.pushes = 0
        self.payload_bytes = 0  # as JSON, without framing
        # From when the author's instance took the command, by its clock, until the entry was
        # written to all readers here. Of each turn the oldest entry, so the worst case.
        self.latency_s = Histogram(LATENCY_BOUNDS_S)
        self._unwritten: bytes | None = None  # the last turn's, which this one writes

    def count(self, readers: int, pushes: int, payload_bytes: int) -> None:
        """Count ``pushes`` of ``payload_bytes`` together, given to each of ``readers``."""
        self.pushes += readers * pushes
        self.payload_bytes += readers * payload_bytes

    def end_turn(self, oldest: bytes | None, *, is_written: bool) -> None:
        """Record the latency of the turn's ``oldest`` entry, as JSON, if there is one.

        Where ``is_written`` is False, some readers have it at the end of the next turn.
        """
        for payload in (self._unwritten, oldest if is_written else None):
            if payload is not None and (sent_at := sent_at_s(payload)) is not None:
                self.latency_s.observe(max(0.0, self._clock.time() - sent_at))
        self._unwritten = None if is_written else oldest


def sent_at_s(payload: bytes) -> float | None:
    """Return the time in an entry's JSON, in seconds since 1970; None if it has none."""
    try:
        return _decoder.decode(payload).time.timestamp()
    except msgspec.DecodeError:  # perhaps from another version
        return None
