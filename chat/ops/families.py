"""Makes Prometheus metrics of names, texts and values."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from chat.metrics.histogram import Histogram

Labels = tuple[str, ...]
Values = Iterable[tuple[Labels, float]]


def every(counts: Mapping[tuple[str, str], int], *labels: Sequence[str]) -> Values:
    for one, other in product(*labels):
        yield (one, other), counts.get((one, other), 0)


def counters(name: str, text: str, labels: Sequence[str], values: Values) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def gauges(name: str, text: str, labels: Sequence[str], values: Values) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def total(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def histogram(name: str, text: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(
        name, text, buckets=list(histogram.cumulative()), sum_value=histogram.total
    )
