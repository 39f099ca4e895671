"""Which transports to offer a client, best first, and why. Pure: evidence in, offers out."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec


class Transport(StrEnum):
    """The carriers, in the order in which we like them."""

    WEBSOCKET = "websocket"
    SSE = "sse"
    LONGPOLL = "longpoll"


class Failure(msgspec.Struct, kw_only=True):
    """What the client says of an attempt that did not work out."""

    transport: Annotated[str, msgspec.Meta(max_length=32)]
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""
    after_ms: float = 0


class Evidence(msgspec.Struct, kw_only=True):
    """All that is known of the way between this client and us."""

    can: Sequence[str]
    failed: Sequence[Failure] = ()
    http_version: str = "HTTP/1.1"  # of the request that asks, as it arrived here
    enabled: Collection[Transport] = tuple(Transport)


class Offer(msgspec.Struct, kw_only=True):
    """A transport to try: where it is read, where commands are posted, why it stands here."""

    transport: Transport
    url: str
    send: str
    why: str


_URLS: Final = {
    Transport.WEBSOCKET: "/chat",
    Transport.SSE: "/events",
    Transport.LONGPOLL: "/poll",
}
_MERITS: Final = {
    Transport.WEBSOCKET: "fastest both ways on one connection",
    Transport.SSE: "pushes at once over plain HTTP",
    Transport.LONGPOLL: "plain requests, which pass every proxy",
}


def rank(evidence: Evidence) -> list[Offer]:
    """Return the transports that the client can do and we allow, the likeliest best first.

    What failed, or can't pass, is moved behind what may work, and not left out: networks
    heal, and where all has failed the client must have something to go on trying.
    """
    doubts = {transport: _doubt(transport, evidence) for transport in Transport}
    usable = [t for t in Transport if t in evidence.can and t in evidence.enabled]
    usable.sort(key=lambda transport: doubts[transport] is not None)  # stable: merit decides
    return [
        Offer(
            transport=transport,
            url=_URLS[transport],
            send="/send",
            why=doubts[transport] or _MERITS[transport],
        )
        for transport in usable
    ]


def _doubt(transport: Transport, evidence: Evidence) -> str | None:
    """Return why ``transport`` may well not work, or None."""
    for failure in evidence.failed:
        if failure.transport == transport:
            reason = failure.reason or "no reason given"
            return f"failed after {failure.after_ms:.0f} ms: {reason}"
    # Long polling asks for nothing beyond a request and an answer.
    if evidence.http_version == "HTTP/1.0" and transport is Transport.WEBSOCKET:
        return "the request came over HTTP/1.0, which has no upgrade to WebSocket"
    return None
