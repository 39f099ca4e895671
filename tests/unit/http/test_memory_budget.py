"""How much unfinished requests may hold together."""

from chat.http.memory_budget import FREE_BYTES, Budget


def test_what_is_small_is_free_however_much_is_held() -> None:
    budget = Budget(limit_bytes=100)
    assert budget.change(0, FREE_BYTES + 100) == 100
    assert budget.change(0, FREE_BYTES) == 0
    assert budget.held_bytes == 100


def test_the_budget_is_for_all_together_and_to_its_last_byte() -> None:
    budget = Budget(limit_bytes=100)
    one = budget.change(0, FREE_BYTES + 60)
    two = budget.change(0, FREE_BYTES + 40)
    assert (one, two) == (60, 40)
    assert budget.change(40, FREE_BYTES + 41) is None
    assert budget.held_bytes == 100, "what was refused has changed nothing"


def test_what_is_given_back_is_there_for_others() -> None:
    budget = Budget(limit_bytes=100)
    assert budget.change(0, FREE_BYTES + 100) == 100
    assert budget.change(100, 0) == 0
    assert budget.held_bytes == 0
    assert budget.change(0, FREE_BYTES + 100) == 100


def test_no_host_has_all_of_it_but_a_proxy_may() -> None:
    budget = Budget(limit_bytes=100, host_bytes=60)
    assert budget.change(0, FREE_BYTES + 60, "a") == 60
    assert budget.change(0, FREE_BYTES + 1, "a") is None
    assert budget.change(60, FREE_BYTES + 61, "a") is None
    assert budget.change(0, FREE_BYTES + 40, "b") == 40
    assert budget.change(60, FREE_BYTES, "a") == 0
    assert budget.change(0, FREE_BYTES + 60, "a") == 60
    assert budget.change(60, 0, "a") == budget.change(40, 0, "b") == 0
    assert budget.change(0, FREE_BYTES + 100) == 100
