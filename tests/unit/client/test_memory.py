from chat.client.history import Attempt, Outcome
from chat.client.memory import FAILURE_MEMORY_S, Memory


def end(memory: Memory, outcome: Outcome, *, lived_s: float = 0, silent_s: float = 0) -> None:
    attempt = Attempt(
        transport="websocket", began_s=9.9, ended_s=10.0, outcome=outcome, reason="403"
    )
    memory.ended(attempt, lived_s=lived_s, silent_s=silent_s, longest_silence_s=0)


def test_a_failure_is_told_until_it_is_old() -> None:
    memory = Memory()
    end(memory, Outcome.REFUSED)
    told = {"transport": "websocket", "reason": "refused: 403", "after_ms": 100}
    assert memory.failures(10.0 + FAILURE_MEMORY_S - 1) == [told]
    assert memory.failures(10.0 + FAILURE_MEMORY_S) == []


def test_a_goodbye_is_no_failure_and_neither_is_the_end_of_a_long_life() -> None:
    memory = Memory()
    end(memory, Outcome.LEFT)
    end(memory, Outcome.DIED, lived_s=100)
    assert memory.failures(10.0) == []
    end(memory, Outcome.DIED, lived_s=1)
    assert [failure["reason"] for failure in memory.failures(10.0)] == ["died: 403"]


def test_what_is_proven_is_no_failure_any_more() -> None:
    memory = Memory()
    end(memory, Outcome.SILENT)
    memory.proven("websocket")
    assert memory.failures(10.0) == []


def test_a_stream_that_died_in_silence_gets_a_shorter_heartbeat_and_never_a_longer_one() -> None:
    memory = Memory()
    end(memory, Outcome.DIED, lived_s=100, silent_s=4)
    assert memory.terms.heartbeat_s is None
    for lived_s, silent_s, heartbeat_s in ((100, 10, 6), (200, 14, 6), (400, 9, 5)):
        end(memory, Outcome.DIED, lived_s=lived_s, silent_s=silent_s)
        assert memory.terms.heartbeat_s == heartbeat_s


def test_another_network_clears_what_was_learned_and_the_same_one_does_not() -> None:
    memory = Memory()
    memory.arrive("home")
    end(memory, Outcome.DIED, lived_s=1, silent_s=10)
    memory.arrive("home")
    assert memory.failures(10.0) and memory.quarantine.is_quarantined("websocket")
    memory.arrive("train")
    assert memory.failures(10.0) == []
    assert not memory.quarantine.is_quarantined("websocket")
    assert memory.terms.heartbeat_s is None


def test_a_server_that_names_no_network_clears_nothing() -> None:
    memory = Memory()
    for _ in range(2):
        memory.arrive(None)
        end(memory, Outcome.REFUSED)
    assert memory.failures(10.0)


def test_two_deaths_at_one_age_are_no_reason_to_distrust_but_to_renew() -> None:
    memory = Memory()
    for lived_s in (10, 10.4):
        end(memory, Outcome.DIED, lived_s=lived_s)
    assert memory.renewal_s == 8
    assert not memory.quarantine.is_quarantined("websocket")
    assert memory.failures(10.0) == []
    end(memory, Outcome.DIED, lived_s=30)
    assert memory.renewal_s == 8, "it is kept"


def test_where_nothing_can_be_reached_no_transport_is_to_blame() -> None:
    memory = Memory()
    end(memory, Outcome.DIED, lived_s=1)
    memory.unreachable()
    assert memory.failures(10.0) == []
    assert not memory.quarantine.is_quarantined("websocket")
    end(memory, Outcome.DIED, lived_s=1)
    memory.proven("sse")
    memory.unreachable()
    assert memory.quarantine.is_quarantined("websocket"), "the network worked without it"
