"""Bytes become requests in one way, wherever they are cut; what has two readings is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.http.fields import MAX_HEADERS
from chat.http.head import MAX_HEAD_BYTES
from chat.http.messages import HttpRequest, Refusal
from chat.http.request_reader import RequestReader

MAX_BODY_BYTES = 1000
LONG = 5000  # of a body that is streamed
GET = b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n"
CHUNKED = POST % b"Transfer-Encoding: chunked"


def new_reader() -> RequestReader:
    return RequestReader(MAX_BODY_BYTES)


def read(*pieces: bytes) -> list[HttpRequest | int]:
    """Return the requests in ``pieces``, and after them the status of what is refused."""
    reader, found = new_reader(), list[HttpRequest | int]()
    try:
        for piece in pieces:
            if (repeated := reader.repeated(piece)) is not None:
                found.append(repeated)
                continue
            reader.receive(piece)
            while (request := reader.next_request()) is not None:
                found.append(request)
    except Refusal as refusal:
        found.append(refusal.status)
    return found


def streaming(data: bytes, cut_at: int) -> tuple[list[HttpRequest], bytes]:
    """Return the requests and the streamed body in ``data``, which comes in two pieces."""
    reader = RequestReader(MAX_BODY_BYTES, lambda method, path: LONG if path == "/up" else None)
    requests, body = list[HttpRequest](), b""
    for piece in (data[:cut_at], data[cut_at:]):
        reader.receive(piece)
        while True:
            if reader.is_streaming:
                taken = reader.next_piece()
                body += taken
                if not taken and reader.is_streaming:
                    break
            elif (request := reader.next_request()) is not None:
                requests.append(request)
            else:
                break
    return requests, body


def only(*pieces: bytes) -> HttpRequest:
    (request,) = read(*pieces)
    assert isinstance(request, HttpRequest)
    return request


def head_of_bytes(size: int) -> bytes:
    begun = GET[:-2] + b"X: "
    return begun + b"x" * (size - len(begun) - 4) + b"\r\n\r\n"


class TestStreamedBodies:
    UP = b"POST /up?name=a HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n"
    BODY = bytes(range(256)) * 15  # longer than other bodies may be

    @pytest.mark.parametrize("cut_at", [*range(0, 120), 1000, 3950, -50, -3, -1])
    def test_a_body_comes_in_pieces_wherever_it_is_cut(self, cut_at: int) -> None:
        chunks = b"".join(
            b"%x\r\n%b\r\n" % (len(piece), piece)
            for piece in (self.BODY[:1], self.BODY[1:2000], self.BODY[2000:])
        )
        for data in (
            self.UP % (b"Content-Length: %d" % len(self.BODY)) + self.BODY,
            self.UP % b"Transfer-Encoding: chunked" + chunks + b"0\r\nX: trailer\r\n\r\n",
        ):
            (first, second), body = streaming(data + GET, cut_at)
            assert (first.target, first.body, first.is_streamed) == ("/up?name=a", b"", True)
            assert body == self.BODY
            assert (second.target, second.is_streamed) == ("/a?b", False)

    def test_a_request_without_a_body_has_none_to_stream(self) -> None:
        for lines in (b"Content-Length: 0", b"X: y"):
            (request,), body = streaming(self.UP % lines, 10)
            assert (request.is_streamed, request.body, body) == (False, b"", b"")

    @pytest.mark.parametrize(
        "data",
        [
            UP % b"Content-Length: 5001",
            UP % b"Transfer-Encoding: chunked" + b"1389\r\n",
            UP % b"Transfer-Encoding: chunked" + b"1387\r\n" + bytes(4999) + b"\r\n2\r\n",
            POST % b"Content-Length: 1001",
        ],
    )
    def test_a_body_has_its_own_limit(self, data: bytes) -> None:
        with pytest.raises(Refusal) as raised:
            streaming(data, 20)
        assert raised.value.status == 413

    def test_a_stream_of_tiny_chunks_is_refused(self) -> None:
        tiny = b"1;%b\r\nx\r\n" % (b"e" * 200)
        with pytest.raises(Refusal):
            streaming(self.UP % b"Transfer-Encoding: chunked" + tiny * 99, 5)

    def test_the_last_request_of_a_connection_may_have_a_stream(self) -> None:
        data = self.UP % b"Content-Length: 3\r\nConnection: close" + b"abc" + GET
        (request,), body = streaming(data, 70)
        assert (request.is_kept_alive, body) == (False, b"abc")


class TestWhatIsAsked:
    def test_a_request_has_all_that_it_says(self) -> None:
        request = only(POST % b"X-A:1\r\nx-a: \t2 \r\nContent-Length: 3" + b"abc")
        assert (request.method, request.target, request.version) == ("POST", "/", "1.1")
        assert request.headers == [
            (b"Host", b"h"), (b"X-A", b"1"), (b"x-a", b"2"), (b"Content-Length", b"3"),
        ]  # fmt: skip
        assert request.body == b"abc"
        assert request.is_kept_alive

    @pytest.mark.parametrize(
        "lines,is_kept",
        [
            (b"1.1", True),
            (b"1.1\r\nConnection: close", False),
            (b"1.1\r\nConnection: x, CLOSE", False),
            (b"1.1\r\nConnection: x\r\nConnection:\tclose ,", False),
            (b"1.1\r\nConnection: closed", True),
            (b"1.0", False),
            (b"1.0\r\nConnection: Keep-Alive", True),
            (b"1.0\r\nConnection: keep-alive, close", False),
        ],
    )
    def test_it_says_whether_more_comes(self, lines: bytes, is_kept: bool) -> None:
        assert only(GET.replace(b"1.1", lines)).is_kept_alive is is_kept

    def test_one_empty_line_before_it_is_passed_over_and_no_more(self) -> None:
        assert len(read(b"\r\n" + GET + b"\r\n" + GET)) == 2
        for pieces in ((b"\r\n\r\n",), (b"\r\n", b"\r\n"), (b"\r\n\r\n" + GET,)):
            assert read(*pieces) == [400]

    @pytest.mark.parametrize("target", [b"/", b"//a/b", b"/%00|{}^<>\\`", b"/?a?b"])
    def test_a_path_is_told_as_it_came(self, target: bytes) -> None:
        assert only(GET.replace(b"/a?b", target)).target == target.decode()

    @pytest.mark.parametrize(
        "target,path",
        [
            (b"http://o/x?y", "/x?y"),
            (b"HTTPS://o:81", "/"),
            (b"http://[::1]:8/", "/"),
            (b"http://o?y/z", "/?y/z"),
        ],
    )
    def test_in_the_absolute_form_the_address_is_the_host(self, target: bytes, path: str) -> None:
        for host in (b"Host: h\r\n", b"hOST:\r\n"):
            request = only(GET.replace(b"/a?b", target).replace(b"Host: h\r\n", host))
            assert request.target == path
            assert request.host.encode() in target
            assert len(request.headers) == 1
        by_1_0 = GET.replace(b"/a?b", target).replace(b"1.1\r\nHost: h", b"1.0")
        assert only(by_1_0).host == request.host

    def test_all_of_the_server_may_be_asked_for_its_options(self) -> None:
        for target in (b"*", b"http://h"):
            assert only(GET.replace(b"GET /a?b", b"OPTIONS " + target)).target == "*"

    @pytest.mark.parametrize(
        "line",
        [
            b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1",
            b"GET\t/ HTTP/1.1", b"GET / /b HTTP/1.1", b"G@T / HTTP/1.1", b"GET a HTTP/1.1",
            b"GET * HTTP/1.1", b"GET /# HTTP/1.1", b"GET /\x7f HTTP/1.1", b"GET /\xc3\xa9 HTTP/1.1",
            b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET / HTTP/0.9", b"GET / http/1.1",
            b"GET / HTTP/1.10", b"GET / HTTP/01.1", b"GET / HTTPS/1.1", b"PRI * HTTP/2.0",
            b"GET h:80 HTTP/1.1", b"GET http:/a HTTP/1.1", b"GET http:// HTTP/1.1",
            b"GET http:///a HTTP/1.1", b"GET http://u@h/ HTTP/1.1", b"GET http://:80/ HTTP/1.1",
            b"GET ftp://h/ HTTP/1.1", b"GET http://a,b/ HTTP/1.1", b"X" * 33 + b" / HTTP/1.1",
        ],
    )  # fmt: skip
    def test_a_line_that_asks_for_nothing_is_refused_when_it_is_there(self, line: bytes) -> None:
        assert read(line + b"\r\nHost: h\r\n\r\n") == [400]
        if b"http" not in line:  # its address is read with the head
            assert read(line, b"\r\n") in ([400], [])

    def test_tunnels_are_refused(self) -> None:
        assert read(b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n") == [501]

    def test_any_token_is_a_method(self) -> None:
        assert only(GET.replace(b"GET", b"M-SEARCH")).method == "M-SEARCH"


class TestFields:
    @pytest.mark.parametrize("value", [b"", b" ", b"\t a\tb \t", b"\x80\xff", b'":;,'])
    def test_blanks_round_a_value_are_no_part_of_it(self, value: bytes) -> None:
        request = only(POST % (b"X:" + value))
        assert request.headers[1] == (b"X", value.strip(b" \t"))

    @pytest.mark.parametrize(
        "line",
        [
            b"X", b": a", b"X : a", b"X\t: a", b" X: a", b"\tX: a", b"X: a\r\n b", b"X: a\r\n\tb",
            b"X\xe9: a", b"(X): a", b"X Y: a", b"X: a\0", b"X: \x0b", b"X: a\x7fb", b"X: \x1b[0m",
            b"X: a\nY: b", b"X: a\rY: b", b"X: a\r", b"\r", b"X:\x00",
        ],
    )  # fmt: skip
    def test_a_line_that_is_none_is_refused(self, line: bytes) -> None:
        for request in (
            POST % line,
            POST % (line + b"\r\nY: z"),
            CHUNKED + b"0\r\n%b\r\n\r\n" % line,
        ):
            assert read(request) == [400], request

    def test_a_bare_line_feed_is_refused_without_waiting_for_more(self) -> None:
        assert read(GET.replace(b"\r\n", b"\n")) == [400]
        assert read(GET[:-4] + b"\nX: y") == [400]
        assert read(GET[:-4], b"\n") == [400]
        assert read(GET[:-3], b"X") == [400]
        assert read(b"\x16\x03\x01\x00") == [400]

    def test_there_are_as_many_as_the_limit(self) -> None:
        lines = b"\r\n".join([b"X: y"] * (MAX_HEADERS - 1))
        assert len(only(POST % lines).headers) == MAX_HEADERS
        assert read(POST % (lines + b"\r\nX: y")) == [431]

    def test_a_head_is_as_long_as_the_limit(self) -> None:
        assert only(head_of_bytes(MAX_HEAD_BYTES))
        assert read(head_of_bytes(MAX_HEAD_BYTES + 1)) == [431]
        without_end = head_of_bytes(2 * MAX_HEAD_BYTES)
        assert read(without_end[:MAX_HEAD_BYTES]) == []
        assert read(without_end[: MAX_HEAD_BYTES + 1]) == [431]

    @pytest.mark.parametrize(
        "hosts",
        [b"", b"Host: a\r\nHost: a\r\n", b"Host: a b\r\n", b"Host: a,b\r\n", b"Host: a/\r\n"],
    )
    def test_a_request_names_one_host(self, hosts: bytes) -> None:
        assert read(GET.replace(b"Host: h\r\n", hosts)) == [400]


class TestBodies:
    @pytest.mark.parametrize("length", [b"3", b"003", b" 3\t"])
    def test_a_length_is_digits(self, length: bytes) -> None:
        requests = read(POST % (b"Content-Length:" + length) + b"abc" + GET)
        assert [it.body for it in requests if isinstance(it, HttpRequest)] == [b"abc", b""]

    @pytest.mark.parametrize(
        "lines",
        [
            b"Content-Length:", b"Content-Length: +3", b"Content-Length: -3",
            b"Content-Length: 3, 3", b"Content-Length: 0x3", b"Content-Length: 3 3",
            b"Content-Length: 3_0", b"Content-Length: \xb3", b"Content-Length: " + b"9" * 20,
            b"Content-Length: 3\r\nContent-Length: 3", b"Content-Length: 3\r\nContent-Length: 4",
            b"Content-Length: 3\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 3",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding:", b"Transfer-Encoding: identity", b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: chunked,", b"Transfer-Encoding: chunked;q=1",
            b"Transfer-Encoding: \x0bchunked",
        ],
    )  # fmt: skip
    def test_what_could_be_two_lengths_is_refused(self, lines: bytes) -> None:
        assert read(POST % lines + b"0\r\n\r\n") == [400]

    def test_http_1_0_has_no_chunks(self) -> None:
        request = CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n"
        assert read(request) == [400]
        assert read(
            request.replace(b"\r\nTransfer", b"\r\nConnection: keep-alive\r\nTransfer")
        ) == [400]

    def test_a_body_is_as_long_as_the_limit(self) -> None:
        body = b"x" * MAX_BODY_BYTES
        assert only(POST % b"Content-Length: 1000", body).body == body
        assert read(POST % b"Content-Length: 1001") == [413]
        assert only(CHUNKED, b"3e8\r\n" + body, b"\r\n0\r\n\r\n").body == body
        assert read(CHUNKED, b"3e8\r\n" + body, b"\r\n1\r\n") == [413]
        assert read(CHUNKED, b"3e9\r\n") == [413]

    def test_nothing_compressed_is_taken(self) -> None:
        assert read(POST % b"Content-Encoding: gzip") == [415]
        assert only(POST % b"Content-Encoding: Identity")

    def test_an_upgrade_that_nobody_does_changes_nothing(self) -> None:
        for protocol in (b"x", b"h2c", b"websocket", b"TLS/1.0"):
            lines = b"Connection: Upgrade\r\nUpgrade: %b\r\nContent-Length: %d"
            request = POST % (lines % (protocol, len(GET)))
            for pieces in ((request + GET + GET,), (request, GET, GET)):
                first, second = read(*pieces)
                assert isinstance(first, HttpRequest) and first.body == GET
                assert isinstance(second, HttpRequest) and second.body == b""


class TestChunks:
    @pytest.mark.parametrize(
        "chunks",
        [
            b"3\r\nabc\r\n0\r\n\r\n",
            b"003\r\nabc\r\n000\r\n\r\n",
            b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            b'3;a\r\nabc\r\n0 ; b="\xff\t"\r\n\r\n',
            b"3\r\nabc\r\n0\r\nX: y\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n",
        ],
    )
    def test_they_are_joined_and_extensions_and_trailers_dropped(self, chunks: bytes) -> None:
        first, second = read(CHUNKED + chunks + GET)
        assert isinstance(first, HttpRequest) and isinstance(second, HttpRequest)
        assert first.body == b"abc"
        assert [name for name, _ in first.headers] == [b"Host", b"Transfer-Encoding"]

    @pytest.mark.parametrize(
        "chunks",
        [
            b"\r\n", b"0x3\r\n", b"+3\r\n", b"-3\r\n", b" 3\r\n", b"3 \r\n", b"3 3\r\n", b"3\n",
            b"g\r\n", b"3,\r\n", b"3;\x00\r\n", b"3;\n", b"3;a\rb\r\n", b"3\r\nabcd\r\n",
            b"3\r\nabc\n0\r\n", b"3\r\nabc0\r\n", b"3\r\nabc\r0\r\n", b"0\r\n\n", b"0\r\n0\r\n\r\n",
            b"f" * 17, b"3;" + b"x" * 300, b"0" * 17 + b"\r\n",
        ],
    )  # fmt: skip
    def test_what_is_none_is_refused_without_waiting_for_more(self, chunks: bytes) -> None:
        assert read(CHUNKED + chunks) == [400]

    def test_trailers_count_with_the_head(self) -> None:
        room = MAX_HEAD_BYTES - len(CHUNKED)
        trailers = b"X: " + b"x" * (room - 7) + b"\r\n\r\n"
        assert only(CHUNKED + b"0\r\n", trailers)
        assert read(CHUNKED + b"0\r\n", b"x" + trailers) == [431]
        assert read(CHUNKED + b"0\r\n", b"X: " + b"x" * room) == [431]
        lines = b"X: y\r\n" * (MAX_HEADERS - 2)
        assert only(CHUNKED + b"0\r\n" + lines + b"\r\n")
        assert read(CHUNKED + b"0\r\n" + lines + b"X: y\r\n\r\n") == [431]

    def test_a_body_in_crumbs_is_refused(self) -> None:
        """A megabyte of it would be a million chunks."""
        reader = RequestReader(1 << 20)
        reader.receive(CHUNKED + b"1\r\nx\r\n" * 4000)
        assert reader.next_request() is None
        reader.receive(b"1\r\nx\r\n" * 4000)
        with pytest.raises(Refusal) as refused:
            reader.next_request()
        assert refused.value.status == 400

    def test_a_long_body_in_lines_is_read(self) -> None:
        reader, line = RequestReader(1 << 20), b"x" * 80
        reader.receive(CHUNKED + b"50\r\n%b\r\n" % line * 10_000 + b"0\r\n\r\n")
        request = reader.next_request()
        assert request is not None and request.body == line * 10_000


class TestConversation:
    def test_what_is_behind_a_request_waits_until_the_next_is_asked_for(self) -> None:
        reader = new_reader()
        reader.receive(GET + b"\x82\x05hello")
        assert reader.next_request() is not None
        assert reader.has_unread and not reader.is_between
        assert reader.pop_unread() == b"\x82\x05hello"
        assert reader.is_between

    def test_nothing_behind_a_last_request_is_looked_at(self) -> None:
        last = GET.replace(b"Host", b"Connection: close\r\nHost")
        for pieces in ((last + b"\0 no HTTP",), (last, b"\0 no HTTP"), (last + GET,)):
            (request,) = read(*pieces)
            assert isinstance(request, HttpRequest) and not request.is_kept_alive
        reader = new_reader()
        reader.receive(last)
        assert reader.next_request() and not reader.has_ignored
        reader.receive(b"more")
        assert reader.has_ignored and not reader.has_unread and reader.held_bytes == 0

    def test_who_waits_to_be_told_to_send_a_body_is_told_once(self) -> None:
        expecting = POST % b"Expect: 100-Continue\r\nExpect: 100-continue\r\nContent-Length: 1"
        reader = new_reader()
        for _ in range(2):
            reader.receive(expecting)
            assert reader.next_request() is None
            assert reader.pop_expectation() and not reader.pop_expectation()
            reader.receive(b"x")
            assert reader.next_request() is not None
            assert not reader.pop_expectation()

    @pytest.mark.parametrize(
        "request_", [
            POST % b"Expect: 100-continue\r\nContent-Length: 2" + b"x",
            POST % b"Expect: 100-continue",
            POST % b"Expect: 100-continue\r\nContent-Length: 0",
            POST % b"Expect: x\r\nContent-Length: 1",
            (POST % b"Expect: 100-continue\r\nContent-Length: 1").replace(b"1.1", b"1.0"),
        ],
    )  # fmt: skip
    def test_who_does_not_wait_is_not_told(self, request_: bytes) -> None:
        reader = new_reader()
        reader.receive(request_)
        reader.next_request()
        assert not reader.pop_expectation()

    def test_what_is_held_is_counted_and_forgotten(self) -> None:
        reader = new_reader()
        reader.receive(POST % b"Content-Length: 1000" + b"x" * 400)
        assert reader.next_request() is None
        assert reader.held_bytes == 400
        assert reader.is_in_body
        reader.receive(b"x" * 600 + GET)
        assert reader.next_request() is not None
        assert reader.held_bytes <= 600 + len(GET)
        assert reader.next_request() is not None
        assert reader.held_bytes == 0


REQUESTS = [
    GET,
    b"\r\n" + GET,
    POST % b"Content-Length: 5" + b"a\r\n\r\n",
    CHUNKED + b"3\r\nabc\r\n2;x\r\n\r\n\r\n0\r\nX: y\r\n\r\n",
    GET.replace(b"/a?b", b"http://o/x"),
    GET.replace(b"\r\nHost", b"\nHost"),
    GET.replace(b"Host: h", b"Host : h"),
    CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    POST % b"Content-Length: 1001",
    GET.replace(b"Host", b"Connection: close\r\nHost"),
]


BEFORE = [
    GET,
    CHUNKED + b"0\r\n\r\n",
    POST % b"Content-Length: 5" + b"a\r\n\r\n",
    GET.replace(b"/a?b", b"http://o/x"),
    GET.replace(b"1.1", b"1.0\r\nConnection: keep-alive"),
    GET.replace(b"Host", b"Upgrade: websocket\r\nConnection: upgrade\r\nHost"),
]
VARIANTS = [
    *(line.join(request.split(b" HTTP/1.1", 1)) for request in BEFORE for line in (b" HTTP/1.0",)),
    *(b"PUT" + request[request.index(b" ") :] for request in BEFORE),
    *(request.replace(b" /", b" http://p/", 1) for request in BEFORE),
    *(request.replace(b"o/x", b"p/y", 1) for request in BEFORE),
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("request_", dict.fromkeys([*REQUESTS, *BEFORE, *VARIANTS]))
def test_a_request_is_read_as_if_it_were_the_first(before: bytes, request_: bytes) -> None:
    assert isinstance(only(before), HttpRequest) and only(before).is_kept_alive
    assert read(before + request_)[1:] == read(request_)
    assert read(before, request_)[1:] == read(request_)


@given(
    st.sampled_from([b"GET", b"HEAD", b"POST", b"get", b"GETX"]),
    st.lists(
        st.sampled_from([
            b"/", b"/a", b"?b=", b"#", b" ", b"\r\n", b"\0", b"\xff", b"HTTP/1.1", b"%20", b"*",
            b"http://o/x", b" HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /",
        ]),
        max_size=4,
    ),
    st.sampled_from([b"", b"\r\n", b"x", b"GET /"]),
)  # fmt: skip
@settings(max_examples=400, derandomize=True)
def test_what_repeats_a_head_is_read_as_if_it_came_first(
    method: bytes, target: list[bytes], more: bytes
) -> None:
    data = method + b" " + b"".join(target) + GET.removeprefix(b"GET /a?b") + more
    assert read(GET, data)[1:] == read(data)


@given(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=3), st.data())
@settings(max_examples=200, derandomize=True)
def test_wherever_it_is_cut_the_same_is_read(requests: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    bounds = [0, *cuts, len(sent)]
    pieces = [sent[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]

    def told(found: list[HttpRequest | int]) -> list[object]:
        return [
            it if isinstance(it, int) else (it.method, it.target, it.headers, it.body)
            for it in found
        ]

    assert told(read(*pieces)) == told(read(sent))
