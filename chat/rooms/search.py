"""What is passed between the search and its index. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from chat.rooms.search_query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where somebody may look: in all public rooms, and in some more from an offset on."""

    has_public: bool
    since: Mapping[str, int] = field(default_factory=dict)  # by room


class Candidate(NamedTuple):
    """A message that a query may be true of; the log decides. The greater the id, the later."""

    id: int
    room: str
    offset: int


class Found(NamedTuple):
    """Candidates, the newest first.

    ``reached`` is the id of the last message that was looked at; None: there are no more.
    ``is_complete`` is False while messages of these places are not in the index yet.
    """

    candidates: Sequence[Candidate]
    reached: int | None
    is_complete: bool


class Index(Protocol):
    """An index of all messages."""

    async def find(self, query: Query, places: Places, *, below: int | None, limit: int) -> Found:
        """Return up to ``limit`` candidates with ids below ``below``. Raises Unavailable.

        They are as the index has them: some may have changed, or be gone, meanwhile.
        """
