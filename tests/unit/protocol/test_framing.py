"""What is framed here is read by others as it was meant."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.framing import sse_event, sse_id, sse_retry, websocket_frame
from chat.protocol.pushes import Typing
from tests.support.event_stream import read_stream
from tests.unit.fakes import decode_frames

EDGES = [0, 1, 125, 126, 127, 65535, 65536, 65537, 200_000]


@pytest.mark.parametrize("size", EDGES)
def test_frames_of_every_length_are_read_back(size: int) -> None:
    payload = json.dumps("x" * max(0, size - 2)).encode()
    assert decode_frames(websocket_frame(payload) * 2) == ["x" * max(0, size - 2)] * 2


@pytest.mark.parametrize("size,head", [(125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_the_shortest_head_is_used(size: int, head: int) -> None:
    # RFC 6455 section 5.2: "the minimal number of bytes MUST be used to encode the length".
    assert len(websocket_frame(b"x" * size)) == size + head


@given(st.text(), st.text())
def test_a_push_is_one_event_whatever_its_text(text: str, name: str) -> None:
    push = Typing(room="r", user=text, name=name)
    events, _ = read_stream(sse_event("typing", push.encode()) * 2)
    assert [event.type for event in events] == ["typing", "typing"]
    data = json.loads(events[0].data)
    assert (data["user"], data["name"]) == (text, name)


@pytest.mark.parametrize("text", ["\n\nevent: x\ndata: y\n\n", "\r", "\r\n", "\u2028", "\0", ":"])
def test_a_text_can_begin_no_event_of_its_own(text: str) -> None:
    (event,) = read_stream(sse_event("typing", Typing(room="r", user=text, name="").encode()))[0]
    assert json.loads(event.data)["user"] == text


def test_an_id_holds_for_its_event_and_those_behind_it() -> None:
    stream = sse_id("a:e:1") + sse_event("x", b"1") + sse_event("x", b"2")
    assert [event.id for event in read_stream(stream)[0]] == ["a:e:1", "a:e:1"]


def test_the_delay_before_coming_back_comes_with_an_event_and_makes_none_of_its_own() -> None:
    stream = sse_retry(2000) + sse_event("x", b"1")
    events, parser = read_stream(stream)
    assert ([event.type for event in events], parser.retry_ms) == (["x"], 2000)
    assert stream.count(b"\n\n") == 1
