"""What happens is counted, in words of ours."""

import pytest

from chat.metrics.counters import DetachReason, Metrics
from chat.negotiation.ranking import Evidence, rank
from chat.protocol.negotiation import Failure, Transport


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


class TestCounting:
    def test_offers_are_counted_by_their_rank(self, metrics: Metrics) -> None:
        metrics.offered(rank(Evidence(can=["websocket", "sse"])))
        metrics.offered(rank(Evidence(can=["sse"])))
        assert metrics.offers == {("websocket", 1): 1, ("sse", 2): 1, ("sse", 1): 1}

    def test_what_clients_tell_is_counted_in_our_words(self, metrics: Metrics) -> None:
        for transport, reason in (("sse", "silent: 4 s"), ("sse", "silent"), ("smoke", "rain")):
            metrics.failed([Failure(transport=transport, reason=reason)])
        assert metrics.failures == {("sse", "silent"): 2, ("other", "other"): 1}

    def test_only_those_that_were_too_slow_are_sheds(self, metrics: Metrics) -> None:
        for reason in DetachReason:
            metrics.detached(Transport.WEBSOCKET, reason)
        assert metrics.sheds == 1
        assert set(metrics.detaches.values()) == {1}
