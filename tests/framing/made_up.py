"""Requests that hypothesis generates; each time the same ones."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.framing.corpus import INNER, NEXT, Case, head, number

_PIECES = st.sampled_from([
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b"\x00", b"\x0b", b"\x7f", b"\xff", b",",
    b";", b"0", b"4", b"abcd", b"0\r\n\r\n", b"4\r\nabcd\r\n", b"ffff", b"Host: h\r\n", b"X: y\r\n",
    b"Content-Length: 4\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: x\r\n", b"Expect: 100-continue\r\n",
    b"GET / HTTP/1.1\r\n", b"HTTP/1.0", b"HTTP/1.1", INNER,
])  # fmt: skip
_LINES = st.lists(
    st.sampled_from([
        b"Content-Length: 4", b"Content-Length: 04", b"Content-Length: 5", b"X: y", b"X:",
        b"Transfer-Encoding: chunked", b"Connection: close", b"Connection: Upgrade", b"Upgrade: x",
        b"Content-Length: %d" % len(INNER), b"Expect: 100-continue", b"Trailer: X",
    ]),
    max_size=3,
    unique=True,
)  # fmt: skip
_FIRST = st.builds(
    b"%b %b HTTP/1.%b".__mod__,
    st.tuples(
        st.sampled_from([b"GET", b"POST", b"HEAD", b"BREW"]),
        st.sampled_from([b"/first", b"http://h/first", b"*"]),
        st.sampled_from([b"0", b"1", b"1", b"1"]),
    ),
)
_BODIES = st.sampled_from([
    b"", b"abcd", b"abcde", INNER, b"0\r\n\r\n", b"4\r\nabcd\r\n0\r\n\r\n",
    b"4\r\nabcd\r\n0\r\nX: y\r\n\r\n",
    b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER), b"4;a=b\r\nabcd\r\n00\r\n\r\n",
])  # fmt: skip


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """Generate requests in which a few bytes are replaced by others that have a meaning."""
    parts = draw(st.lists(st.tuples(_FIRST, _LINES, _BODIES), min_size=1, max_size=3))
    data = bytearray(b"".join(head(*lines, line=line) + body for line, lines, body in parts))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(_PIECES)
    return bytes(data) + NEXT


def made_up(count: int, *, begin: int) -> list[Case]:
    """Return ``count`` cases, numbered from ``begin``."""
    found: list[bytes] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(conversations())
    def collect(data: bytes) -> None:
        found.append(data)

    collect()
    return number("made up", found, begin=begin)
