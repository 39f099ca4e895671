"""What /negotiate asks and answers: transports, what failed, what to try. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec

# What a client may ask for: the wire's own limit, whatever this server is set to.
MAX_HOLD_S: Final = 25


class Transport(StrEnum):
    """The transports; see OFFERED for those that are negotiated."""

    WEBSOCKET = "websocket"
    SSE = "sse"
    LONGPOLL = "longpoll"
    SOCKJS = "sockjs"  # whatever carries that: its clients have a negotiation of their own


# In the order in which we like them.
OFFERED: Final = (Transport.WEBSOCKET, Transport.SSE, Transport.LONGPOLL)


class Reason(StrEnum):
    """How an attempt failed. docs/protocol.md lists them; a test compares."""

    REFUSED = "refused"  # it ended before its hello
    SILENT = "silent"  # no hello in time
    UNANSWERED = "unanswered"  # hello came, but a command sent up had no answer in time
    DIED = "died"  # it was proven, and ended by itself soon after
    OTHER = "other"  # what a client says that has words of its own


_KINDS: Final = {reason.value: reason for reason in Reason}


class Failure(msgspec.Struct, kw_only=True):
    """What the client says of an attempt that did not work out."""

    transport: Annotated[str, msgspec.Meta(max_length=32)]
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""  # one of Reason, or ``one: details``
    after_ms: float = 0

    @property
    def kind(self) -> Reason:
        return _KINDS.get(self.reason.partition(":")[0].strip(), Reason.OTHER)

    @property
    def details(self) -> str:
        return self.reason if self.kind is Reason.OTHER else self.reason.partition(":")[2].strip()


class Offer(msgspec.Struct, kw_only=True):
    """A transport to try: where it is read, where commands are posted, why it stands here."""

    transport: Transport
    url: str
    send: str
    why: str


class Question(msgspec.Struct, kw_only=True):
    """What the client knows. A client that says nothing is taken to be able to do all."""

    can: Annotated[Sequence[str], msgspec.Meta(max_length=20)] = OFFERED
    failed: Annotated[Sequence[Failure], msgspec.Meta(max_length=50)] = ()
    session: str | None = None


class Terms(msgspec.Struct, kw_only=True):
    """What a client is offered: transports, best first, and how often each shows that it lives."""

    network: str
    heartbeat_s: float
    poll_hold_s: float
    transports: Sequence[Offer]


class Answer(Terms):
    """The answer of /negotiate: the terms, and the session that they are for."""

    session: str
