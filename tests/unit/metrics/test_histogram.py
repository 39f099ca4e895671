"""A histogram keeps how many, not what."""

from chat.metrics.histogram import Histogram


def test_a_value_on_a_bound_is_no_larger_than_it() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.1, 0.10001, 1.0, 1.5):
        histogram.observe(value)
    assert list(histogram.cumulative()) == [("0.1", 1), ("1.0", 3), ("+Inf", 4)]


def test_the_sum_and_the_count_are_of_all_values() -> None:
    histogram = Histogram((1.0,))
    assert (histogram.count, histogram.total) == (0, 0.0)
    histogram.observe(0.5)
    histogram.observe(3.0)
    assert (histogram.count, histogram.total) == (2, 3.5)
