"""What was seen of a network is remembered for as long as it is evidence."""

import pytest

from chat.errors import Refused, Unavailable
from chat.negotiation.evidence import (
    SLOW_SPAN_S,
    SLOW_STORE_S,
    STORE_AWAY_SPAN_S,
    STRIPPED_SPAN_S,
    NetworkEvidence,
)
from chat.protocol.codes import Code
from tests.unit.fakes import SetClock

NETWORK, SESSION = "a-network", "a-session"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def evidence(clock: SetClock) -> NetworkEvidence:
    return NetworkEvidence(clock.monotonic)


class TestUpgrades:
    def test_one_that_was_taken_out_is_remembered_for_its_network_and_session(
        self, evidence: NetworkEvidence, clock: SetClock
    ) -> None:
        evidence.upgrade_stripped(NETWORK, SESSION)
        assert evidence.is_upgrade_stripped(NETWORK, None)
        assert evidence.is_upgrade_stripped("another", SESSION)
        assert not evidence.is_upgrade_stripped("another", "other")
        clock.now += STRIPPED_SPAN_S
        assert not evidence.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_that_passes_shows_that_nothing_takes_it_out(
        self, evidence: NetworkEvidence
    ) -> None:
        evidence.upgrade_stripped(NETWORK, SESSION)
        evidence.upgrade_passed(NETWORK, SESSION)
        assert not evidence.is_upgrade_stripped(NETWORK, SESSION)

    def test_one_without_a_session_is_its_networks(self, evidence: NetworkEvidence) -> None:
        evidence.upgrade_stripped(NETWORK, None)
        assert evidence.is_upgrade_stripped(NETWORK, SESSION)
        assert not evidence.is_upgrade_stripped("another", None)


class TestSlowReaders:
    def test_it_takes_two_sheds_within_the_span(
        self, evidence: NetworkEvidence, clock: SetClock
    ) -> None:
        evidence.shed(SESSION)
        assert not evidence.is_slow_reader(SESSION)
        clock.now += SLOW_SPAN_S - 1
        evidence.shed(SESSION)
        assert evidence.is_slow_reader(SESSION)
        assert not evidence.is_slow_reader("another")
        clock.now += 1
        assert not evidence.is_slow_reader(SESSION)

    def test_advice_is_given_once(self, evidence: NetworkEvidence) -> None:
        assert not evidence.consume_advice(SESSION)
        evidence.shed(SESSION)
        evidence.shed(SESSION)
        assert evidence.consume_advice(SESSION)
        assert not evidence.consume_advice(SESSION)
        evidence.shed(SESSION)
        assert not evidence.consume_advice(SESSION), "who streams on in spite of it may"
        assert evidence.is_slow_reader(SESSION)


class TestTheStore:
    def test_one_that_fails_is_away_for_as_long_as_clients_may_tell_of_it(
        self, evidence: NetworkEvidence, clock: SetClock
    ) -> None:
        assert not evidence.is_store_away
        with pytest.raises(Unavailable), evidence.reading():
            raise Unavailable(Code.UNAVAILABLE, "gone")
        assert evidence.is_store_away
        clock.now += STORE_AWAY_SPAN_S - 0.1
        assert evidence.is_store_away
        clock.now += 0.1
        assert not evidence.is_store_away

    def test_one_that_keeps_somebody_waiting_is_away_before_it_has_failed(
        self, evidence: NetworkEvidence, clock: SetClock
    ) -> None:
        with evidence.reading():
            clock.now += SLOW_STORE_S - 0.1
            with evidence.reading():
                assert not evidence.is_store_away
                clock.now += 0.1
                assert evidence.is_store_away
        assert evidence.is_store_away, "who waited may tell of it a little later"

    def test_one_that_answers_is_not_away_whatever_it_answers(
        self, evidence: NetworkEvidence
    ) -> None:
        with evidence.reading():
            pass
        with pytest.raises(Refused), evidence.reading():
            raise Refused(Code.NO_SUCH_ROOM, "no")
        assert not evidence.is_store_away
