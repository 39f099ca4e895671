"""A short run of `make chaos`, always with the same faults."""

from tests.chaos.workload import run

SECONDS = 15.0
SEED = 7


def test_15_seconds_of_faults_of_every_kind_lose_repeat_and_reorder_nothing() -> None:
    outcome = run(SECONDS, SEED)
    assert not outcome.faults_found
    assert not outcome.surprises
    assert not outcome.verdict.resyncs, "this Redis loses nothing, so there is nothing to load anew"
    # There was something to judge; how much of it depends on the machine, and on what else it does.
    assert outcome.verdict.acknowledged > 50
    assert outcome.privacy.given > 10
    assert outcome.gone.messages > 2 and outcome.gone.rooms > 0, outcome.gone
    assert outcome.found.messages > 25
    assert outcome.irc.written > 2 and outcome.irc.shown > 25, outcome.irc
    assert len(outcome.faults) == 8, outcome.faults
