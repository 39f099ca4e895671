"""What was learned about the network that we are on. Pure: the time comes in."""

from typing import Final

from chat.client import policy
from chat.client.history import FAILURES, Attempt, Outcome
from chat.client.transports.transport import Terms

# Networks heal, and people carry their devices elsewhere: then what once failed is ranked by its
# merits again.
FAILURE_MEMORY_S: Final = 1800.0


class Memory:
    """Failures to tell the server of, transports to distrust, terms to ask for."""

    def __init__(self) -> None:
        self.quarantine = policy.Quarantine()
        self.terms = Terms()
        self._network: str | None = None
        self._failures: dict[str, tuple[float, dict[str, object]]] = {}

    def forget(self) -> None:
        """We are on another network."""
        self.quarantine.forget()
        self.terms = Terms()
        self._failures.clear()

    def arrive(self, network: str | None) -> None:
        """The server says on which network we are, if it says so at all."""
        if self._network is not None and network != self._network:
            self.forget()
        self._network = network

    def excuse(self, transport: str) -> None:
        """It was proven, or was not to blame: the server or the whole network was away."""
        self._failures.pop(transport, None)

    def failures(self, now_s: float) -> list[dict[str, object]]:
        """Return what ``POST /negotiate`` is to be told."""
        return [
            failure for at_s, failure in self._failures.values() if now_s - at_s < FAILURE_MEMORY_S
        ]

    def ended(self, attempt: Attempt, *, lived_s: float, silent_s: float, now_s: float) -> None:
        """``attempt`` has ended by itself, ``silent_s`` after the last that came of it."""
        transport = attempt.transport
        if attempt.outcome is Outcome.DIED:
            self.quarantine.ended(transport, lived_s)
            wish_s = policy.shorter_heartbeat_s(silent_s)
            if wish_s is not None and transport != "longpoll":
                self.terms.heartbeat_s = min(wish_s, self.terms.heartbeat_s or wish_s)
            if not self.quarantine.is_quarantined(transport):
                return  # it worked well enough
        if attempt.outcome in FAILURES:
            self._failures[transport] = (now_s, attempt.failure())
