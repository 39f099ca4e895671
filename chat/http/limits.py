"""The limits on connections, for each one and for all of them together."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from chat.http.head import Streamed
from chat.http.memory_budget import Budget
from chat.http.unread import Unread


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Limits how long a client may take."""

    # From a head's first byte to its last; a bad network needs a few seconds. Deadlines are
    # checked up to 2 s late, so a connection ends within 20 s.
    head_s: float = 18.0
    body_s: float = 30.0
    # A body that is streamed may take as long as it needs, but has to bring PROGRESS_BYTES in each.
    progress_s: float = 30.0
    idle_s: float | None = 90.0  # as long as Heroku's router keeps its own; None: one request


class Limits(Protocol):
    """The limits that apply to a connection."""

    @property
    def max_body_bytes(self) -> int: ...

    @property
    def streamed(self) -> Streamed: ...

    @property
    def timeouts(self) -> Timeouts: ...

    @property
    def budget(self) -> Budget: ...

    @property
    def refusals(self) -> Counter[int]:
        """Counts, by status, the requests refused before they reached the application."""

    def host_of(self, peer: str) -> Hashable:
        """Return the key that all addresses of a host share, or None for a trusted proxy."""

    @property
    def unread(self) -> Unread:
        """The connections whose clients have not read their answers yet."""

    @property
    def is_winding_down(self) -> bool:
        """Whether each answer must be the last on its connection."""
