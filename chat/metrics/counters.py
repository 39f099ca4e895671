"""Counts what happens to clients, where it happens; chat.ops.metrics shows the counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.limits import Limit
from chat.protocol.negotiation import OFFERED, Failure, Offer, Transport


class DetachReason(StrEnum):
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
CUT_SHORT: Final = "cut_short"  # an upload that its client or the network ended

DETACH_REASONS: Final[Mapping[Disconnect, DetachReason]] = {
    codes.SHUTDOWN: DetachReason.SHUTDOWN,
    codes.SLOW_CONSUMER: DetachReason.SLOW_CONSUMER,
    codes.GAP: DetachReason.GAP,
    codes.FAILED: DetachReason.FAILED,
    codes.ADVISED: DetachReason.ADVISED,
    codes.REPLACED: DetachReason.REPLACED,
    codes.REFUSED: DetachReason.REFUSED,
    codes.SIGNED_OUT: DetachReason.SIGNED_OUT,
    codes.BANNED: DetachReason.BANNED,
}


class Metrics:
    """Counts events for /metrics. Labels are bounded, whatever clients send."""

    def __init__(self) -> None:
        self.offers: Counter[tuple[str, int]] = Counter()  # by transport and rank, 1 is the best
        self.attaches: Counter[str] = Counter()  # by transport
        self.detaches: Counter[tuple[str, str]] = Counter()  # by transport and DetachReason
        self.failures: Counter[tuple[str, str]] = Counter()  # by transport and Reason
        self.sheds = 0
        self.commands: Counter[tuple[str, str]] = Counter()  # by type and what became of it
        self.responses: Counter[tuple[str, str]] = Counter()  # by endpoint and kind of status
        self.limits: Counter[Limit] = Counter()
        self.uploads: Counter[str] = Counter()  # by what became of them
        self.uploaded_bytes = 0  # also of those that were refused

    # Negotiation

    def offered(self, offers: Sequence[Offer]) -> None:
        self.offers.update((offer.transport, rank) for rank, offer in enumerate(offers, 1))

    def failed(self, failures: Sequence[Failure]) -> None:
        for failure in failures:
            transport = failure.transport if failure.transport in _TRANSPORTS else "other"
            self.failures[transport, failure.kind] += 1

    # Commands and requests

    def command_done(self, type_: str, outcome: str) -> None:
        """Count a command of this type, or ``other``; ``outcome`` is ``OK``, a code or FAILED."""
        self.commands[type_, outcome] += 1

    def responded(self, endpoint: str, status: int) -> None:
        self.responses[endpoint, f"{status // 100}xx"] += 1

    def limited(self, limit: Limit) -> None:
        self.limits[limit] += 1

    def upload_done(self, outcome: str) -> None:
        """Count an upload; ``outcome`` is ``OK``, a code, FAILED or CUT_SHORT."""
        self.uploads[outcome] += 1

    # Attachments

    def attached(self, transport: Transport) -> None:
        self.attaches[transport] += 1

    def readers(self) -> dict[Transport, int]:
        """Return the number of readers by transport: those that attached and did not detach."""
        ended = Counter[str]()
        for (transport, _), count in self.detaches.items():
            ended[transport] += count
        return {transport: self.attaches[transport] - ended[transport] for transport in Transport}

    def detached(self, transport: Transport, reason: DetachReason) -> None:
        self.detaches[transport, reason] += 1
        if reason is DetachReason.SLOW_CONSUMER:
            self.sheds += 1


_TRANSPORTS: Final = frozenset(OFFERED)
