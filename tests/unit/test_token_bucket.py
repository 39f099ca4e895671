"""A bucket lets a burst through, and then a steady rate."""

from hypothesis import given
from hypothesis import strategies as st

from chat.token_bucket import SWEEP_AT, Bucket, Buckets


def test_a_burst_is_let_through_and_then_one_waits_for_a_token() -> None:
    bucket = Bucket(burst=3, rate=2.0, now=0.0)
    assert [bucket.consume(now=0.0) for _ in range(4)] == [0, 0, 0, 501]
    assert bucket.consume(now=0.49) > 0
    assert bucket.consume(now=0.5) == 0


def test_what_costs_more_waits_for_more() -> None:
    bucket = Bucket(burst=3, rate=1.0, now=0.0)
    assert bucket.consume(2.0, now=0.0) == 0
    assert bucket.consume(2.0, now=0.0) == 1001
    assert bucket.consume(2.0, now=0.99) > 0
    assert bucket.consume(2.0, now=1.0) == 0


def test_it_never_holds_more_than_the_burst() -> None:
    bucket = Bucket(burst=2, rate=1.0, now=0.0)
    assert [bucket.consume(now=1e6) for _ in range(3)] == [0, 0, 1001]


def test_it_is_full_when_it_is_like_new() -> None:
    bucket = Bucket(burst=2, rate=1.0, now=0.0)
    assert bucket.is_full(now=0.0)
    bucket.consume(now=0.0)
    assert not bucket.is_full(now=0.99)
    assert bucket.is_full(now=1.0)


@given(st.lists(st.floats(0, 2), max_size=60))
def test_who_waits_as_long_as_told_is_let_through(spans: list[float]) -> None:
    bucket, now = Bucket(burst=3, rate=5.0, now=0.0), 0.0
    for span in spans:
        now += span
        if wait_ms := bucket.consume(now=now):
            now += wait_ms / 1000
            assert bucket.consume(now=now) <= 1  # a millisecond is what rounding may cost


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(burst=2, rate=1.0)
    assert [buckets.consume("ada", now=0.0) for _ in range(3)] == [0, 0, 1001]
    assert buckets.consume("bob", now=0.0) == 0
    assert buckets.consume("ada", now=1.0) == 0


def test_a_flood_from_100_000_keys_is_not_remembered() -> None:
    buckets, most = Buckets(burst=2, rate=1e-6, most=5000), 0
    for number in range(100_000):
        buckets.consume(number.to_bytes(4), now=0.0)
        most = max(most, len(buckets))
    assert most == 5000


def test_buckets_that_are_full_again_go_before_there_are_many() -> None:
    buckets = Buckets(burst=2, rate=1.0)
    for number in range(10 * SWEEP_AT):
        buckets.consume(str(number), now=float(number))
        assert len(buckets) <= SWEEP_AT


def test_who_was_too_fast_stays_so_while_others_come_and_go() -> None:
    buckets = Buckets(burst=2, rate=0.001)
    for _ in range(2):
        buckets.consume("ada", now=0.0)
    for number in range(3 * SWEEP_AT):
        buckets.consume(str(number), now=0.0)
    assert buckets.consume("ada", now=0.0) > 0
