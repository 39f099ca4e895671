"""The states of a session, and a table of the legal transitions. Pure."""

import enum
from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from chat.protocol.pushes import Person


class State(enum.StrEnum):
    """The state of a session. docs/architecture.md draws the states; a test compares."""

    ATTACHED = "attached"  # a transport carries it; a session is born so
    DETACHED = "detached"  # none does; its user still counts as present
    CLOSED = "closed"  # final: forgotten here, its user gone unless elsewhere


TRANSITIONS: Final[Mapping[State, Set[State]]] = {
    State.ATTACHED: {State.DETACHED},
    State.DETACHED: {State.ATTACHED, State.CLOSED},
    State.CLOSED: set(),
}


class SeenPresence(NamedTuple):
    """The presence of a room that a client has received last."""

    fingerprint: int  # the hash of that presence
    pushes: int  # how often this instance had sent presence to all readers of the room by then


class Session:
    """The state that this instance keeps for a client across its transports."""

    def __init__(self, id: str, person: Person) -> None:
        self.id = id
        self.person = person
        self.presence_seen: dict[str, SeenPresence] = {}  # by room
        self._state = State.ATTACHED

    @property
    def state(self) -> State:
        return self._state

    def enter(self, state: State) -> None:
        """Move to ``state``, which may be the current one. Raises ValueError if it is illegal."""
        if state is self._state:
            return
        if state not in TRANSITIONS[self._state]:
            raise ValueError(f"a session cannot go from {self._state.value} to {state.value}")
        self._state = state
