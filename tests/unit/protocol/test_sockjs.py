"""What SockJS puts around messages: https://sockjs.github.io/sockjs-protocol (0.3.3)."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import DISCONNECTS, Disconnect
from chat.protocol.sockjs import MAX_MESSAGES, closing, message, message_frame, messages


@given(st.text())
@example("100% of %41 and %zz")
def test_a_message_is_the_payload_as_a_string_that_nothing_on_the_way_changes(text: str) -> None:
    payload = json.dumps({"text": text}, ensure_ascii=False).encode(errors="replace")
    encoded = message(payload)
    assert encoded.isascii()
    assert json.loads(encoded) == payload.decode()
    assert b"%" not in encoded  # sockjs-client decodes what an event stream brings: decodeURI


def test_a_frame_is_a_whole_text_frame_with_an_array_of_one_message() -> None:
    assert message_frame(b'{"type":"pong"}') == b'\x81\x18a["{\\"type\\":\\"pong\\"}"]'


@pytest.mark.parametrize("disconnect", [*DISCONNECTS, Disconnect(4999, 'a "quoted" \\reason')])
def test_closing_says_the_code_and_the_reason(disconnect: Disconnect) -> None:
    encoded = closing(disconnect)
    assert encoded[:1] == b"c"
    assert json.loads(encoded[1:]) == [*disconnect]


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (b"", []),
        (b'""', []),
        (b"[]", []),
        (b'"a"', ["a"]),
        (b'["a"]', ["a"]),
        (b'["a", "b"]', ["a", "b"]),
        (b'[""]', [""]),
        ('["é\\u0000\\ud83d\\ude00"]'.encode(), ["é\0😀"]),
        (json.dumps(["x"] * MAX_MESSAGES).encode(), ["x"] * MAX_MESSAGES),
    ],
)
def test_a_client_sends_an_array_of_strings_or_one_string(sent: bytes, taken: list[str]) -> None:
    assert messages(sent) == taken


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b'["a', "bad_json"),
        (b"[1]", "bad_json"),
        (b'{"a": 1}', "bad_json"),
        (b"null", "bad_json"),
        (b'["\xff"]', "bad_json"),
        (b'["\\ud800"]', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'["a"] x', "bad_json"),
        (json.dumps(["x"] * (MAX_MESSAGES + 1)).encode(), "too_long"),
    ],
)
def test_anything_else_is_refused_whole(sent: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        messages(sent)
    assert refused.value.code == code
