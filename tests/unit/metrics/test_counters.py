"""What happened is counted, and remembered for as long as it is evidence."""

import pytest

from chat.errors import Refused, Unavailable
from chat.metrics.counters import (
    SLOW_SPAN_S,
    SLOW_STORE_S,
    STORE_AWAY_SPAN_S,
    STRIPPED_SPAN_S,
    Departure,
    Metrics,
)
from chat.negotiation.ranking import Evidence, rank
from chat.protocol.codes import Code
from chat.protocol.negotiation import Failure, Transport
from tests.unit.fakes import SetClock

NETWORK, SESSION = "a-network", "a-session"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def metrics(clock: SetClock) -> Metrics:
    return Metrics(clock)


def shed(metrics: Metrics, session: str = SESSION) -> None:
    metrics.detached(Transport.SSE, session, Departure.SLOW_CONSUMER)


class TestCounting:
    def test_offers_are_counted_by_their_rank(self, metrics: Metrics) -> None:
        metrics.offered(rank(Evidence(can=["websocket", "sse"])))
        metrics.offered(rank(Evidence(can=["sse"])))
        assert metrics.offers == {("websocket", 1): 1, ("sse", 2): 1, ("sse", 1): 1}

    def test_what_clients_tell_is_counted_in_our_words(self, metrics: Metrics) -> None:
        for transport, reason in (("sse", "silent: 4 s"), ("sse", "silent"), ("smoke", "rain")):
            metrics.told([Failure(transport=transport, reason=reason)])
        assert metrics.failures == {("sse", "silent"): 2, ("other", "other"): 1}

    def test_only_those_that_were_too_slow_are_sheds(self, metrics: Metrics) -> None:
        for departure in Departure:
            metrics.detached(Transport.WEBSOCKET, SESSION, departure)
        assert metrics.sheds == 1
        assert set(metrics.detaches.values()) == {1}


class TestUpgrades:
    def test_one_that_was_taken_out_is_remembered_for_its_network_and_session(
        self, metrics: Metrics, clock: SetClock
    ) -> None:
        metrics.upgrade_stripped(NETWORK, SESSION)
        assert metrics.is_upgrade_stripped(NETWORK, None)
        assert metrics.is_upgrade_stripped("another", SESSION)
        assert not metrics.is_upgrade_stripped("another", "other")
        clock.now += STRIPPED_SPAN_S
        assert not metrics.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_that_passes_shows_that_nothing_takes_it_out(self, metrics: Metrics) -> None:
        metrics.upgrade_stripped(NETWORK, SESSION)
        metrics.upgrade_passed(NETWORK, SESSION)
        assert not metrics.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_without_a_session_is_its_networks(self, metrics: Metrics) -> None:
        metrics.upgrade_stripped(NETWORK, None)
        assert metrics.is_upgrade_stripped(NETWORK, SESSION)
        assert not metrics.is_upgrade_stripped("another", None)


class TestSlowReaders:
    def test_it_takes_two_sheds_within_the_span(self, metrics: Metrics, clock: SetClock) -> None:
        shed(metrics)
        assert not metrics.is_slow_reader(SESSION)
        clock.now += SLOW_SPAN_S - 1
        shed(metrics)
        assert metrics.is_slow_reader(SESSION)
        assert not metrics.is_slow_reader("another")
        clock.now += 1
        assert not metrics.is_slow_reader(SESSION)

    def test_advice_is_given_once(self, metrics: Metrics) -> None:
        assert not metrics.take_advice(SESSION)
        shed(metrics)
        shed(metrics)
        assert metrics.take_advice(SESSION)
        assert not metrics.take_advice(SESSION)
        shed(metrics)
        assert not metrics.take_advice(SESSION), "who streams on in spite of it may"
        assert metrics.is_slow_reader(SESSION)


class TestTheStore:
    def test_one_that_fails_is_away_for_as_long_as_clients_may_tell_of_it(
        self, metrics: Metrics, clock: SetClock
    ) -> None:
        assert not metrics.is_store_away
        with pytest.raises(Unavailable), metrics.reading():
            raise Unavailable(Code.UNAVAILABLE, "gone")
        assert metrics.is_store_away
        clock.now += STORE_AWAY_SPAN_S - 0.1
        assert metrics.is_store_away
        clock.now += 0.1
        assert not metrics.is_store_away

    def test_one_that_keeps_somebody_waiting_is_away_before_it_has_failed(
        self, metrics: Metrics, clock: SetClock
    ) -> None:
        with metrics.reading():
            clock.now += SLOW_STORE_S - 0.1
            with metrics.reading():
                assert not metrics.is_store_away
                clock.now += 0.1
                assert metrics.is_store_away
        assert metrics.is_store_away, "who waited may tell of it a little later"

    def test_one_that_answers_is_not_away_whatever_it_answers(self, metrics: Metrics) -> None:
        with metrics.reading():
            pass
        with pytest.raises(Refused), metrics.reading():
            raise Refused(Code.NO_SUCH_ROOM, "no")
        assert not metrics.is_store_away
