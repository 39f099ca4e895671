"""Requests with valid and invalid framing, and fragments of WebSocket messages."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from tests.security.endpoints import ANYWHERE, SOCKETS, Endpoint
from tests.security.fuzz.rounds import rounds
from tests.security.fuzz.target import SILENCE_S, Target
from tests.security.fuzz.test_wire import SHARE

EXAMPLES = 80
BODY = b'{"type":"ping"}'

LENGTHS = st.sampled_from(
    [
        b"0",
        b"1",
        b"15",
        b"016",
        b"+15",
        b"-1",
        b"0x0f",
        b"15, 15",
        b"15,16",
        b"9" * 30,
        b"",
        b" 15 ",
    ]
)
CODINGS = st.sampled_from(
    [
        b"chunked",
        b"Chunked",
        b"chunked, chunked",
        b"gzip, chunked",
        b"chunked;q=1",
        b"identity",
        b"",
    ]
)
LINES = st.one_of(
    LENGTHS.map(lambda it: b"Content-Length: " + it),
    CODINGS.map(lambda it: b"Transfer-Encoding: " + it),
    st.sampled_from(
        [
            b"Connection: close",
            b"Connection: keep-alive",
            b"Connection: Upgrade, close",
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            b"Upgrade: h2c",
            b"Upgrade: x, websocket",
            b"HTTP2-Settings: AAMAAABkAAQAAP__",
            b"Expect: 100-continue",
            b"Expect: x",
            b"Host: b",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Version: 8",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            b'Sec-WebSocket-Extensions: x; y="',
            b"Trailer: Content-Length",
            b"TE: trailers",
            b" folded: x",
            b"A : b",
            b"no colon",
            b": x",
            b"A: \0",
            b"A: \r",
            b"X: \xff\xfe",
        ]
    ),
)
CHUNKS = st.lists(
    st.builds(
        lambda size, extension, data, end: size + extension + b"\r\n" + data + end,
        st.sampled_from(
            [b"1", b"f", b"F", b"0", b"00f", b"-1", b"0x1", b"", b"f" * 17, b" 1", b"1 "]
        ),
        st.sampled_from([b"", b";a=b", b';a="b', b"; " + b"x" * 300, b"\n"]),
        st.sampled_from([b"", BODY, b"x"]),
        st.sampled_from([b"\r\n", b"\n", b"", b"\r\nx"]),
    ),
    max_size=4,
).map(b"".join)
TRAILERS = st.lists(
    st.sampled_from(
        [b"X-Forwarded-For: 9.1.1.1", b"Cookie: a=b", b"Content-Length: 3", b"Host: b", b"x", b""]
    ),
    max_size=3,
).map(lambda lines: b"0\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
BODIES = st.sampled_from([b"", BODY, BODY + b"x"]) | st.tuples(CHUNKS, TRAILERS).map(b"".join)
VERSIONS = st.sampled_from(
    [b"HTTP/1.1"] * 4 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"", b"http/1.1"]
)


def head(to: Endpoint, version: bytes, lines: list[bytes]) -> bytes:
    first = f"{to.method} {to.path} ".encode() + version
    return b"\r\n".join([first, b"Host: a", *lines, b"", b""])


REQUESTS = st.builds(
    lambda to, version, lines, body: head(to, version, lines) + body,
    st.sampled_from(ANYWHERE),
    VERSIONS,
    st.lists(LINES, max_size=4),
    BODIES,
)


def test_framings(target: Target) -> None:
    @given(st.lists(REQUESTS, min_size=1, max_size=3))
    def framing(requests: list[bytes]) -> None:
        for status in target.statuses(b"".join(requests), within_s=SILENCE_S):
            assert status < 500, requests
        target.is_well()

    rounds(framing, share=SHARE, examples=EXAMPLES)


def test_requests_in_pieces(target: Target) -> None:
    """The next request is answered, however this one is cut, also after a reset in its middle."""

    @given(REQUESTS, st.lists(st.floats(0, 1), max_size=4), st.booleans())
    def pieces(request: bytes, cuts: list[float], is_reset: bool) -> None:
        places = sorted(int(cut * len(request)) for cut in cuts)
        parts = [request[a:b] for a, b in zip([0, *places], [*places, len(request)], strict=True)]
        target.send_pieces(parts[:-1] if is_reset and len(parts) > 1 else parts)
        target.is_well()

    rounds(pieces, share=SHARE, examples=EXAMPLES)


def frame(opcode: int, is_last: bool, payload: bytes) -> bytes:
    size = len(payload)
    length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0xFE, size)
    return bytes([0x80 * is_last | opcode]) + length + bytes(4) + payload


PAYLOADS = st.sampled_from(
    [b"", b"{", b'"type":"ping"', b"}", '{"type":"ping","id":"é'.encode()[:-1], b"\xff", b"x" * 200]
)
FRAGMENTS = st.lists(
    st.builds(frame, st.sampled_from([0, 0, 0, 1, 1, 2, 8, 9, 10]), st.booleans(), PAYLOADS),
    max_size=12,
)


def test_fragments(target: Target) -> None:
    @given(st.sampled_from(SOCKETS), FRAGMENTS)
    def fragments(path: str, sent: list[bytes]) -> None:
        target.speak(path, b"".join(sent))
        target.is_well()

    rounds(fragments, share=SHARE, examples=EXAMPLES)
