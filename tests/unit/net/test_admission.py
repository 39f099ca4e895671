"""Where there is no room begins, and where there is some again."""

from chat.net.admission import RECHECK_S, Capacity


def full_at(count: int) -> Capacity:
    capacity = Capacity(max_connections=count, first_reserved=10_000)
    assert not capacity.admits(50, count=count, now=0.0)
    return capacity


def test_as_many_as_allowed_are_admitted_and_the_next_is_not() -> None:
    capacity = Capacity(max_connections=3, first_reserved=10_000)
    assert capacity.admits(50, count=2, now=0.0)
    assert capacity.reason is None
    assert not capacity.admits(51, count=3, now=0.0)
    assert capacity.reason is not None
    assert "MAX_CONNECTIONS" in capacity.reason


def test_without_a_number_set_the_descriptors_decide() -> None:
    capacity = Capacity(max_connections=None, first_reserved=900)
    assert capacity.admits(899, count=880, now=0.0)
    assert not capacity.admits(900, count=881, now=0.0)
    assert capacity.reason is not None
    assert "ulimit -n" in capacity.reason


def test_it_is_full_until_a_twentieth_has_gone() -> None:
    capacity = full_at(100)
    capacity.left(count=96)
    assert not capacity.admits(50, count=96, now=1.0), "a free descriptor is not enough"
    capacity.left(count=95)
    assert capacity.admits(50, count=95, now=1.0)


def test_with_few_connections_one_that_goes_is_enough() -> None:
    capacity = full_at(1)
    capacity.left(count=1)
    assert capacity.reason is not None
    capacity.left(count=0)
    assert capacity.reason is None


def test_filled_by_other_files_alone_it_is_not_full_for_ever() -> None:
    capacity = Capacity(max_connections=None, first_reserved=900)
    capacity.fill("No descriptors left.", count=0, now=0.0)
    assert not capacity.admits(50, count=0, now=1.0)
    capacity.left(count=0)
    assert capacity.admits(50, count=0, now=1.0)


def test_after_a_while_a_low_descriptor_is_enough_and_a_high_one_is_not() -> None:
    capacity = Capacity(max_connections=None, first_reserved=900)
    assert not capacity.admits(900, count=500, now=0.0)
    assert not capacity.admits(899, count=500, now=RECHECK_S - 0.1)
    assert not capacity.admits(900, count=500, now=RECHECK_S)
    assert capacity.admits(899, count=500, now=RECHECK_S)
