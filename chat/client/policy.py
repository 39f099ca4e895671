"""How long to wait for what, and what to trust. Pure: spans and chance come in as arguments.

Every client of Parley keeps to these rules; docs/clients.md tells them in words.
"""

from collections.abc import Iterable
from typing import Final

# In the order of merit: a better one that is proven takes over from a lesser one.
TRANSPORTS: Final = ("websocket", "sse", "longpoll")

# How long a race waits for one attempt before the next one starts beside it, in round trips:
# a WebSocket needs TCP, TLS, the upgrade and a ping, a stream no more than two of them on top
# of what its forerunner has learned. The floors are what a busy machine takes by itself.
_STAGGERS: Final = ((0.15, 4.0), (0.1, 2.0))
_STAGGER_CAP_S: Final = 3.0  # nobody should wait longer for the next attempt
_DEADLINE_FLOOR_S: Final = 2.0  # below, a busy machine's own delays look like a dead network
_DEADLINE_ROUND_TRIPS: Final = 8.0  # twice what a proof takes, and so a lost packet more
_DEADLINE_CAP_S: Final = 15.0

_BACKOFF_BASE_S: Final = 1.0
_BACKOFF_CAP_S: Final = 30.0
_BETTER_BASE_S: Final = 5.0
_BETTER_CAP_S: Final = 40.0  # within a minute of a network's recovery its best is in use again

_SILENCE_FACTOR: Final = 1.4  # one heartbeat may be late
_POLL_MARGIN_S: Final = 5.0  # for the answer of a held poll to get through
MAX_HOLD_S: Final = 25  # what a server holds a poll by itself
MIN_HEARTBEAT_S: Final = 5  # what servers grant at the least

STABLE_S: Final = 5.0  # what ends younger than this perhaps never really worked
# Common proxies cut what is idle, or old, within a minute; who lives longer ends for reasons of
# its own.
_SOON_S: Final = 60.0
_ENDS: Final = 2  # one may be a restart, two in a row are the way's doing
_TRIAL_FACTOR: Final = 3.0
_TRIAL_CAP_S: Final = 15.0

# The instance stops.
MOVED: Final = 4000

# The server has seen a newer attach of our session. Ours are our own, so it is a request that
# something on the way has doubled: come back, with another session.
REPLACED: Final = 4500


def stagger_s(started: int, rtt_s: float) -> float:
    """Return how long after attempt ``started`` (from 1) of a race the next one starts."""
    floor_s, round_trips = _STAGGERS[min(started, len(_STAGGERS)) - 1]
    return min(_STAGGER_CAP_S, max(floor_s, round_trips * rtt_s))


def deadline_s(rtt_s: float) -> float:
    """Return how long a transport may take to be proven."""
    return min(_DEADLINE_CAP_S, max(_DEADLINE_FLOOR_S, _DEADLINE_ROUND_TRIPS * rtt_s))


def backoff_s(round_: int, chance: float) -> float:
    """Return how long to wait before reconnecting for the ``round_``-th time (from 0) in vain.

    Full jitter (``chance`` from 0 to 1): who was thrown out together does not return together.
    """
    return chance * _doubled(_BACKOFF_BASE_S, round_, _BACKOFF_CAP_S)


def moved_s(code: int | None, retry_ms: int | None) -> float | None:
    """Return how long to wait where a working transport was sent away by an instance that stops.

    It has chosen a moment for each of its clients, and it is nobody's failure. None where that is
    not how it ended.
    """
    return retry_ms / 1000 if code == MOVED and retry_ms is not None else None


def better_s(round_: int, chance: float) -> float:
    """Return how long to stay on a lesser transport before the better ones are tried again."""
    return chance * _doubled(_BETTER_BASE_S, round_, _BETTER_CAP_S)


def _doubled(base_s: float, round_: int, cap_s: float) -> float:
    return min(cap_s, base_s * 2.0 ** min(round_, 16))


def silence_s(transport: str, *, heartbeat_s: float, hold_s: float) -> float:
    """Return after how long a silence a transport is suspected to be dead."""
    return hold_s + _POLL_MARGIN_S if transport == "longpoll" else _SILENCE_FACTOR * heartbeat_s


def shorter_hold_s(lived_s: float) -> int | None:
    """Return how long to have polls held where one was cut after ``lived_s``.

    None where it was cut so early that holding it was not the trouble.
    """
    return max(1, int(0.8 * lived_s)) if lived_s >= 1 else None


def shorter_heartbeat_s(silent_s: float) -> int | None:
    """Return which heartbeat to ask for where a stream ended after ``silent_s`` without a word.

    None where that was shorter than any heartbeat, which then would not have helped.
    """
    return max(MIN_HEARTBEAT_S, int(0.6 * silent_s)) if silent_s >= MIN_HEARTBEAT_S else None


def is_come_back(code: int | None) -> bool:
    """Return whether a goodbye's code, or a WebSocket's close code, invites to come back.

    4000-4499 do, 4500-4999 don't; what is below is the network's own (RFC 6455 section 7.4) and
    says nothing against it.
    """
    return code is None or code == REPLACED or not 4500 <= code <= 4999


def is_better(transport: str, than: str) -> bool:
    return TRANSPORTS.index(transport) < TRANSPORTS.index(than)


def better_than(transport: str, offered: Iterable[str]) -> list[str]:
    """Return those of ``offered`` that are better than ``transport``, best first."""
    return sorted((t for t in offered if is_better(t, transport)), key=TRANSPORTS.index)


class Quarantine:
    """What became of the transports that were proven, and which are not to be trusted.

    A transport in quarantine is tried only beside a working one, and must live through a trial
    before it carries the conversation; where nothing works, it is better than nothing.
    """

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}  # how often in a row it ended by itself, and soon
        self._lived_s: dict[str, float] = {}  # of those in quarantine

    def ended(self, transport: str, lived_s: float) -> None:
        """It was proven, and ended by itself ``lived_s`` later."""
        if lived_s >= _SOON_S:
            self.forget(transport)
            return
        self._ends[transport] = self._ends.get(transport, 0) + 1
        if lived_s < STABLE_S or self._ends[transport] >= _ENDS:
            self._lived_s[transport] = lived_s

    def passed(self, transport: str) -> None:
        """It has lived through its trial. That is no proof: the next early end counts at once."""
        self._lived_s.pop(transport, None)
        self._ends[transport] = _ENDS - 1

    def forget(self, transport: str | None = None) -> None:
        """Trust ``transport`` again, or all: another network, or it was the server that fell."""
        for record in (self._ends, self._lived_s):
            if transport is None:
                record.clear()
            else:
                record.pop(transport, None)

    def is_quarantined(self, transport: str) -> bool:
        return transport in self._lived_s

    def trial_s(self, transport: str) -> float:
        """Return how long it must live beside a working one; 0 where it is trusted."""
        lived_s = self._lived_s.get(transport)
        if lived_s is None:
            return 0.0
        return min(_TRIAL_CAP_S, max(STABLE_S, _TRIAL_FACTOR * lived_s))
