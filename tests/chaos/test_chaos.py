"""A short run of `make chaos`, always with the same faults."""

from tests.chaos.workload import run

SECONDS = 15.0
SEED = 7


def test_15_seconds_of_faults_of_every_kind_lose_repeat_and_reorder_nothing() -> None:
    outcome = run(SECONDS, SEED)
    assert not outcome.faults_found
    assert not outcome.surprises
    assert not outcome.verdict.resyncs, "this Redis loses nothing, so there is nothing to load anew"
    assert outcome.verdict.acknowledged > 200
    assert outcome.privacy.given > 50
    assert outcome.gone.messages > 10 and outcome.gone.rooms > 1, outcome.gone
    assert outcome.found.messages > 100
    assert outcome.irc.written > 10 and outcome.irc.shown > 100, outcome.irc
    assert len(outcome.faults) == 8, outcome.faults
