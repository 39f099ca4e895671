"""Leases: in this process, where there is one instance."""

from chat.backplane.base import LeaseStore
from chat.clock import Clock


class LocalLeases(LeaseStore):
    """Remembers who holds each lease, and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[str, float]] = {}

    async def hold(self, name: str, holder: str, for_s: float) -> bool:
        now = self._clock.monotonic()
        current, until_s = self._held.get(name, (holder, now))
        if current != holder and now < until_s:
            return False
        self._held[name] = holder, now + for_s
        return True

    async def release(self, name: str, holder: str) -> None:
        if self._held.get(name, ("", 0.0))[0] == holder:
            del self._held[name]
