"""WHATWG HTML section 9.2: event streams"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.application import Server
from chat.client.transports.events import EventParser
from chat.protocol.cursor import Position, format_cursor
from chat.protocol.entries import BODIES, Entry, MessageBody
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Typing
from tests.conformance.vectors import VECTORS
from tests.support.client import Client
from tests.support.event_stream import read_stream


@pytest.mark.parametrize("name", VECTORS)
def test_the_parser_that_the_others_are_measured_by_keeps_to_the_rules(name: str) -> None:
    events, _ = read_stream(VECTORS[name].stream)
    assert [tuple(event) for event in events] == [*VECTORS[name].events]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("name", VECTORS)
def test_our_client_reads_the_same_data_whatever_the_pieces(name: str, size: int) -> None:
    stream, parser = VECTORS[name].stream, EventParser()
    pieces = [stream[n : n + size] for n in range(0, len(stream), size)]
    data = [data for piece in pieces for data in parser.feed(piece)]
    assert data == [event[1] for event in VECTORS[name].events]


ROOMS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)


@given(st.text(), st.text(), ROOMS, st.integers(1, 2**53))
def test_a_logged_push_is_one_event_with_its_place_as_its_id(
    text: str, name: str, room: str, offset: int
) -> None:
    body = MessageBody(user="u", name=name, time="t", key="k", text=text, html=text)
    position = Position("e1", offset)
    push = Outgoing.of_entry(Entry(room, position, "message", body.encode()))
    events, _ = read_stream(push.framed(Framing.SSE_WITH_ID) * 2)
    assert [event.type for event in events] == ["message"] * 2
    assert [event.id for event in events] == [format_cursor({room: position})] * 2
    assert json.loads(events[0].data)["text"] == text
    (without,) = read_stream(push.framed(Framing.SSE))[0]
    assert without == events[0]._replace(id="")


@pytest.mark.parametrize("kind", BODIES)
def test_the_type_of_an_event_is_the_pushs(kind: str) -> None:
    push = Outgoing.of_entry(Entry("r", Position("e", 1), kind, b'{"a":1}'))
    (event,) = read_stream(push.framed(Framing.SSE))[0]
    assert event.type == kind == json.loads(event.data)["type"]


@given(st.text(alphabet="\r\n:\0 \u2028\u2029\ufeff\x85dataevent"))
def test_no_text_makes_an_event_of_its_own(text: str) -> None:
    push = Outgoing.of_push(Typing(room="r", user=text, name=""))
    (event,) = read_stream(push.framed(Framing.SSE))[0]
    assert (event.type, json.loads(event.data)["user"]) == ("typing", text)


@pytest.mark.gen_test(timeout=20)
async def test_a_stream_is_as_browsers_ask_for_it(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client, client.request("/events") as (headers, reader):
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert "no-cache" in headers["Cache-Control"]
        head = await reader.readuntil(b"event: presence\n")
        assert not head.startswith(b"\xef\xbb\xbf")
        events, parser = read_stream(head + b"data: {}\n\n")
        assert parser.retry_ms is not None and parser.retry_ms > 0
        assert [event.type for event in events] == ["hello", "presence"]
