"""A poll that repeats the last one is recognized by all that decides about it."""

from typing import cast
from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.http.connection import HttpConnection
from chat.http.messages import Refusal
from chat.http.remote import Client
from chat.http.request_reader import RequestReader
from chat.http.tornado_adapter import RequestResponseCycle
from chat.transports.nextpoll import is_repeatable, repeatable_part

CURSOR = "a:b:1"
CLIENT = Client("192.0.2.1", "http")


def cycle_of(data: bytes, client: Client = CLIENT) -> RequestResponseCycle:
    """Return the cycle of the one request in ``data``; nothing is written on its connection."""
    reader = RequestReader(1000)
    reader.receive(data)
    request = reader.next_request()
    assert request is not None and reader.is_between
    return RequestResponseCycle(cast(HttpConnection, None), request, client)


def poll(
    target: str = f"/poll?session=s&cursor={CURSOR}&hold_s=5",
    *lines: str,
    line: str = "GET {} HTTP/1.1",
    client: Client = CLIENT,
) -> RequestResponseCycle:
    head = [line.format(target), "Host: h", "Cookie: who=ada", *lines]
    return cycle_of("\r\n".join([*head, "", ""]).encode(), client)


def key_of(cycle: RequestResponseCycle) -> object:
    part = repeatable_part(cycle)
    assert part is not None
    return part[0]


@pytest.mark.parametrize("target", ["/poll?{}", "/poll?a=1&{}", "/poll?{}&b=2", "/poll?a=1&{}&b=2"])
def test_another_cursor_is_the_same_poll(target: str) -> None:
    part = repeatable_part(poll(target.format("cursor=x:y:3")))
    assert part is not None and part[1] == "x:y:3"
    assert part[0] == key_of(poll(target.format("cursor=")))


@pytest.mark.parametrize(
    "line",
    ["X-Request-Id: 1234567890", "Via: 1.1 heroku-router", "X-Request-Start: 1", "Traceparent: a",
     "X-Forwarded-For: 192.0.2.9", "User-Agent: b", "Connection: close", "Accept: text/html"],
)  # fmt: skip
def test_headers_that_decide_nothing_may_change(line: str) -> None:
    assert key_of(poll()) == key_of(poll(f"/poll?session=s&cursor={CURSOR}&hold_s=5", line))


@pytest.mark.parametrize(
    "other",
    [
        poll(f"/poll?session=t&cursor={CURSOR}&hold_s=5"),
        poll(f"/poll?session=s&cursor={CURSOR}&hold_s=6"),
        poll(f"/poll?session=s&cursor={CURSOR}&hold_s=5&hello=1"),
        poll(f"/pol?lsession=s&cursor={CURSOR}&hold_s=5"),
        *(
            poll(f"/poll?session=s&cursor={CURSOR}&hold_s=5", line)
            for line in (
                "cookie: who=bob", "COOKIE: x=y", "Authorization: Bearer t", "Origin: http://h",
                "Sec-Fetch-Site: same-origin", "sec-fetch-dest: document",
            )
        ),
        poll(client=Client("192.0.2.2", "http")),
        poll(client=Client("192.0.2.1", "https")),
    ],
)  # fmt: skip
def test_whatever_decides_makes_another_poll(other: RequestResponseCycle) -> None:
    assert key_of(poll()) != key_of(other)


@pytest.mark.parametrize(
    "other",
    [
        poll(line="POST {} HTTP/1.1"),
        poll(line="HEAD {} HTTP/1.1"),
        poll(line="GET {} HTTP/1.0"),
        poll("/poll"),
        poll("/poll?hello=1"),
        poll("/poll?hello=1", "X: cursor="),
        cycle_of(b"GET /poll?cursor=a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
    ],
)
def test_what_is_no_poll_with_a_cursor_can_not_be_repeated(other: RequestResponseCycle) -> None:
    assert repeatable_part(other) is None
    assert not is_repeatable(other, "")


@pytest.mark.parametrize(
    ("query", "cursor", "expected"),
    [
        ("cursor=a:b:1", "a:b:1", True),
        ("cursor=a%3Ab%3A1", "a:b:1", True),
        ("cursor=a:b:1&cursor=a:b:1", "a:b:1", False),
        ("xcursor=a:b:1&c%75rsor=c:d:2", "c:d:2", False),
    ],
)
def test_a_cursor_that_is_named_twice_or_otherwise_is_not_repeatable(
    query: str, cursor: str, expected: bool
) -> None:
    assert is_repeatable(poll(f"/poll?{query}"), cursor) == expected


REPEATED = b"GET /poll?a=b&%b&c=d HTTP/1.1\r\nHost: h\r\nCookie: y\r\n\r\n"


@given(
    st.lists(
        st.sampled_from([
            b"a", b":", b"b", b"1", b"%3A", b"%3a", b"%61", b"%", b"&", b" ", b"\r\n", b"\0",
            b"#", b"cursor=", b"%0D%0A", b"\r\n\r\n", b"X: y", b"HTTP/1.1", b"%31", b"\xff",
        ]),
        max_size=8,
    ),
    st.integers(0, len(REPEATED) + 8),
    st.sampled_from([b"", b"\r\n", b"x", b"GET ", b"\r\n\r\n", b"\0"]),
)  # fmt: skip
@example([b"a", b"%3A", b"b", b":", b"%31"], 0, b"")
@settings(max_examples=500, derandomize=True)
def test_what_is_recognized_says_the_same_as_the_poll_that_it_repeats(
    cursor: list[bytes], at: int, more: bytes
) -> None:
    data = REPEATED % (b"cursor=" + b"".join(cursor))
    reader = RequestReader(1000)
    reader.receive(data[:at] + more + data[at:])
    try:
        request = reader.next_request()
    except Refusal:
        return
    if request is None:
        return
    cycle = RequestResponseCycle(cast(HttpConnection, None), request, CLIENT)
    part, known = repeatable_part(cycle), cycle_of(REPEATED % b"cursor=x:y:9")
    if part is None or part[0] != key_of(known) or unquote(part[1]) != CURSOR:
        return
    found, expected = (parse_qs(of.target.partition("?")[2]) for of in (request, known.request))
    assert found == expected | {"cursor": [CURSOR]}
    assert (request.method, request.body) == ("GET", b"")
