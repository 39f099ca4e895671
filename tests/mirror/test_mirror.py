"""A smaller `make mirror`."""

from tests.mirror.workload import run

MESSAGES = 300
KILLS = 3


def test_whatever_is_killed_the_stream_has_each_entry_once_and_in_the_order_of_its_room() -> None:
    outcome = run("embedded", MESSAGES, KILLS, seed=1)
    assert not outcome.faults
    assert outcome.messages >= MESSAGES
    assert outcome.entries > MESSAGES
    assert set(outcome.kills) == {"NATS", "instances"}
