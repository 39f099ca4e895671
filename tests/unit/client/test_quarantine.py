import pytest

from chat.client.quarantine import Quarantine


def test_what_ends_within_five_seconds_is_quarantined_at_once() -> None:
    quarantine = Quarantine()
    quarantine.ended("websocket", 4.9)
    assert quarantine.is_quarantined("websocket")
    assert not quarantine.is_quarantined("sse")


def test_what_ends_later_is_quarantined_the_second_time_in_a_row() -> None:
    quarantine = Quarantine()
    quarantine.ended("websocket", 10.0)
    assert not quarantine.is_quarantined("websocket")
    quarantine.ended("websocket", 10.0)
    assert quarantine.is_quarantined("websocket")


def test_a_long_life_between_two_early_ends_clears_it() -> None:
    quarantine = Quarantine()
    for lived_s in (10.0, 60.0, 10.0):
        quarantine.ended("websocket", lived_s)
    assert not quarantine.is_quarantined("websocket")


def test_a_trial_lasts_three_times_what_it_lived_between_five_and_fifteen_seconds() -> None:
    for lived_s, trial_s in ((0.2, 5.0), (2.0, 6.0), (4.9, 14.7)):
        quarantine = Quarantine()
        quarantine.ended("sse", lived_s)
        assert quarantine.trial_s("sse") == pytest.approx(trial_s)
    quarantine.ended("sse", 30.0)
    assert quarantine.trial_s("sse") == 15.0
    assert quarantine.trial_s("websocket") == 0.0


def test_what_has_passed_its_trial_is_trusted_but_its_next_early_end_counts() -> None:
    quarantine = Quarantine()
    quarantine.ended("websocket", 0.2)
    quarantine.passed("websocket")
    assert not quarantine.is_quarantined("websocket")
    quarantine.ended("websocket", 20.0)
    assert quarantine.is_quarantined("websocket")


def test_one_that_is_forgotten_is_trusted_and_the_others_are_not() -> None:
    quarantine = Quarantine()
    quarantine.ended("websocket", 0.2)
    quarantine.ended("sse", 0.2)
    quarantine.forget("sse")
    assert [quarantine.is_quarantined(t) for t in ("websocket", "sse")] == [True, False]
