"""What happened is counted, and remembered for as long as it is evidence."""

import pytest

from chat.errors import Refused, Unavailable
from chat.metrics.counters import (
    SLOW_SPAN_S,
    SLOW_STORE_S,
    STORE_AWAY_SPAN_S,
    STRIPPED_SPAN_S,
    Departure,
    Witness,
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
def witness(clock: SetClock) -> Witness:
    return Witness(clock)


def shed(witness: Witness, session: str = SESSION) -> None:
    witness.detached(Transport.SSE, session, Departure.SLOW_CONSUMER)


class TestCounting:
    def test_offers_are_counted_by_their_rank(self, witness: Witness) -> None:
        witness.offered(rank(Evidence(can=["websocket", "sse"])))
        witness.offered(rank(Evidence(can=["sse"])))
        assert witness.offers == {("websocket", 1): 1, ("sse", 2): 1, ("sse", 1): 1}

    def test_what_clients_tell_is_counted_in_our_words(self, witness: Witness) -> None:
        for transport, reason in (("sse", "silent: 4 s"), ("sse", "silent"), ("smoke", "rain")):
            witness.told([Failure(transport=transport, reason=reason)])
        assert witness.failures == {("sse", "silent"): 2, ("other", "other"): 1}

    def test_only_those_that_were_too_slow_are_sheds(self, witness: Witness) -> None:
        for departure in Departure:
            witness.detached(Transport.WEBSOCKET, SESSION, departure)
        assert witness.sheds == 1
        assert set(witness.detaches.values()) == {1}


class TestUpgrades:
    def test_one_that_was_taken_out_is_remembered_for_its_network_and_session(
        self, witness: Witness, clock: SetClock
    ) -> None:
        witness.upgrade_stripped(NETWORK, SESSION)
        assert witness.is_upgrade_stripped(NETWORK, None)
        assert witness.is_upgrade_stripped("another", SESSION)
        assert not witness.is_upgrade_stripped("another", "other")
        clock.now += STRIPPED_SPAN_S
        assert not witness.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_that_passes_shows_that_nothing_takes_it_out(self, witness: Witness) -> None:
        witness.upgrade_stripped(NETWORK, SESSION)
        witness.upgrade_passed(NETWORK, SESSION)
        assert not witness.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_without_a_session_is_its_networks(self, witness: Witness) -> None:
        witness.upgrade_stripped(NETWORK, None)
        assert witness.is_upgrade_stripped(NETWORK, SESSION)
        assert not witness.is_upgrade_stripped("another", None)


class TestSlowReaders:
    def test_it_takes_two_sheds_within_the_span(self, witness: Witness, clock: SetClock) -> None:
        shed(witness)
        assert not witness.is_slow_reader(SESSION)
        clock.now += SLOW_SPAN_S - 1
        shed(witness)
        assert witness.is_slow_reader(SESSION)
        assert not witness.is_slow_reader("another")
        clock.now += 1
        assert not witness.is_slow_reader(SESSION)

    def test_advice_is_given_once(self, witness: Witness) -> None:
        assert not witness.take_advice(SESSION)
        shed(witness)
        shed(witness)
        assert witness.take_advice(SESSION)
        assert not witness.take_advice(SESSION)
        shed(witness)
        assert not witness.take_advice(SESSION), "who streams on in spite of it may"
        assert witness.is_slow_reader(SESSION)


class TestTheStore:
    def test_one_that_fails_is_away_for_as_long_as_clients_may_tell_of_it(
        self, witness: Witness, clock: SetClock
    ) -> None:
        assert not witness.is_store_away
        with pytest.raises(Unavailable), witness.reading():
            raise Unavailable(Code.UNAVAILABLE, "gone")
        assert witness.is_store_away
        clock.now += STORE_AWAY_SPAN_S - 0.1
        assert witness.is_store_away
        clock.now += 0.1
        assert not witness.is_store_away

    def test_one_that_keeps_somebody_waiting_is_away_before_it_has_failed(
        self, witness: Witness, clock: SetClock
    ) -> None:
        with witness.reading():
            clock.now += SLOW_STORE_S - 0.1
            with witness.reading():
                assert not witness.is_store_away
                clock.now += 0.1
                assert witness.is_store_away
        assert witness.is_store_away, "who waited may tell of it a little later"

    def test_one_that_answers_is_not_away_whatever_it_answers(self, witness: Witness) -> None:
        with witness.reading():
            pass
        with pytest.raises(Refused), witness.reading():
            raise Refused(Code.NO_SUCH_ROOM, "no")
        assert not witness.is_store_away
