"""How much one address, or one user, may ask for. A few bytes for each who asked just now."""

from typing import Final

from chat.accounts.network import host_of
from chat.clock import Clock
from chat.rooms.limits import Buckets
from chat.settings import Settings

# What may come at once, in seconds or minutes of what may come in the long run.
REQUESTS_BURST_S: Final = 40
NEWCOMERS_BURST_MIN: Final = 3


class Limits:
    """Asked of each request; each question returns in how many ms to try again, 0 for now."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._is_on = settings.has_rate_limits
        self._clock = clock
        rate, a_minute = settings.requests_per_second, settings.newcomers_per_minute
        self._requests = Buckets(burst=REQUESTS_BURST_S * rate, rate=rate)
        self._newcomers = Buckets(burst=NEWCOMERS_BURST_MIN * a_minute, rate=a_minute / 60)
        self.max_at_address = settings.max_connections_per_address if self._is_on else None
        self.max_of_user = settings.max_connections_per_user if self._is_on else None

    def request(self, address: str) -> int:
        """Somebody at this IP address asks for something."""
        return self._take(self._requests, address)

    def newcomer(self, address: str) -> int:
        """Somebody new comes from there."""
        return self._take(self._newcomers, address)

    def _take(self, buckets: Buckets, address: str) -> int:
        if not self._is_on:
            return 0
        return buckets.take(host_of(address), now=self._clock.monotonic())
