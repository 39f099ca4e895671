"""A smaller `make rolling`, without its promises of time, as the machine may be busy."""

from tests.rolling.workload import INSTANCES, run
from tests.support.wire import TRANSPORTS

CLIENTS = 60


def test_a_rolling_restart_under_load_loses_repeats_and_refuses_nothing() -> None:
    outcome = run(CLIENTS)
    assert not outcome.broken, (outcome.odd_ends, outcome.reasons)
    assert len(outcome.exit_codes) == INSTANCES
    # Each stream was sent away, and came back. A poll that a message has answered goes to the next
    # instance, so a client that polls may never meet a goodbye.
    assert {member.transport for member in outcome.untouched} <= {"longpoll"}
    assert len(outcome.untouched) < CLIENTS // len(TRANSPORTS), "of those who poll nobody was"
    assert outcome.irc.written > 0 and outcome.irc.shown > 0
    assert outcome.acknowledged > 0 and outcome.visits[200] > 0
    assert outcome.reasons["4000 this instance is stopping"] >= CLIENTS - len(outcome.untouched)
