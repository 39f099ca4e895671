"""What happens here in numbers, for Prometheus to collect."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from tornado.web import RequestHandler

from chat.attach import Attachments
from chat.connections import Connections
from chat.load import LoopLag
from chat.negotiation import Reason, Transport
from chat.witness import Departure, Witness

_TRANSPORTS: Final = [transport.value for transport in Transport]
_RANKS: Final = range(1, len(Transport) + 1)


class ParleyCollector(Collector):
    """Reads what others count.

    It goes through the labels that there can be, not through those that were seen: so there are
    never more of them, whatever clients say, and a counter is there before its first event.
    """

    def __init__(
        self, witness: Witness, attachments: Attachments, connections: Connections, lag: LoopLag
    ) -> None:
        self._witness = witness
        self._attachments = attachments
        self._connections = connections
        self._lag = lag

    def collect(self) -> Iterator[Metric]:
        witness = self._witness
        offers = CounterMetricFamily(
            "parley_offers", "Offers made to clients, 1 is the best.", labels=["transport", "rank"]
        )
        for transport, rank in product(_TRANSPORTS, _RANKS):
            offers.add_metric([transport, str(rank)], witness.offers[transport, rank])
        yield offers
        attaches = CounterMetricFamily(
            "parley_attaches", "Transports that began to read.", labels=["transport"]
        )
        attached = GaugeMetricFamily(
            "parley_attached", "Transports that read now.", labels=["transport"]
        )
        counts = self._attachments.count()
        for transport in _TRANSPORTS:
            attaches.add_metric([transport], witness.attaches[transport])
            attached.add_metric([transport], counts[Transport(transport)])
        yield attaches
        yield attached
        detaches = CounterMetricFamily(
            "parley_detaches", "Transports that read no more.", labels=["transport", "reason"]
        )
        for transport, departure in product(_TRANSPORTS, Departure):
            detaches.add_metric([transport, departure], witness.detaches[transport, departure])
        yield detaches
        failures = CounterMetricFamily(
            "parley_failures",
            "Attempts that did not work out, as clients tell.",
            labels=["transport", "reason"],
        )
        for transport, reason in product([*_TRANSPORTS, "other"], Reason):
            failures.add_metric([transport, reason], witness.failures[transport, reason])
        yield failures
        yield CounterMetricFamily(
            "parley_sheds", "Readers let go for being too slow.", value=witness.sheds
        )
        yield GaugeMetricFamily(
            "parley_connections",
            "Connections that are open, whatever for.",
            value=self._connections.count,
        )
        yield GaugeMetricFamily(
            "parley_loop_lag_seconds",
            "How late the event loop runs, as a running mean.",
            value=self._lag.lag_s,
        )


def build_registry(
    witness: Witness, attachments: Attachments, connections: Connections, lag: LoopLag
) -> CollectorRegistry:
    """Return a registry of this server's own: several may run in one process, as tests do."""
    registry = CollectorRegistry()
    registry.register(ParleyCollector(witness, attachments, connections, lag))
    ProcessCollector(registry=registry)  # memory, processor time and open files
    return registry


class MetricsHandler(RequestHandler):
    """Answers whoever asks, as the checks of health do: it names nobody."""

    def initialize(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Cache-Control", "no-store")
        self.finish(generate_latest(self._registry))
