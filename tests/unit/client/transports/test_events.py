import pytest

from chat.client.transports.events import EventParser

STREAM = (
    b"\xef\xbb\xbfretry: 2000\n\nevent: message\nid: dev:e1:1\ndata: one\n\n"
    b": a comment\ndata:two\r\ndata: lines\r\n\r\ndata: thr\xc3\xa9e\r\rdata: unfinished\n"
)
EVENTS = ["one", "two\nlines", "thrée"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_the_same_whatever_the_pieces(size: int) -> None:
    parser = EventParser()
    pieces = [STREAM[n : n + size] for n in range(0, len(STREAM), size)]
    assert [data for piece in pieces for data in parser.feed(piece)] == EVENTS
