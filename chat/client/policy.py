"""The clients' rules: how long to wait, and which transport is better.

Pure: times and random numbers are arguments. Every client follows these rules (docs/clients.md).
"""

from collections.abc import Iterable
from typing import Final

# In order of preference: a proven better transport takes over from a lesser one.
TRANSPORTS: Final = ("websocket", "sse", "longpoll")

# How long a race waits for one attempt before the next one starts beside it: a floor in seconds,
# and round trips. A WebSocket needs TCP, TLS, the upgrade and a ping; a stream needs at most two
# more than the attempt before it. The floors are what a busy machine takes by itself.
_STAGGERS: Final = ((0.15, 4.0), (0.1, 2.0))
_STAGGER_CAP_S: Final = 3.0  # nobody should wait longer for the next attempt
_DEADLINE_FLOOR_S: Final = 2.0  # below it, a busy machine's own delays look like a dead network
_DEADLINE_ROUND_TRIPS: Final = 8.0  # twice what a proof takes, to allow for a lost packet
_DEADLINE_CAP_S: Final = 15.0

_BACKOFF_BASE_S: Final = 1.0
_BACKOFF_CAP_S: Final = 30.0
_UPGRADE_BASE_S: Final = 5.0
_UPGRADE_CAP_S: Final = 40.0  # the best is in use again within a minute of a network's recovery

_SILENCE_FACTOR: Final = 1.4  # one heartbeat may be late
_POLL_MARGIN_S: Final = 5.0  # for the answer of a held poll to arrive
MAX_HOLD_S: Final = 25  # how long a server holds a poll by default
MIN_HEARTBEAT_S: Final = 5  # the shortest that servers grant

STABLE_S: Final = 5.0  # a transport that ends sooner perhaps never really worked
_LIKE_AGES: Final = 0.15  # two ages that differ by less were ended by the same rule of the network
_RENEWAL_FACTOR: Final = 0.8  # early enough to have the next one before this one is cut

# Goodbye code: the instance is stopping.
MOVED: Final = 4000

# Goodbye code: a newer attach has taken the session. The client closes its own attaches itself,
# so something on the way has duplicated a request: reconnect, with another session.
REPLACED: Final = 4500


def stagger_s(started: int, rtt_s: float) -> float:
    """Return how long after attempt ``started`` (from 1) of a race the next one starts."""
    floor_s, round_trips = _STAGGERS[min(started, len(_STAGGERS)) - 1]
    return min(_STAGGER_CAP_S, max(floor_s, round_trips * rtt_s))


def deadline_s(rtt_s: float) -> float:
    """Return how long a transport may take to be proven."""
    return min(_DEADLINE_CAP_S, max(_DEADLINE_FLOOR_S, _DEADLINE_ROUND_TRIPS * rtt_s))


def backoff_s(round_: int, chance: float) -> float:
    """Return how long to wait before a reconnect, after ``round_`` failed ones in a row.

    Full jitter (``chance`` from 0 to 1): clients disconnected together do not return together.
    """
    return chance * _doubled(_BACKOFF_BASE_S, round_, _BACKOFF_CAP_S)


def moved_s(code: int | None, retry_ms: int | None) -> float | None:
    """Return how long to wait after a goodbye from an instance that is stopping; else None.

    The instance spreads its clients by ``retry_ms``. It is no failure, so there is no backoff.
    """
    return retry_ms / 1000 if code == MOVED and retry_ms is not None else None


def upgrade_s(round_: int, chance: float) -> float:
    """Return how long to stay on a lesser transport before trying the better ones again."""
    return chance * _doubled(_UPGRADE_BASE_S, round_, _UPGRADE_CAP_S)


def _doubled(base_s: float, round_: int, cap_s: float) -> float:
    return min(cap_s, base_s * 2.0 ** min(round_, 16))


def silence_s(transport: str, *, heartbeat_s: float, hold_s: float) -> float:
    """Return the length of silence after which a transport is suspected to be dead."""
    return hold_s + _POLL_MARGIN_S if transport == "longpoll" else _SILENCE_FACTOR * heartbeat_s


def shorter_hold_s(lived_s: float) -> int | None:
    """Return the hold to ask for after a poll was cut after ``lived_s``, or None to keep it."""
    return max(1, int(0.8 * lived_s)) if lived_s >= 1 else None  # sooner, the hold was no cause


def longer_hold_s(hold_s: int, longest_s: int) -> int:
    """Return the hold to ask for after a poll was held in full: the last cut may be chance."""
    return min(longest_s, hold_s + 1)


def shorter_heartbeat_s(silent_s: float, longest_silence_s: float) -> int | None:
    """Return the heartbeat to ask for after a stream ended ``silent_s`` after its last data.

    None if it had survived a silence as long, so that it was not cut for being idle, or if that
    is shorter than any heartbeat, so that none would have helped.
    """
    if silent_s < MIN_HEARTBEAT_S or silent_s <= longest_silence_s:
        return None
    return max(MIN_HEARTBEAT_S, int(0.6 * silent_s))


def renewal_s(last_lived_s: float | None, lived_s: float) -> float | None:
    """Return the age at which to renew a stream, after the last two lived this long.

    None if these differ, or are so low that they never worked: no limit of the network ended them.
    """
    if last_lived_s is None or min(last_lived_s, lived_s) < STABLE_S:
        return None
    if abs(last_lived_s - lived_s) > _LIKE_AGES * max(last_lived_s, lived_s):
        return None
    return _RENEWAL_FACTOR * min(last_lived_s, lived_s)


def is_come_back(code: int | None) -> bool:
    """Return whether a client may reconnect after this goodbye code or WebSocket close code.

    It may after 4000-4499, not after 4500-4999. Codes below are the network's own (RFC 6455
    section 7.4) and do not forbid it. After REPLACED it may, too.
    """
    return code is None or code == REPLACED or not 4500 <= code <= 4999


def is_better(transport: str, than: str) -> bool:
    return TRANSPORTS.index(transport) < TRANSPORTS.index(than)


def better_than(transport: str, offered: Iterable[str]) -> list[str]:
    """Return those of ``offered`` that are better than ``transport``, best first."""
    return sorted((t for t in offered if is_better(t, transport)), key=TRANSPORTS.index)
