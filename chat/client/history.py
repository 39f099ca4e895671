"""The history of attempts and their outcomes, for people, logs and the server's ranking."""

import enum
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chat.client import policy

NAMES: Final = {"websocket": "WebSocket", "sse": "Server-Sent Events", "longpoll": "long polling"}
KEPT: Final = 100  # attempts: a bad hour's worth


class Outcome(enum.StrEnum):
    """The way an attempt ended. ``failed[].reason`` begins with one of the first four."""

    REFUSED = "refused"  # it ended before its hello
    SILENT = "silent"  # no hello in time
    UNANSWERED = "unanswered"  # hello came, but a command sent up had no answer in time
    DIED = "died"  # it was proven, and ended by itself
    LEFT = "left"  # the server said goodbye, or there was a gap in what it sent
    OUTRUN = "outrun"  # another one carries the conversation, or we have closed
    UNDER_WAY = "under way"


FAILURES: Final = (Outcome.REFUSED, Outcome.SILENT, Outcome.UNANSWERED, Outcome.DIED)


@dataclass(kw_only=True)
class Attempt:
    """One attach. Times are in seconds since the client began."""

    transport: str
    began_s: float
    greeted_s: float | None = None  # when its hello came
    proven_s: float | None = None  # when its first command was answered
    led_s: float | None = None  # when it began to carry the conversation
    ended_s: float | None = None
    outcome: Outcome = Outcome.UNDER_WAY
    reason: str = ""  # details beyond the outcome

    def lasted_s(self, now_s: float) -> float:
        return (now_s if self.ended_s is None else self.ended_s) - self.began_s

    def failure(self) -> dict[str, object]:
        """Return the attempt as an element of ``failed`` for ``POST /negotiate``."""
        reason = f"{self.outcome}: {self.reason}" if self.reason else str(self.outcome)
        # The server accepts at most 200 characters of reason.
        after_ms = round(1000 * self.lasted_s(self.began_s))
        return {"transport": self.transport, "reason": reason[:200], "after_ms": after_ms}

    def describe(self, now_s: float) -> str:
        """Return the state of the attempt at ``now_s``, as a part of a sentence."""
        name, ms = NAMES[self.transport], round(1000 * self.lasted_s(now_s))
        details = f" ({self.reason})" if self.reason else ""
        match self.outcome:
            case Outcome.UNDER_WAY | Outcome.SILENT | Outcome.OUTRUN if self.greeted_s is None:
                return f"{name} gave no hello in {ms} ms"
            case Outcome.REFUSED:
                return f"{name} was refused after {ms} ms{details}"
            case Outcome.UNDER_WAY | Outcome.UNANSWERED | Outcome.OUTRUN if self.proven_s is None:
                return f"{name} answered no command in {ms} ms{details}"
            case Outcome.DIED:
                return f"{name} died after {self.lasted_s(now_s):.1f} s{details}"
            case Outcome.LEFT:
                return f"{name} was left{details}"
        return f"{name} is on trial"


class History:
    """The attempts, oldest first."""

    def __init__(self) -> None:
        self._attempts: deque[Attempt] = deque(maxlen=KEPT)

    @property
    def attempts(self) -> Sequence[Attempt]:
        return tuple(self._attempts)

    def begin(self, transport: str, now_s: float) -> Attempt:
        attempt = Attempt(transport=transport, began_s=now_s)
        self._attempts.append(attempt)
        return attempt

    def why(self, transport: str, offered: Iterable[str], now_s: float) -> str:
        """Return why the client uses ``transport`` and none of the better ones ``offered``."""
        reasons = []
        for better in policy.better_than(transport, offered):
            newest = next((a for a in reversed(self._attempts) if a.transport == better), None)
            if newest is not None:
                reasons.append(newest.describe(now_s))
        return ", ".join(reasons)
