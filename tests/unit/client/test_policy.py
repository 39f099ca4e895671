import pytest

from chat.client import policy


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
    assert [policy.upgrade_s(n, 1.0) for n in range(5)] == [5, 10, 20, 40, 40]


def test_silence_is_counted_in_heartbeats_and_a_poll_s_in_its_hold() -> None:
    assert policy.silence_s("websocket", heartbeat_s=10, hold_s=25) == 14
    assert policy.silence_s("sse", heartbeat_s=10, hold_s=25) == 14
    assert policy.silence_s("longpoll", heartbeat_s=10, hold_s=25) == 30


def test_a_poll_that_was_cut_is_held_less_but_one_that_failed_at_once_had_another_fault() -> None:
    assert policy.shorter_hold_s(10.0) == 8
    assert policy.shorter_hold_s(1.0) == 1
    assert policy.shorter_hold_s(0.99) is None


def test_a_hold_grows_again_up_to_the_longest() -> None:
    assert policy.longer_hold_s(8, 25) == 9
    assert policy.longer_hold_s(25, 25) == 25


def test_a_stream_that_was_cut_in_its_longest_silence_gets_a_shorter_heartbeat() -> None:
    assert policy.shorter_heartbeat_s(10.0, 9.9) == 6
    assert policy.shorter_heartbeat_s(10.0, 10.0) is None
    assert policy.shorter_heartbeat_s(5.0, 0.0) == 5
    assert policy.shorter_heartbeat_s(4.9, 0.0) is None


def test_streams_that_are_cut_at_the_same_age_are_renewed_before() -> None:
    assert policy.renewal_s(10.0, 11.7) == 8.0
    assert policy.renewal_s(10.0, 11.8) is None
    assert policy.renewal_s(None, 10.0) is None
    assert policy.renewal_s(4.9, 5.0) is None


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
