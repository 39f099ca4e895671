"""Remembers which proven transports ended early, so as not to rely on them again. Pure."""

from typing import Final

from chat.client import policy

# Common proxies cut idle or old connections within a minute; what lived longer ended otherwise.
_SOON_S: Final = 60.0
_ENDS: Final = 2  # one may be a restart; two in a row are due to the network
_TRIAL_FACTOR: Final = 3.0
_TRIAL_CAP_S: Final = 15.0


class Quarantine:
    """Remembers how proven transports ended, and which of them not to trust.

    A transport in quarantine is tried only beside a working one, and must survive a trial before
    it carries the conversation. If nothing else works, it is used without one.
    """

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}  # how often in a row each ended by itself, and soon
        self._lived_s: dict[str, float] = {}  # how long each lived; only of those in quarantine

    def ended(self, transport: str, lived_s: float) -> None:
        """Record that ``transport`` ended by itself, ``lived_s`` after it was proven."""
        if lived_s >= _SOON_S:
            self.forget(transport)
            return
        self._ends[transport] = self._ends.get(transport, 0) + 1
        if lived_s < policy.STABLE_S or self._ends[transport] >= _ENDS:
            self._lived_s[transport] = lived_s

    def passed(self, transport: str) -> None:
        """Release ``transport`` after its trial; its next early end returns it to quarantine."""
        self._lived_s.pop(transport, None)
        self._ends[transport] = _ENDS - 1

    def forget(self, transport: str) -> None:
        self._ends.pop(transport, None)
        self._lived_s.pop(transport, None)

    def is_quarantined(self, transport: str) -> bool:
        return transport in self._lived_s

    def trial_s(self, transport: str) -> float:
        """Return how long ``transport`` must survive beside a working one; 0 if it is trusted."""
        lived_s = self._lived_s.get(transport)
        if lived_s is None:
            return 0.0
        return min(_TRIAL_CAP_S, max(policy.STABLE_S, _TRIAL_FACTOR * lived_s))
