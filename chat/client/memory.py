"""Remembers what the client learned about its current network. Pure: the time is an argument."""

from typing import Final

from chat.client import policy
from chat.client.history import FAILURES, Attempt, Outcome
from chat.client.quarantine import Quarantine
from chat.client.transports.transport import Terms

# Networks recover, and people carry their devices elsewhere: after this time, a transport that
# failed is ranked on its merits again.
FAILURE_MEMORY_S: Final = 1800.0


class Memory:
    """The failures to report, the transports to distrust, the terms to request, when to renew."""

    def __init__(self) -> None:
        self._network: str | None = None
        self.forget()

    def forget(self) -> None:
        """Forget everything: the client is on another network."""
        self.quarantine = Quarantine()
        self.terms = Terms()
        self.renewal_s: float | None = None  # the age at which to renew a stream
        self._failures: dict[str, tuple[float, dict[str, object]]] = {}
        self._last_lived_s: float | None = None  # of the last stream that died
        self._blamed: str | None = None  # the transport that died, if none was proven since

    def arrive(self, network: str | None) -> None:
        """Accept the server's name for the client's network; forget all if it is new."""
        if self._network is not None and network != self._network:
            self.forget()
        self._network = network

    def proven(self, transport: str) -> None:
        self._failures.pop(transport, None)
        self._blamed = None

    def unreachable(self) -> None:
        """Blame no transport: the server or the whole network is down."""
        self._failures.clear()
        if self._blamed is not None:
            self.quarantine.forget(self._blamed)
            self._last_lived_s = self._blamed = None

    def failures(self, now_s: float) -> list[dict[str, object]]:
        """Return ``failed`` for ``POST /negotiate``: the failures of the last 30 minutes."""
        return [
            failure for at_s, failure in self._failures.values() if now_s - at_s < FAILURE_MEMORY_S
        ]

    def ended(
        self, attempt: Attempt, *, lived_s: float, silent_s: float, longest_silence_s: float
    ) -> None:
        """Learn from an attempt that ended by itself, ``silent_s`` after its last data.

        ``longest_silence_s`` is the longest that it was silent before.
        """
        transport = attempt.transport
        if attempt.outcome is Outcome.DIED:
            self._blamed = transport
            renewal_s = None
            if transport != "longpoll":
                shorter_s = policy.shorter_heartbeat_s(silent_s, longest_silence_s)
                if shorter_s is not None:
                    self.terms.heartbeat_s = min(shorter_s, self.terms.heartbeat_s or shorter_s)
                renewal_s = policy.renewal_s(self._last_lived_s, lived_s)
                self._last_lived_s = lived_s
            if renewal_s is not None:  # its cause is known, and the next one is renewed in time
                self.renewal_s = renewal_s
                self.quarantine.forget(transport)
            else:
                self.quarantine.ended(transport, lived_s)
            if not self.quarantine.is_quarantined(transport):
                return  # it worked well enough to report no failure
        if attempt.outcome in FAILURES and attempt.ended_s is not None:
            self._failures[transport] = (attempt.ended_s, attempt.failure())
