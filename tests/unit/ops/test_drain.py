"""Everybody is sent away in time, and no more at once than that asks for."""

import pytest

from chat.ops.drain import GOODBYES_PER_S, PAUSE_S, batch


def test_few_are_sent_away_at_the_usual_rate_however_much_time_there_is() -> None:
    usual = round(GOODBYES_PER_S * PAUSE_S)
    assert batch(1, within_s=1000.0) == usual
    assert batch(GOODBYES_PER_S, within_s=1.0) == usual
    assert batch(GOODBYES_PER_S + 1, within_s=1.0) == usual + 1


@pytest.mark.parametrize("count", [10, 1_000, 10_000, 65_536])
@pytest.mark.parametrize("within_s", [0.2, 1.0, 15.0])
def test_however_many_there_are_the_last_goes_in_time_and_the_batches_are_even(
    count: int, within_s: float
) -> None:
    left, now_s = count, 0.0
    batches = []
    while left > 0:
        batches.append(batch(left, within_s=within_s - now_s))
        left -= batches[-1]
        now_s += PAUSE_S
    assert now_s <= within_s + PAUSE_S
    assert max(batches) <= min(batches[:-1] or batches) + 2


def test_when_the_time_is_over_all_go_at_once() -> None:
    assert batch(10_000, within_s=0.0) == 10_000
