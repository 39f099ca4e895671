"""The likeliest best transport comes first, each with its reason."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.negotiation.ranking import HEAVY_LAG_S, HEAVY_READERS, Evidence, Load, rank
from chat.protocol.negotiation import OFFERED, Failure, Offer, Reason, Transport

ALL = OFFERED
BUSY = Load(lag_s=HEAVY_LAG_S)
WS, SSE, POLL = ALL


def order(evidence: Evidence) -> list[str]:
    return [offer.transport for offer in rank(evidence)]


def why(evidence: Evidence, transport: Transport) -> str:
    return next(offer.why for offer in rank(evidence) if offer.transport == transport)


def failing(transport: str, reason: str, after_ms: float = 4000.4) -> Evidence:
    failure = Failure(transport=transport, reason=reason, after_ms=after_ms)
    return Evidence(can=ALL, failed=[failure])


def test_merit_decides_where_nothing_failed() -> None:
    assert order(Evidence(can=["longpoll", "sse", "websocket"])) == [WS, SSE, POLL]


def test_an_offer_says_where_to_read_and_where_to_send() -> None:
    assert rank(Evidence(can=["websocket"])) == [
        Offer(
            transport=Transport.WEBSOCKET,
            url="/chat",
            send="/send",
            why="fastest both ways on one connection",
        )
    ]


def test_what_is_switched_off_or_cannot_be_done_is_not_offered() -> None:
    assert order(Evidence(can=["sse", "carrier pigeon"])) == [SSE]
    assert order(Evidence(can=ALL, enabled=[POLL])) == [POLL]
    assert order(Evidence(can=["sse"], enabled=[WS])) == []


class TestWhatFailed:
    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("refused", "it was refused after 4.0 s"),
            ("refused: 403", "it was refused after 4.0 s: 403"),
            ("silent", "nothing came through it within 4.0 s"),
            ("unanswered", "it brought pushes, but what was sent up had no answer within 4.0 s"),
            ("died", "it worked, and was cut after 4.0 s"),
            ("no open", "it failed after 4.0 s: no open"),
            ("", "it failed after 4.0 s"),
            ("other: x", "it failed after 4.0 s: other: x"),
        ],
    )
    def test_a_websocket_that_failed_however_comes_last_with_what_was_seen(
        self, reason: str, words: str
    ) -> None:
        evidence = failing("websocket", reason)
        assert order(evidence) == [SSE, POLL, WS]
        assert why(evidence, WS) == words

    def test_a_stream_that_was_silent_is_held_back(self) -> None:
        evidence = failing("sse", "silent", 250)
        assert order(evidence) == [WS, POLL, SSE]
        assert why(evidence, SSE) == (
            "a proxy holds its stream back: nothing came through within 250 ms"
        )

    def test_a_stream_that_died_comes_after_what_is_sure_and_before_what_failed(self) -> None:
        died = Failure(transport="sse", reason="died", after_ms=3000)
        silent = Failure(transport="websocket", reason="silent")
        assert order(Evidence(can=ALL, failed=[died])) == [WS, POLL, SSE]
        assert order(Evidence(can=ALL, failed=[died, silent])) == [POLL, SSE, WS]

    def test_the_worst_that_happened_counts_whenever_it_was(self) -> None:
        died = Failure(transport="sse", reason="died")
        refused = Failure(transport="sse", reason="refused")
        for failed in ([died, refused], [refused, died]):
            evidence = Evidence(can=ALL, failed=failed)
            assert "refused" in why(evidence, SSE)

    def test_where_all_failed_merit_decides_again(self) -> None:
        failed = [Failure(transport=transport) for transport in reversed(ALL)]
        assert order(Evidence(can=ALL, failed=failed)) == list(ALL)

    @pytest.mark.parametrize(
        ("after_ms", "span"),
        [(-1, "0 ms"), (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (1e300, "3600.0 s")],
    )
    def test_a_span_is_told_in_words_whatever_a_client_says(
        self, after_ms: float, span: str
    ) -> None:
        assert why(failing("websocket", "silent", after_ms), WS).endswith(f"within {span}")


class TestWhatIsOnTheWay:
    def test_http_1_0_has_no_upgrade(self) -> None:
        evidence = Evidence(can=ALL, http_version="HTTP/1.0")
        assert order(evidence) == [SSE, POLL, WS]
        assert "HTTP/1.0" in why(evidence, WS)
        assert "HTTP/1.0" in why(evidence, SSE)
        assert order(Evidence(can=ALL, http_version="HTTP/1.1"))[0] == WS

    @pytest.mark.parametrize(
        "via", ["1.0 fred", "HTTP/1.0 fred", "1.1 nowhere.com, 1.0 fred (squid/2.5)", "1.1 a,1.0 b"]
    )
    def test_a_proxy_of_http_1_0_has_no_upgrade_and_may_hold_streams_back(self, via: str) -> None:
        evidence = Evidence(can=ALL, via=via)
        assert order(evidence) == [POLL, SSE, WS]
        assert "Via" in why(evidence, WS)
        assert "hold a stream back" in why(evidence, SSE)

    @pytest.mark.parametrize("via", ["", "1.1 fred", "2 a, 1.1 b1.0 ", "1.1 1.0", "11.0 x"])
    def test_other_proxies_are_no_evidence(self, via: str) -> None:
        assert order(Evidence(can=ALL, via=via)) == list(ALL)

    def test_an_upgrade_that_was_taken_out_puts_the_websocket_last(self) -> None:
        evidence = Evidence(can=ALL, is_upgrade_stripped=True)
        assert order(evidence) == [SSE, POLL, WS]
        assert "Upgrade" in why(evidence, WS)


class TestTheReaderAndOurselves:
    def test_who_was_too_slow_for_streams_is_offered_polls_first(self) -> None:
        evidence = Evidence(can=ALL, is_slow_reader=True)
        assert order(evidence) == [POLL, WS, SSE]
        assert all("too slowly" in offer.why for offer in rank(evidence))

    @pytest.mark.parametrize("reason", ["refused", "silent", "unanswered"])
    def test_a_store_that_is_away_is_not_blamed_on_the_transports(self, reason: str) -> None:
        failed = [Failure(transport="websocket", reason=reason)]
        evidence = Evidence(can=ALL, failed=failed, is_store_away=True)
        assert order(evidence) == list(ALL)
        assert "store was away" in why(evidence, WS)

    def test_a_connection_that_was_cut_is_evidence_though_the_store_is_away(self) -> None:
        failed = [Failure(transport="websocket", reason="died")]
        evidence = Evidence(can=ALL, failed=failed, is_store_away=True)
        assert order(evidence) == [SSE, POLL, WS]

    @pytest.mark.parametrize(
        ("load", "is_heavy"),
        [
            (Load(), False),
            (Load(lag_s=HEAVY_LAG_S - 0.001, readers=HEAVY_READERS - 1), False),
            (Load(lag_s=HEAVY_LAG_S), True),
            (Load(readers=HEAVY_READERS), True),
        ],
    )
    def test_a_busy_server_offers_a_stream_that_may_do_before_polls(
        self, load: Load, is_heavy: bool
    ) -> None:
        failed = [Failure(transport="sse", reason="died")]
        evidence = Evidence(can=ALL, failed=failed, load=load)
        assert order(evidence) == ([WS, SSE, POLL] if is_heavy else [WS, POLL, SSE])
        for transport, is_said in ((WS, False), (SSE, is_heavy), (POLL, is_heavy)):
            assert ("busy" in why(evidence, transport)) is is_said

    def test_a_busy_server_does_not_offer_first_what_will_not_work(self) -> None:
        failed = [Failure(transport="sse", reason="silent")]
        assert order(Evidence(can=ALL, failed=failed, load=BUSY)) == [WS, POLL, SSE]


names = st.sampled_from([*ALL, "other"])
reasons = st.sampled_from([*Reason, "silent: 4 s", "no open", ""])
evidences = st.builds(
    Evidence,
    can=st.lists(names),
    failed=st.lists(
        st.builds(Failure, transport=names, reason=reasons, after_ms=st.floats(allow_nan=False))
    ),
    http_version=st.sampled_from(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"]),
    via=st.sampled_from(["", "1.0 fred", "1.1 fred"]) | st.text(max_size=20),
    enabled=st.sets(st.sampled_from(ALL)),
    is_upgrade_stripped=st.booleans(),
    is_slow_reader=st.booleans(),
    is_store_away=st.booleans(),
    load=st.builds(Load, lag_s=st.floats(0, 1), readers=st.integers(0, 10_000)),
)


@given(evidences)
def test_each_that_can_be_used_is_offered_once_with_a_reason(evidence: Evidence) -> None:
    offers = rank(evidence)
    usable = set(evidence.can) & set(evidence.enabled)
    assert sorted(offer.transport for offer in offers) == sorted(usable)
    assert all(offer.why and len(offer.why) < 500 for offer in offers)


@given(evidences)
def test_none_that_will_not_work_comes_before_one_without_a_doubt(evidence: Evidence) -> None:
    hopeless = _failed(evidence.failed, but={Reason.DIED}) if not evidence.is_store_away else set()
    doubtful = _failed(evidence.failed)
    if evidence.http_version == "HTTP/1.0" or evidence.is_upgrade_stripped or evidence.via:
        doubtful |= {WS, SSE}
    if evidence.is_slow_reader:
        doubtful |= {WS, SSE}
    offered = order(evidence)
    for at, transport in enumerate(offered):
        if transport in hopeless:
            assert set(offered[at:]) <= doubtful


@given(evidences)
def test_the_order_in_which_things_are_told_does_not_matter(evidence: Evidence) -> None:
    before = order(evidence)
    evidence.can = list(reversed(evidence.can))
    evidence.failed = list(reversed(evidence.failed))
    assert order(evidence) == before


def _failed(failures: Iterable[Failure], but: Iterable[Reason] = ()) -> set[str]:
    return {failure.transport for failure in failures if failure.kind not in set(but)}
