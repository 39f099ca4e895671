"""The life of a session: legal moves are a table. Pure."""

import enum
from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from chat.protocol.pushes import Person


class State(enum.Enum):
    """docs/architecture.md draws these; a test compares."""

    ATTACHED = "attached"  # a transport carries it; a session is born so
    DETACHED = "detached"  # none does; its user still counts as present
    CLOSED = "closed"  # final: forgotten here, its user gone unless elsewhere


TRANSITIONS: Final[Mapping[State, Set[State]]] = {
    State.ATTACHED: {State.DETACHED},
    State.DETACHED: {State.ATTACHED, State.CLOSED},
    State.CLOSED: set(),
}


class PresenceSeen(NamedTuple):
    """Who a client knows to be in a room."""

    fingerprint: int  # the hash of the presence that it was sent last
    tellings: int  # how often this instance had told all readers of the room by then


class Session:
    """What this instance remembers of a client between its transports."""

    def __init__(self, id: str, person: Person) -> None:
        self.id = id
        self.person = person
        self.presence_seen: dict[str, PresenceSeen] = {}  # by room
        self._state = State.ATTACHED

    @property
    def state(self) -> State:
        return self._state

    def enter(self, state: State) -> None:
        """Move to ``state``; staying is no move. Raises ValueError for an illegal one."""
        if state is self._state:
            return
        if state not in TRANSITIONS[self._state]:
            raise ValueError(f"a session cannot go from {self._state.value} to {state.value}")
        self._state = state
