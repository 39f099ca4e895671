"""What connections are held to, each by itself and all together."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from chat.http.memory_budget import Budget
from chat.http.unread import Unread


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a client may take."""

    # From a head's first byte to its last; a bad line needs a few seconds. With what deadlines are
    # late, within 20 s.
    head_s: float = 18.0
    body_s: float = 30.0
    idle_s: float | None = 90.0  # as long as Heroku's router keeps its own; None: one request


class Limits(Protocol):
    """What a connection is held to."""

    @property
    def max_body_bytes(self) -> int: ...

    @property
    def timeouts(self) -> Timeouts: ...

    @property
    def budget(self) -> Budget: ...

    @property
    def refusals(self) -> Counter[int]:
        """By status: what was answered before anybody else looked at it."""

    def host_of(self, peer: str) -> Hashable:
        """Return what is common to all addresses of a host; None where it is a proxy of ours."""

    @property
    def unread(self) -> Unread:
        """Those who have not taken their answers."""

    @property
    def is_winding_down(self) -> bool:
        """Whether each answer is to be the last on its connection."""
