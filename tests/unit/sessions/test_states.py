"""A session moves as the table says."""

from itertools import product

import pytest

from chat.sessions.states import TRANSITIONS, Session, State
from tests.unit.fakes import ADA

WAYS = {
    State.ATTACHED: [],
    State.DETACHED: [State.DETACHED],
    State.CLOSED: [State.DETACHED, State.CLOSED],
}


def session_in(state: State) -> Session:
    session = Session("id", ADA)
    for step in WAYS[state]:
        session.enter(step)
    return session


def test_a_session_is_born_attached() -> None:
    assert Session("id", ADA).state is State.ATTACHED


@pytest.mark.parametrize("start,end", list(product(State, State)))
def test_it_moves_as_the_table_says_and_staying_is_no_move(start: State, end: State) -> None:
    session = session_in(start)
    if end is start or end in TRANSITIONS[start]:
        session.enter(end)
        assert session.state is end
    else:
        with pytest.raises(ValueError, match=f"{start.value} to {end.value}"):
            session.enter(end)
        assert session.state is start


def test_closed_is_for_ever() -> None:
    assert TRANSITIONS[State.CLOSED] == set()
