"""Which transports to offer a client, best first, and why. Pure: evidence in, offers out.

Evidence never excludes a transport: networks recover, and a client for which all have failed must
have something left to try. It only moves a transport down, with the reason in words.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from chat.protocol.negotiation import OFFERED, PATHS, SEND_PATH, Failure, Offer, Reason, Transport


class Load(msgspec.Struct, kw_only=True, frozen=True):
    """How busy this instance is: how late its event loop runs, how many readers it has."""

    lag_s: float = 0.0
    readers: int = 0

    @property
    def is_heavy(self) -> bool:
        return self.lag_s >= HEAVY_LAG_S or self.readers >= HEAVY_READERS


class Evidence(msgspec.Struct, kw_only=True):
    """Everything known of the network path between a client and us."""

    can: Sequence[str]
    failed: Sequence[Failure] = ()
    http_version: str = "HTTP/1.1"  # of the negotiation request, as it arrived here
    via: str = ""  # the Via header of that request (RFC 9110 section 7.6.3)
    enabled: Collection[Transport] = OFFERED
    is_upgrade_stripped: bool = False  # a WebSocket's request came without Upgrade recently
    is_slow_reader: bool = False  # this session was shed more than once recently
    is_store_away: bool = False  # attaches failed recently, on any transport
    load: Load = Load()
    base_path: str = ""  # the path prefix of the server


class Weight(IntEnum):
    """How much a doubt counts."""

    NOTED = 0  # worth saying, and no reason to try it later
    MAYBE = 1  # it may work, but not well: what is sure comes first, unless we are busy
    LIKELY = 2  # it will most likely not do: what may do comes first


class Doubt(NamedTuple):
    """A reason why a transport may not work, or not well."""

    weight: Weight
    words: str


# So late, a loop delays all clients like a transatlantic round trip; an idle one is 1 ms late.
HEAVY_LAG_S: Final = 0.1
# If this many readers polled, each message would make all of them poll again, at a third of a
# millisecond of processor time: more than 1.5 s for a message that streams get in 0.05 s.
HEAVY_READERS: Final = 5000

_MERITS: Final = {
    Transport.WEBSOCKET: "fastest both ways on one connection",
    Transport.SSE: "pushes at once over plain HTTP",
    Transport.LONGPOLL: "plain requests, which pass every proxy",
}
# ``span`` is how long it took.
_FAILED: Final = {
    Reason.REFUSED: "it was refused after {span}",
    Reason.SILENT: "nothing came through it within {span}",
    Reason.UNANSWERED: "it brought pushes, but what was sent up had no answer within {span}",
    Reason.DIED: "it worked, and was cut after {span}",
    Reason.OTHER: "it failed after {span}",
}
_HELD_BACK: Final = "a proxy holds its stream back: nothing came through within {span}"
# The failures that a client sees on any transport while the store is away.
_LIKE_AN_ABSENCE: Final = frozenset({Reason.REFUSED, Reason.SILENT, Reason.UNANSWERED})
_HTTP_1_0_HOP: Final = re.compile(r"(?:^|,)\s*(?:HTTP/)?1\.0\s", re.IGNORECASE)
_STREAMS: Final = frozenset({Transport.WEBSOCKET, Transport.SSE})
_BUSY: Final = "this server is busy, and streams cost it less than polls"


def rank(evidence: Evidence) -> list[Offer]:
    """Return offers of the transports that the client supports and we enable, best first."""
    usable = [t for t in OFFERED if t in evidence.can and t in evidence.enabled]
    doubts = {transport: _worst_doubt(transport, evidence) for transport in usable}
    # A busy server offers streams first even if they may not work well: each client that polls
    # instead would make it busier. Streams that will hardly work are no relief and stay last.
    least = Weight.LIKELY if evidence.load.is_heavy else Weight.MAYBE

    def lateness(transport: Transport) -> int:
        doubt = doubts[transport]
        return doubt.weight if doubt is not None and doubt.weight >= least else 0

    return [
        Offer(
            transport=transport,
            url=f"{evidence.base_path}{PATHS[transport]}",
            send=f"{evidence.base_path}{SEND_PATH}",
            why=_why(transport, doubts[transport], evidence),
        )
        for transport in sorted(usable, key=lateness)  # stable: merit decides between equals
    ]


def _why(transport: Transport, doubt: Doubt | None, evidence: Evidence) -> str:
    words = _MERITS[transport] if doubt is None else doubt.words
    if doubt is None and evidence.is_slow_reader:
        words = "is read at your own pace: streams were cut for being read too slowly"
    is_kept_first = doubt is not None and doubt.weight is Weight.MAYBE and transport in _STREAMS
    if evidence.load.is_heavy and (is_kept_first or transport is Transport.LONGPOLL):
        words += f"; {_BUSY}"
    return words


def _worst_doubt(transport: Transport, evidence: Evidence) -> Doubt | None:
    return max(_doubts(transport, evidence), key=lambda doubt: doubt.weight, default=None)


def _doubts(transport: Transport, evidence: Evidence) -> Iterator[Doubt]:
    for failure in evidence.failed:
        if failure.transport == transport:
            yield _doubt_by(failure, transport, evidence)
    if evidence.is_slow_reader and transport in _STREAMS:
        yield Doubt(
            Weight.LIKELY,
            "it was cut more than once for being read too slowly; polls are read at your own pace",
        )
    # Long polling needs nothing but a request and an answer.
    if transport is Transport.WEBSOCKET:
        yield from _doubts_of_upgrade(evidence)
    elif transport is Transport.SSE:
        yield from _doubts_of_stream(evidence)


def _doubt_by(failure: Failure, transport: Transport, evidence: Evidence) -> Doubt:
    kind = failure.kind
    if evidence.is_store_away and kind in _LIKE_AN_ABSENCE:
        return Doubt(
            Weight.NOTED,
            f"{_MERITS[transport]}; it failed while our message store was away, which tells "
            "nothing about your network",
        )
    is_held_back = kind is Reason.SILENT and transport is Transport.SSE
    words = (_HELD_BACK if is_held_back else _FAILED[kind]).format(span=_span(failure.after_ms))
    if failure.details:
        words += f": {failure.details}"
    # An event stream or a poll that is cut reconnects at little cost. A WebSocket that is cut
    # again and again costs a handshake each time, and its user sees the connection flap.
    is_mild = kind is Reason.DIED and transport is not Transport.WEBSOCKET
    return Doubt(Weight.MAYBE if is_mild else Weight.LIKELY, words)


def _doubts_of_upgrade(evidence: Evidence) -> Iterator[Doubt]:
    if evidence.is_upgrade_stripped:
        yield Doubt(
            Weight.LIKELY,
            "a WebSocket's request from here came without its Upgrade header a while ago: some "
            "proxy takes it out",
        )
    if evidence.http_version == "HTTP/1.0":
        yield Doubt(
            Weight.LIKELY, "the request came over HTTP/1.0, which has no upgrade to WebSocket"
        )
    if _HTTP_1_0_HOP.search(evidence.via):
        yield Doubt(
            Weight.LIKELY,
            "a proxy on the way speaks HTTP/1.0 (its Via header says so), which has no upgrade to "
            "WebSocket",
        )


def _doubts_of_stream(evidence: Evidence) -> Iterator[Doubt]:
    if _HTTP_1_0_HOP.search(evidence.via):
        yield Doubt(
            Weight.MAYBE,
            "a proxy on the way speaks HTTP/1.0 (its Via header says so) and may hold a stream "
            "back until it ends",
        )
    # HTTP/1.0 is mostly nginx with its default settings, right before this server. It does not
    # buffer a stream that asks it not to: the chance is too good to move the stream down.
    if evidence.http_version == "HTTP/1.0":
        yield Doubt(
            Weight.NOTED,
            "pushes at once over plain HTTP, unless the proxy that made this request HTTP/1.0 "
            "holds streams back",
        )


def _span(ms: float) -> str:
    """Return a span of time as text; clamped to 0 to 1 h, for clients may send any number."""
    ms = min(max(ms, 0), 3.6e6)
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
