from chat.client.history import Attempt, Outcome
from chat.client.memory import FAILURE_MEMORY_S, Memory


def attempt(outcome: Outcome, transport: str = "websocket") -> Attempt:
    return Attempt(transport=transport, began_s=0, ended_s=0.1, outcome=outcome, reason="403")


def end(memory: Memory, outcome: Outcome, *, lived_s: float = 0, silent_s: float = 0) -> None:
    memory.ended(attempt(outcome), lived_s=lived_s, silent_s=silent_s, now_s=10.0)


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


def test_what_is_proven_is_excused() -> None:
    memory = Memory()
    end(memory, Outcome.SILENT)
    memory.excuse("websocket")
    assert memory.failures(10.0) == []


def test_a_stream_that_died_in_silence_gets_a_shorter_heartbeat_and_never_a_longer_one() -> None:
    memory = Memory()
    end(memory, Outcome.DIED, lived_s=100, silent_s=4)
    assert memory.terms.heartbeat_s is None
    for silent_s, heartbeat_s in ((10, 6), (14, 6), (9, 5)):
        end(memory, Outcome.DIED, lived_s=100, silent_s=silent_s)
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
