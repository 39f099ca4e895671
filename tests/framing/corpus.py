"""Requests that programs are known to read in two ways, by family, and some plain ones.

Each head names its case in four digits, so that a reader of the head knows its case, even if it
was read out of another request's body.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple

_NUMBER: Final = b"@@@@"
# A body that must never be read as a request.
INNER: Final = b"GET /inner HTTP/1.1\r\nHost: h\r\nX-Case: @@@@\r\n\r\n"
NEXT: Final = b"GET /next HTTP/1.1\r\nHost: h\r\nX-Case: @@@@\r\n\r\n"


class Case(NamedTuple):
    """The bytes ``data`` of a client; ``is_half_closed``: it then closes its sending half."""

    family: str
    number: int
    data: bytes
    is_half_closed: bool = False


def head(*lines: bytes, line: bytes = b"POST /first HTTP/1.1", host: bytes = b"Host: h") -> bytes:
    given = [line, *([host] if host else []), b"X-Case: " + _NUMBER, *lines]
    return b"\r\n".join(given) + b"\r\n\r\n"


def number(family: str, datas: Iterable[bytes], *, begin: int, half: bool = False) -> list[Case]:
    """Return ``datas`` as cases, each with its number in it."""
    return [
        Case(family, at, data.replace(_NUMBER, b"%04d" % at), half)
        for at, data in enumerate(datas, begin)
    ]


def lengths() -> Iterator[bytes]:
    values = (
        b"4", b"4 ", b"\t4", b"04", b"000000004", b"+4", b"-4", b"4,4", b"4, 4", b"4,", b",4",
        b"0x4", b"4.0", b"4e0", b"", b"four", b"4 4", b"4\x0b", b"4\x00", b"4;a", b'"4"', b"\xb24",
        b"4_0", b"9" * 19, b"9" * 20, b"18446744073709551620", b"-0", b"0",
    )  # fmt: skip
    for value in values:
        yield head(b"Content-Length: " + value) + b"abcd" + NEXT
    for one, other in ((b"4", b"4"), (b"4", b"5"), (b"0", b"4"), (b"4", b""), (b"4", b"x")):
        yield head(b"Content-Length: " + one, b"Content-Length: " + other) + b"abcd" + NEXT
    names = (
        b"content-length", b"CONTENT-LENGTH", b"Content-Length ", b"Content-Length\t",
        b" Content-Length", b"\tContent-Length", b"Content_Length", b"Content-Length\x00",
        b"Content-Length\r", b"X-Content-Length", b"Content-Length:",
    )  # fmt: skip
    for name in names:
        yield head(name + b": %d" % len(INNER)) + INNER + NEXT
    for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"PUT"):
        line = method + b" /first HTTP/1.1"
        yield head(b"Content-Length: %d" % len(INNER), line=line) + INNER + NEXT
        yield head(line=line) + NEXT
    for encoding in (b"chunked", b"Chunked", b"xchunked", b"identity", b"gzip, chunked"):
        for lines in (
            (b"Content-Length: 4", b"Transfer-Encoding: " + encoding),
            (b"Transfer-Encoding: " + encoding, b"Content-Length: 4"),
        ):
            yield head(*lines) + b"0\r\n\r\n" + NEXT


def encodings() -> Iterator[bytes]:
    values = (
        b"chunked", b"CHUNKED", b" chunked ", b"chunked\t", b"xchunked", b"chunkedx", b"identity",
        b"", b"chunked, chunked", b"chunked,", b",chunked", b"gzip, chunked", b"chunked, gzip",
        b"identity, chunked", b"chunked;q=1", b'"chunked"', b"\x0bchunked", b"chunked\x00",
        b"\x0cchunked", b"chun ked", b"c\xe9hunked", b"compress",
    )  # fmt: skip
    for value in values:
        yield head(b"Transfer-Encoding: " + value) + b"4\r\nabcd\r\n0\r\n\r\n" + NEXT
    for name in (
        b"transfer-encoding",
        b"Transfer-Encoding ",
        b"Transfer_Encoding",
        b" Transfer-Encoding",
    ):
        yield head(name + b": chunked") + b"4\r\nabcd\r\n0\r\n\r\n" + NEXT
    for one, other in product((b"chunked", b"identity", b"gzip"), repeat=2):
        lines = b"Transfer-Encoding: " + one, b"Transfer-Encoding: " + other
        yield head(*lines) + b"0\r\n\r\n" + NEXT
    for line in (b"POST /first HTTP/1.0", b"GET /first HTTP/1.0", b"GET /first HTTP/1.1"):
        for more in ((), (b"Connection: keep-alive",), (b"Content-Length: 4",)):
            yield head(b"Transfer-Encoding: chunked", *more, line=line) + b"0\r\n\r\n" + NEXT
    yield head(b"Transfer-Encoding:\r\n chunked") + b"0\r\n\r\n" + NEXT
    yield head(b"X: y\r\n Transfer-Encoding: chunked") + b"0\r\n\r\n" + NEXT


def chunks() -> Iterator[bytes]:
    begun = head(b"Transfer-Encoding: chunked")
    sizes = (
        b"4", b"04", b"00000004", b"0" * 15 + b"4", b"0" * 20 + b"4", b"4 ", b" 4", b"\t4", b"4\t",
        b"0x4", b"+4", b"-4", b"4,", b"4 4", b"g", b"", b"4;", b"4;a", b"4;a=b", b'4;a="b"',
        b"4 ; a", b'4;a="\r\n"', b"4;\x00", b"4;" + b"x" * 200, b"4\x0b", b"4h", b"4.0", b"\xb24",
        b"fffffffffffffffff", b"100000000000000004", b"4\n", b"4\r", b"4;a\nb", b"4;\r",
    )  # fmt: skip
    for size in sizes:
        yield begun + size + b"\r\nabcd\r\n0\r\n\r\n" + NEXT
    for end in (b"\n", b"\r", b"", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"x\r\n", b" \r\n"):
        yield begun + b"4\r\nabcd" + end + b"0\r\n\r\n" + NEXT
        yield begun + b"4" + end + b"abcd\r\n0\r\n\r\n" + NEXT
        yield begun + b"4\r\nabcd\r\n0" + end + b"\r\n" + NEXT
        yield begun + b"4\r\nabcd\r\n0\r\n" + end + NEXT
    for size in (len(INNER), len(INNER) - 1, len(INNER) + 1):
        yield begun + b"%x\r\n" % size + INNER + b"\r\n0\r\n\r\n" + NEXT
    yield begun + b"".join(b"1\r\n%c\r\n" % byte for byte in INNER) + b"0\r\n\r\n" + NEXT
    yield begun + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n" + NEXT
    yield begun + b"0\r\n" + NEXT
    yield begun + b"0;a=b\r\n\r\n" + NEXT
    yield begun + b"000\r\n\r\n" + NEXT


def trailers() -> Iterator[bytes]:
    begun = head(b"Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n"
    lines = (
        b"X: y", b"Content-Length: 40", b"Transfer-Encoding: chunked", b"Host: other",
        b"X-Forwarded-For: 9.1.1.1", b"Cookie: a=b", b"Connection: close", b"Upgrade: websocket",
        b"X : y", b" X: y", b"X", b": y", b"X: y\r\n z", b"X: \x00", b"X: y\nZ: z",
        b"X:" + b"y" * 5000,
        b"Trailer: X", b"Expect: 100-continue", b"X: y\r\nX: y", b"\x00: y", b"GET / HTTP/1.1",
    )  # fmt: skip
    for line in lines:
        yield begun + line + b"\r\n\r\n" + NEXT
    yield begun + b"X: y\r\n" * 200 + b"\r\n" + NEXT
    yield begun + b"X: y\n\n" + NEXT


def upgrades() -> Iterator[bytes]:
    protocols = (b"websocket", b"h2c", b"x", b"TLS/1.0, HTTP/1.1", b"")
    options = (b"Upgrade", b"upgrade", b"keep-alive, Upgrade", b"close")
    for protocol, option in product(protocols, options):
        lines = b"Connection: " + option, b"Upgrade: " + protocol
        yield head(*lines, b"Content-Length: %d" % len(INNER)) + INNER + NEXT
        if option in (b"Upgrade", b"close"):
            yield head(*lines, line=b"GET /first HTTP/1.1") + NEXT
            yield head(*lines, b"Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n\r\n" + NEXT
    lines = b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"
    yield head(*lines, line=b"GET /first HTTP/1.1") + NEXT
    yield head(b"Upgrade: x", b"Content-Length: %d" % len(INNER)) + INNER + NEXT
    old = b"POST /first HTTP/1.0"
    yield head(*lines[:2], b"Content-Length: %d" % len(INNER), line=old) + INNER


def pipelines() -> Iterator[bytes]:
    get = head(line=b"GET /first HTTP/1.1")
    post = head(b"Content-Length: 4") + b"abcd"
    chunked = head(b"Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n\r\n"
    for parts in product((get, post, chunked), repeat=3):
        yield b"".join(parts)
    last = head(b"Connection: close", line=b"GET /first HTTP/1.1")
    for behind in (NEXT, b"\x00", b"no request\r\n\r\n", b"\r\n\r\n", b"x" * 5000):
        yield last + behind
        yield get + last + behind
        yield get + behind
        yield head(line=b"GET /first HTTP/1.0") + behind
    yield get * 30


def line_ends() -> Iterator[bytes]:
    plain = head(b"X: y", b"Content-Length: 4") + b"abcd"
    count = plain.count(b"\r\n")
    for end in (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r", b"\r\x00\n", b"\x0b\r\n", b"\x85"):
        for at in range(count):
            parts = plain.split(b"\r\n")
            yield b"\r\n".join(parts[: at + 1]) + end + b"\r\n".join(parts[at + 1 :]) + NEXT
    for before in (b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\x00", b"\t\r\n"):
        yield before + plain + NEXT
        yield plain + before + NEXT


def blanks() -> Iterator[bytes]:
    for line in (
        b"X:y", b"X: y ", b"X:\ty\t", b"X:", b"X: ", b"X : y", b"X\t: y", b" X: y", b"\tX: y",
        b"X: a\r\n b", b"X: a\r\n\tb", b"X: a\r\n ", b"X y: z", b"X\x0b: y", b"X: \x0by", b"X:\x0c",
        b"X: a\x00b", b"X: a\x7fb", b"X: \x80\xff", b"X\xe9: y", b": y", b"X", b"X\x00: y", b"(: y",
        b"X:: y", b'"X": y', b"X@: y", b"X/Y: z", b"{X}: y", b"\xa0X: y", b"X\xa0: y",
    ):  # fmt: skip
        yield head(line, b"Content-Length: 4") + b"abcd" + NEXT
        yield head(b"Content-Length: 4", line) + b"abcd" + NEXT
    for line in (
        b"GET  /first HTTP/1.1", b"GET /first  HTTP/1.1", b"GET /first HTTP/1.1 ",
        b"GET\t/first HTTP/1.1",
        b" GET /first HTTP/1.1", b"GET /fi rst HTTP/1.1", b"GET /first", b"GET", b"/first HTTP/1.1",
        b"GET /first\x0bHTTP/1.1", b"GET\x00/first HTTP/1.1", b"GET /first\x00 HTTP/1.1",
    ):  # fmt: skip
        yield head(line=line) + NEXT


def targets() -> Iterator[bytes]:
    for target in (
        b"http://h/first", b"HTTP://h/first", b"https://h/first", b"http://other/first", b"http://h",
        b"http://h?a", b"http://h:80/first", b"http://[::1]/first", b"http://u@h/first", b"http:///a",
        b"http:/first", b"http://", b"http://h:x/", b"ftp://h/first", b"first", b"*", b"h:80",
        b"//h/a", b"/first?a=b?c", b"/first#a", b"/%00", b"/\x80", b"/\xc3\xa9", b"/a\\b", b"?a",
        b"/..//a/./b",
        b"/first;a=b", b"/<>", b"", b"/" + b"x" * 3000,
    ):  # fmt: skip
        yield head(b"Content-Length: 4", line=b"POST " + target + b" HTTP/1.1") + b"abcd" + NEXT
    for line in (b"OPTIONS * HTTP/1.1", b"OPTIONS http://h HTTP/1.1", b"CONNECT h:80 HTTP/1.1",
                 b"CONNECT /first HTTP/1.1", b"GET * HTTP/1.1"):  # fmt: skip
        yield head(line=line) + NEXT


def first_lines() -> Iterator[bytes]:
    for method in (
        b"GET", b"get", b"G", b"M-SEARCH", b"PROPFIND", b"BREW", b"TRACE", b"G@T", b"G(T",
        b"GE\x00T",
        b"X" * 32, b"X" * 40, b"\xc9", b"PRI", b"HTTP/1.1",
    ):  # fmt: skip
        yield head(line=method + b" /first HTTP/1.1") + NEXT
    for version in (
        b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/9.9", b"http/1.1",
        b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP 1.1", b"HTTP/1,1",
        b"HTTP/-1.1", b"HTTPS/1.1", b"HTTQ/1.1", b"XHTTP/1.1", b"HTTP/1.1x", b"HTTP//1.1",
        b"ICY/1.1",
    ):  # fmt: skip
        yield head(b"Content-Length: 4", line=b"POST /first " + version) + b"abcd" + NEXT
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30)
    yield bytes.fromhex("16030100c8010000c40303") + bytes(190)


def hosts() -> Iterator[bytes]:
    for host in (
        b"", b"Host:", b"Host: ", b"Host: h:80", b"Host: h:", b"Host: h:x", b"Host: [::1]:80",
        b"Host: [::1", b"Host: a b", b"Host: a,b", b"Host: a/b", b"Host: u@h",
        b"Host: h\r\nHost: h",
        b"Host: h\r\nhost: other", b"Host : h", b"Host: h\x00", b"Host: h#a", b"Host: h?a",
        b"Host: \xe9", b"HOST:h", b"Host: h\t", b"Host: 999.1", b"Host: *", b"Host: h:123456",
    ):  # fmt: skip
        for line in (
            b"GET /first HTTP/1.1",
            b"GET /first HTTP/1.0",
            b"GET http://o/first HTTP/1.1",
        ):
            yield head(line=line, host=host) + NEXT


def expectations() -> Iterator[bytes]:
    for value in (b"100-continue", b"100-Continue", b"100-continue, x", b"x", b"", b"200-ok"):
        yield head(b"Expect: " + value, b"Content-Length: 4") + b"abcd" + NEXT
        yield head(b"Expect: " + value, b"Content-Length: 0") + NEXT
        yield head(b"Expect: " + value, b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + NEXT
    yield head(*[b"Expect: 100-continue"] * 80, b"Content-Length: 4") + b"abcd" + NEXT
    yield (head(b"Expect: 100-continue", b"Content-Length: 4") + b"abcd") * 80


def half_closed() -> Iterator[bytes]:
    get = head(line=b"GET /first HTTP/1.1")
    post = head(b"Content-Length: 4") + b"abcd"
    chunked = head(b"Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n\r\n"
    for data in (get, post, chunked, get + post):
        yield data
        for missing in (1, 2, 3, 5, 8):
            yield data[:-missing]
    yield head(b"Content-Length: %d" % (len(INNER) + 1)) + INNER
    yield head(b"Transfer-Encoding: chunked") + b"fff\r\n" + INNER


def cases() -> list[Case]:
    """Return all cases, always the same."""
    found: list[Case] = []
    for family in (
        lengths, encodings, chunks, trailers, upgrades, pipelines, line_ends, blanks, targets,
        first_lines, hosts, expectations, half_closed,
    ):  # fmt: skip
        is_half = family is half_closed
        found += number(family.__name__, family(), begin=len(found), half=is_half)
    return found
