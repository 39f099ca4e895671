"""The clock, which is passed in so that tests set the time and the core never reads it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of time; they are not comparable with each other."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring spans."""

    def time(self) -> float:
        """Return seconds since 1970 (UTC), for what people and other machines see."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()
