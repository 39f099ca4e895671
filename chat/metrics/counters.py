"""What this instance has seen of its clients: counted for operators, remembered for ranking.

Things are counted where they happen; chat.ops.metrics shows the counts. What is remembered is
little, for minutes, and of this instance alone: it is evidence, and what is forgotten is only
found out once more.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from chat.clock import Clock
from chat.errors import Unavailable
from chat.negotiation.recent import Recent
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.limits import Limit
from chat.protocol.negotiation import OFFERED, Failure, Offer, Transport

# A proxy that takes headers out does so until somebody mends it, but a phone changes networks,
# and whoever is put off WebSockets wrongly should not be for long.
STRIPPED_SPAN_S: Final = 600.0
# One burst sheds a reader that is just too slow for it. Twice within this, it is the link.
SLOW_SPAN_S: Final = 300.0
SLOW_TIMES: Final = 2
# As long as a client may put off coming back, and so telling what it met.
STORE_AWAY_SPAN_S: Final = 30.0
# Half of the least that a client waits for its hello; reading takes some milliseconds.
SLOW_STORE_S: Final = 1.0


class Departure(StrEnum):
    """How an attachment ended. docs/operations.md lists them; a test compares."""

    CLOSED = "closed"  # by the client, or by the network
    ANSWERED = "answered"  # a poll has its answer
    SHUTDOWN = "shutdown"
    SLOW_CONSUMER = "slow_consumer"
    GAP = "gap"
    FAILED = "failed"
    ADVISED = "advised"
    REPLACED = "replaced"
    REFUSED = "refused"
    SIGNED_OUT = "signed_out"
    BANNED = "banned"


OK: Final = "ok"  # what became of a command that was carried out; else one of protocol.codes
FAILED: Final = "failed"  # it met with a fault of ours

DEPARTURES: Final[Mapping[Disconnect, Departure]] = {
    codes.SHUTDOWN: Departure.SHUTDOWN,
    codes.SLOW_CONSUMER: Departure.SLOW_CONSUMER,
    codes.GAP: Departure.GAP,
    codes.FAILED: Departure.FAILED,
    codes.ADVISED: Departure.ADVISED,
    codes.REPLACED: Departure.REPLACED,
    codes.REFUSED: Departure.REFUSED,
    codes.SIGNED_OUT: Departure.SIGNED_OUT,
    codes.BANNED: Departure.BANNED,
}


class Metrics:
    """Is told what happens, and asked what happened. Labels are bounded, whatever clients say."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offers: Counter[tuple[str, int]] = Counter()  # by transport and rank, 1 is the best
        self.attaches: Counter[str] = Counter()  # by transport
        self.detaches: Counter[tuple[str, str]] = Counter()  # by transport and Departure
        self.failures: Counter[tuple[str, str]] = Counter()  # by transport and Reason
        self.sheds = 0
        self.commands: Counter[tuple[str, str]] = Counter()  # by type and what became of it
        self.responses: Counter[tuple[str, str]] = Counter()  # by endpoint and kind of status
        self.limits: Counter[Limit] = Counter()
        self._stripped = Recent(span_s=STRIPPED_SPAN_S)  # networks and sessions: ids never meet
        self._slow = Recent(span_s=SLOW_SPAN_S, enough=SLOW_TIMES)  # sessions
        self._advised = Recent(span_s=SLOW_SPAN_S)  # sessions
        self._reading: dict[object, float] = {}  # since when; the oldest first
        self._store_failed_at: float | None = None

    # Negotiation

    def offered(self, offers: Sequence[Offer]) -> None:
        self.offers.update((offer.transport, rank) for rank, offer in enumerate(offers, 1))

    def told(self, failures: Sequence[Failure]) -> None:
        """A client tells what did not work out for it."""
        for failure in failures:
            transport = failure.transport if failure.transport in _TRANSPORTS else "other"
            self.failures[transport, failure.kind] += 1

    # What is asked

    def commanded(self, type_: str, outcome: str) -> None:
        """A command of this type, or ``other``, was carried out (``OK``) or not (a code)."""
        self.commands[type_, outcome] += 1

    def responded(self, endpoint: str, status: int) -> None:
        self.responses[endpoint, f"{status // 100}xx"] += 1

    def limited(self, limit: Limit) -> None:
        self.limits[limit] += 1

    # Upgrades to WebSocket

    def upgrade_stripped(self, network: str, session: str | None) -> None:
        """A WebSocket's request came from there without its Upgrade header."""
        now = self._clock.monotonic()
        self._stripped.note(network, now=now)
        if session is not None:
            self._stripped.note(session, now=now)

    def upgrade_passed(self, network: str, session: str) -> None:
        """A WebSocket came from there as it should: whatever took headers out is not there."""
        self._stripped.forget(network)
        self._stripped.forget(session)

    def is_upgrade_stripped(self, network: str, session: str | None) -> bool:
        now = self._clock.monotonic()
        keys = [network] if session is None else [network, session]
        return any(self._stripped.has(key, now=now) for key in keys)

    # Attachments

    def attached(self, transport: Transport) -> None:
        self.attaches[transport] += 1

    def readers(self) -> dict[Transport, int]:
        """Return how many read now, by transport: those that began and did not end."""
        ended = Counter[str]()
        for (transport, _), count in self.detaches.items():
            ended[transport] += count
        return {transport: self.attaches[transport] - ended[transport] for transport in Transport}

    def detached(self, transport: Transport, session: str, departure: Departure) -> None:
        self.detaches[transport, departure] += 1
        if departure is Departure.SLOW_CONSUMER:
            self.sheds += 1
            self._slow.note(session, now=self._clock.monotonic())

    def is_slow_reader(self, session: str) -> bool:
        """Return whether streams were too fast for ``session``, lately and more than once."""
        return self._slow.has(session, now=self._clock.monotonic())

    def take_advice(self, session: str) -> bool:
        """Return whether ``session`` is to be told so now; once is enough for a while."""
        now = self._clock.monotonic()
        if not self.is_slow_reader(session) or self._advised.has(session, now=now):
            return False
        self._advised.note(session, now=now)
        return True

    # The store

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The log is read for somebody who attaches: sees it fail, and sees it keep waiting."""
        token, since = object(), self._clock.monotonic()
        self._reading[token] = since
        try:
            yield
        except Unavailable:
            self._store_failed_at = self._clock.monotonic()
            raise
        finally:
            del self._reading[token]
            if self._clock.monotonic() - since >= SLOW_STORE_S:  # given up by who waited, perhaps
                self._store_failed_at = self._clock.monotonic()

    @property
    def is_store_away(self) -> bool:
        """Whether attaches fail, or did lately, for what no transport can help."""
        now = self._clock.monotonic()
        oldest = next(iter(self._reading.values()), now)
        if now - oldest >= SLOW_STORE_S:
            return True
        failed_at = self._store_failed_at
        return failed_at is not None and now - failed_at < STORE_AWAY_SPAN_S


_TRANSPORTS: Final = frozenset(OFFERED)
