import pytest

from chat.client import policy
from chat.client.policy import Quarantine


def test_a_websocket_gets_four_round_trips_before_the_next_starts_and_a_stream_two() -> None:
    assert policy.stagger_s(1, 0.1) == 0.4
    assert policy.stagger_s(2, 0.1) == 0.2
    assert policy.stagger_s(3, 0.1) == policy.stagger_s(2, 0.1)


def test_on_a_near_server_the_floors_hold() -> None:
    assert policy.stagger_s(1, 0.0) == 0.15
    assert policy.stagger_s(2, 0.0) == 0.1
    assert policy.deadline_s(0.0) == 2.0


def test_a_deadline_grows_with_the_round_trip_up_to_its_cap() -> None:
    assert policy.deadline_s(0.25) == 2.0
    assert policy.deadline_s(0.5) == 4.0
    assert policy.deadline_s(60.0) == 15.0


def test_the_span_that_a_reconnect_waits_in_doubles_up_to_thirty_seconds() -> None:
    assert [policy.backoff_s(n, 1.0) for n in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert policy.backoff_s(100_000, 1.0) == 30
    assert policy.backoff_s(3, 0.0) == 0
    assert policy.backoff_s(3, 0.5) == 4


def test_who_is_sent_away_by_an_instance_that_stops_comes_back_when_it_was_told_to() -> None:
    assert policy.moved_s(4000, 300) == 0.3
    assert policy.moved_s(4000, 0) == 0.0
    assert policy.moved_s(4000, None) is None  # a close code alone names no moment
    assert policy.moved_s(4001, 300) is None
    assert policy.moved_s(None, 300) is None


def test_better_ones_are_tried_again_within_five_seconds_and_ever_later() -> None:
    assert [policy.better_s(n, 1.0) for n in range(5)] == [5, 10, 20, 40, 40]


def test_silence_is_counted_in_heartbeats_and_a_poll_s_in_its_hold() -> None:
    assert policy.silence_s("websocket", heartbeat_s=10, hold_s=25) == 14
    assert policy.silence_s("sse", heartbeat_s=10, hold_s=25) == 14
    assert policy.silence_s("longpoll", heartbeat_s=10, hold_s=25) == 30


def test_a_poll_that_was_cut_is_held_less_but_one_that_failed_at_once_had_another_fault() -> None:
    assert policy.shorter_hold_s(10.0) == 8
    assert policy.shorter_hold_s(1.0) == 1
    assert policy.shorter_hold_s(0.99) is None


def test_a_stream_that_was_cut_when_idle_gets_a_shorter_heartbeat() -> None:
    assert policy.shorter_heartbeat_s(10.0) == 6
    assert policy.shorter_heartbeat_s(5.0) == 5
    assert policy.shorter_heartbeat_s(4.9) is None


@pytest.mark.parametrize("code", [None, 1000, 1006, 3999, 4000, 4499, 4500, 5000])
def test_who_is_not_sent_away_comes_back(code: int | None) -> None:
    assert policy.is_come_back(code)


@pytest.mark.parametrize("code", [4501, 4999])
def test_who_is_sent_away_stays_away(code: int) -> None:
    assert not policy.is_come_back(code)


def test_better_ones_come_best_first_whatever_the_server_s_order() -> None:
    offered = ["longpoll", "sse", "websocket"]
    assert policy.better_than("longpoll", offered) == ["websocket", "sse"]
    assert policy.better_than("websocket", offered) == []


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


def test_another_network_clears_everything() -> None:
    quarantine = Quarantine()
    quarantine.ended("websocket", 0.2)
    quarantine.ended("sse", 0.2)
    quarantine.forget("sse")
    assert [quarantine.is_quarantined(t) for t in ("websocket", "sse")] == [True, False]
    quarantine.forget()
    assert not quarantine.is_quarantined("websocket")
