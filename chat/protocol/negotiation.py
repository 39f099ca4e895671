"""The request and the answer of /negotiate: transports, failures, offers. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec

# The longest hold that a client may ask for: a limit of the wire, whatever POLL_HOLD_S is.
MAX_HOLD_S: Final = 25


class Transport(StrEnum):
    """A transport; OFFERED has those that are negotiated."""

    WEBSOCKET = "websocket"
    SSE = "sse"
    LONGPOLL = "longpoll"
    SOCKJS = "sockjs"  # whatever carries that: its clients have a negotiation of their own
    IRC = "irc"


# In order of preference.
OFFERED: Final = (Transport.WEBSOCKET, Transport.SSE, Transport.LONGPOLL)
# Where each is attached, and where commands are posted; below BASE_PATH.
PATHS: Final = {Transport.WEBSOCKET: "/chat", Transport.SSE: "/events", Transport.LONGPOLL: "/poll"}
SEND_PATH: Final = "/send"


class Reason(StrEnum):
    """The way an attempt failed. docs/protocol.md lists them; a test compares."""

    REFUSED = "refused"  # it ended before its hello
    SILENT = "silent"  # no hello in time
    UNANSWERED = "unanswered"  # hello came, but a command sent up had no answer in time
    DIED = "died"  # it was proven, and ended by itself soon after
    OTHER = "other"  # what a client says that has words of its own


_KINDS: Final = {reason.value: reason for reason in Reason}


class Failure(msgspec.Struct, kw_only=True):
    """An attempt that failed, as the client reports it."""

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
    """A transport to try: the URL to read from, the URL for commands, and why it has this rank."""

    transport: Transport
    url: str
    send: str
    why: str


class Question(msgspec.Struct, kw_only=True):
    """The request of /negotiate. A client that lists no transports is assumed to support all."""

    can: Annotated[Sequence[str], msgspec.Meta(max_length=20)] = OFFERED
    failed: Annotated[Sequence[Failure], msgspec.Meta(max_length=50)] = ()
    session: str | None = None


class Terms(msgspec.Struct, kw_only=True):
    """The offers for a client, best first, with the heartbeat interval and the hold of polls."""

    network: str
    heartbeat_s: float
    poll_hold_s: float
    transports: Sequence[Offer]


class Answer(Terms):
    """The answer of /negotiate: the terms, and the session they are for."""

    session: str
