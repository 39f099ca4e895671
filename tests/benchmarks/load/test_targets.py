import pytest

from benchmarks.load.figures import Figures
from benchmarks.load.rounds import Round, middle
from benchmarks.load.targets import Target, per_cpu, ratio


def one_round(ours_us: float, theirs_us: float) -> Round:
    costs_us = {"ours": ours_us, "theirs": theirs_us}
    figures = {name: Figures(cpu_us_per_delivery=cost_us) for name, cost_us in costs_us.items()}
    return {"talk": figures}


def target(bound: float) -> Target:
    return Target("", bound, True, ratio(per_cpu("talk", "ours"), per_cpu("talk", "theirs")))


def test_who_is_compared_is_compared_within_a_round() -> None:
    # The best of ours beside the worst of theirs would be 8 times, the reverse a half.
    rounds = [one_round(1, 2), one_round(4, 8), one_round(2, 4.2)]
    assert target(2).values(rounds) == pytest.approx([2, 2, 2.1])
    assert target(2).value(rounds) == 2
    assert target(2).is_met(rounds)
    assert not target(2.1).is_met(rounds)


def test_a_target_that_is_missed_by_little_is_missed() -> None:
    assert target(1).is_met([one_round(1, 1)])
    assert not target(1).is_met([one_round(1.001, 1)])


def test_what_some_rounds_do_not_have_is_left_out() -> None:
    assert middle([None, 3.0, 1.0]) == 2.0
    assert middle([None]) is None


def test_what_was_not_measured_is_no_target() -> None:
    with pytest.raises(KeyError):
        target(1).values([{}])
