"""Remembers what the client learned about its current network. Pure: the time is an argument."""

from typing import Final

from chat.client import policy
from chat.client.history import FAILURES, Attempt, Outcome
from chat.client.transports.transport import Terms

# Networks recover, and people carry their devices elsewhere: after this time, a transport that
# failed is ranked on its merits again.
FAILURE_MEMORY_S: Final = 1800.0


class Memory:
    """The failures to report to the server, the transports to distrust, the terms to request."""

    def __init__(self) -> None:
        self.quarantine = policy.Quarantine()
        self.terms = Terms()
        self._network: str | None = None
        self._failures: dict[str, tuple[float, dict[str, object]]] = {}

    def forget(self) -> None:
        """Forget everything: the client is on another network."""
        self.quarantine.forget()
        self.terms = Terms()
        self._failures.clear()

    def arrive(self, network: str | None) -> None:
        """Take the name that the server has for the client's network; forget all if it is new."""
        if self._network is not None and network != self._network:
            self.forget()
        self._network = network

    def excuse(self, transport: str) -> None:
        """Forget a failure: the transport was proven, or the server or whole network was down."""
        self._failures.pop(transport, None)

    def failures(self, now_s: float) -> list[dict[str, object]]:
        """Return ``failed`` for ``POST /negotiate``: the failures of the last 30 minutes."""
        return [
            failure for at_s, failure in self._failures.values() if now_s - at_s < FAILURE_MEMORY_S
        ]

    def ended(self, attempt: Attempt, *, lived_s: float, silent_s: float, now_s: float) -> None:
        """Learn from an attempt that ended by itself, ``silent_s`` after its last data."""
        transport = attempt.transport
        if attempt.outcome is Outcome.DIED:
            self.quarantine.ended(transport, lived_s)
            wish_s = policy.shorter_heartbeat_s(silent_s)
            if wish_s is not None and transport != "longpoll":
                self.terms.heartbeat_s = min(wish_s, self.terms.heartbeat_s or wish_s)
            if not self.quarantine.is_quarantined(transport):
                return  # it worked well enough to report no failure
        if attempt.outcome in FAILURES:
            self._failures[transport] = (now_s, attempt.failure())
