"""RFC 6455 section 8.1 with RFC 3629: text is UTF-8"""

import pytest

from tests.support.frames import CLOSE, CONTINUATION, TEXT, Frame, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

GOOD = {
    "empty": b"",
    "greek": "κόσμε".encode(),
    "each length's first": "\0\u0080\u0800\U00010000".encode(),
    "each length's last": "\x7f\u07ff\uffff\U0010ffff".encode(),
    "around surrogates": "\ud7ff\ue000\ufffd".encode(),
    "non-characters": "\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe\ufdd0".encode(),
    "a byte order mark": "\ufeffx".encode(),
    "line ends and controls": "\r\n\0\x1b\u2028".encode(),
}
BAD = {
    "a continuation alone": b"\x80",
    "many alone": b"\x80\xbf" * 3,
    "every first byte alone": bytes(range(0xC0, 0xFE)),
    "two bytes, one missing": b"\xc3",
    "three bytes, one missing": b"\xe2\x82",
    "four bytes, one missing": b"\xf0\x9f\x98",
    "one missing, then more": b"\xe2\x82x",
    "an overlong slash": b"\xc0\xaf",
    "in three": b"\xe0\x80\xaf",
    "in four": b"\xf0\x80\x80\xaf",
    "an overlong NUL": b"\xc0\x80",
    "the longest overlong": b"\xf0\x8f\xbf\xbf",
    "a high surrogate": b"\xed\xa0\x80",
    "a low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "past the last": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "what is never there": b"\xfe\xff",
    "good and bad": "κόσμε".encode() + b"\xed\xa0\x80edited",
}


@pytest.mark.parametrize("what", GOOD)
async def test_what_unicode_has_comes_back(echo_url: str, what: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, GOOD[what])
        assert await socket.read() == Frame(TEXT, GOOD[what])


@pytest.mark.parametrize("what", GOOD)
async def test_fragments_may_cut_a_character(echo_url: str, what: str) -> None:
    payload = GOOD[what]
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, b"", is_last=False)
        for n in range(len(payload)):
            socket.send(CONTINUATION, payload[n : n + 1], is_last=False)
        socket.send(CONTINUATION)
        assert await socket.read() == Frame(TEXT, payload)


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_utf_8_ends_it(echo_url: str, what: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, BAD[what])
        await socket.until_ended(1007)


@pytest.mark.parametrize("what", BAD)
async def test_in_fragments_too(echo_url: str, what: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, BAD[what][:1], is_last=False)
        socket.send(CONTINUATION, BAD[what][1:])
        await socket.until_ended(1007)


@pytest.mark.parametrize("what", BAD)
async def test_the_reason_of_a_close_is_text(echo_url: str, what: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE, b"\x03\xe8" + BAD[what])
        await socket.until_ended(1007)
