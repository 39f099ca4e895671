"""The likeliest best transport comes first, each with its reason."""

from hypothesis import given
from hypothesis import strategies as st

from chat.negotiation import Evidence, Failure, Offer, Transport, rank

ALL = tuple(Transport)


def order(evidence: Evidence) -> list[str]:
    return [offer.transport for offer in rank(evidence)]


def why(evidence: Evidence, transport: Transport) -> str:
    return next(offer.why for offer in rank(evidence) if offer.transport == transport)


def test_merit_decides_where_nothing_failed() -> None:
    assert order(Evidence(can=["longpoll", "sse", "websocket"])) == ["websocket", "sse", "longpoll"]


def test_what_failed_goes_behind_what_may_work_and_is_not_left_out() -> None:
    evidence = Evidence(
        can=ALL, failed=[Failure(transport="websocket", reason="no open", after_ms=4000.4)]
    )
    assert order(evidence) == ["sse", "longpoll", "websocket"]
    assert why(evidence, Transport.WEBSOCKET) == "failed after 4000 ms: no open"


def test_where_all_failed_merit_decides_again() -> None:
    failed = [Failure(transport=transport) for transport in reversed(ALL)]
    assert order(Evidence(can=ALL, failed=failed)) == list(ALL)
    assert "no reason given" in why(Evidence(can=ALL, failed=failed), Transport.SSE)


def test_http_1_0_has_no_upgrade() -> None:
    assert order(Evidence(can=ALL, http_version="HTTP/1.0")) == ["sse", "longpoll", "websocket"]
    assert order(Evidence(can=ALL, http_version="HTTP/1.1"))[0] == "websocket"
    assert "HTTP/1.0" in why(Evidence(can=ALL, http_version="HTTP/1.0"), Transport.WEBSOCKET)


def test_what_is_switched_off_or_cannot_be_done_is_not_offered() -> None:
    assert order(Evidence(can=["sse", "carrier pigeon"])) == ["sse"]
    assert order(Evidence(can=ALL, enabled=[Transport.LONGPOLL])) == ["longpoll"]
    assert order(Evidence(can=["sse"], enabled=[Transport.WEBSOCKET])) == []


def test_an_offer_says_where_to_read_and_where_to_send() -> None:
    assert rank(Evidence(can=["websocket"])) == [
        Offer(
            transport=Transport.WEBSOCKET,
            url="/chat",
            send="/send",
            why="fastest both ways on one connection",
        )
    ]


@given(
    st.lists(st.sampled_from([*ALL, "other"])),
    st.lists(st.builds(Failure, transport=st.sampled_from([*ALL, "other"]))),
    st.sampled_from(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"]),
)
def test_each_that_can_be_is_offered_once_and_none_that_failed_before_one_that_did_not(
    can: list[str], failed: list[Failure], version: str
) -> None:
    offers = order(Evidence(can=can, failed=failed, http_version=version))
    assert sorted(offers) == sorted(set(can) & set(ALL))
    bad = {failure.transport for failure in failed}
    has_failed = [transport in bad for transport in offers if version != "HTTP/1.0"]
    assert has_failed == sorted(has_failed)
