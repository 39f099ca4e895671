"""Event streams and their events, by the rules of WHATWG HTML section 9.2.6.

The first sixteen are those of the Web Platform Tests (eventsource/format-*), which browsers have to
pass; the others test what those leave out. An event is (type, data, last event id).
"""

from typing import Final, NamedTuple

LONG: Final = b"x" * 4000


class Vector(NamedTuple):
    stream: bytes
    events: tuple[tuple[str, str, str], ...]


def _data(*data: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(("message", each, "") for each in data)


BOM: Final = b"\xef\xbb\xbf"
VECTORS: Final = {
    "bom": Vector(BOM + b"data:1\n\n" + BOM + b"data:2\n\ndata:3\n\n", _data("1", "3")),
    "bom-2": Vector(BOM + BOM + b"data:1\n\ndata:2\n\ndata:3\n\n", _data("2", "3")),
    "comments": Vector(
        b"data:1\r:\0\n:\r\ndata:2\n:" + LONG + b"\rdata:3\n:data:fail\r:" + LONG + b"\ndata:4\n\n",
        _data("1\n2\n3\n4"),
    ),
    "data-before-final-empty-line": Vector(
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2", _data("test1")
    ),
    "field-data": Vector(b"data:\n\ndata\ndata\n\ndata:test\n\n", _data("", "\n", "test")),
    "field-event": Vector(
        b"event:test\ndata:x\n\ndata:x\n\n", (("test", "x", ""), ("message", "x", ""))
    ),
    "field-event-empty": Vector(b"event: \ndata:data\n\n", _data("data")),
    "field-id": Vector(
        b"id: 1\ndata:a\n\ndata:b\n\nid\ndata:c\n\n",
        (("message", "a", "1"), ("message", "b", "1"), ("message", "c", "")),
    ),
    "field-id-null": Vector(
        b"id:x\ndata:a\n\nid:y\0z\ndata:b\n\n", (("message", "a", "x"), ("message", "b", "x"))
    ),
    "field-parsing": Vector(
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n"
        b" data:32\ndata:4\n\n",
        _data("\0\n 2\n1\n3\n\n4"),
    ),
    "field-retry": Vector(b"retry:3000\ndata:x\n\n", _data("x")),
    "field-retry-bogus": Vector(b"retry:3000\nretry:1000x\ndata:x\n\n", _data("x")),
    "field-unknown": Vector(
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        _data("test\n\ntest"),
    ),
    "leading-space": Vector(b"data:\ttest\rdata: \ndata:test\n\n", _data("\ttest\n\ntest")),
    "newlines": Vector(b"data:test\r\ndata\ndata:test\r\n\r\n", _data("test\n\ntest")),
    "null-character": Vector(b"data:\0\n\n\n\n", _data("\0")),
    # Not in the Web Platform Tests:
    "utf-8": Vector("data:ok…é😀\n\n".encode(), _data("ok…é😀")),
    "bad-utf-8": Vector(b"data:a\xffb\xe2\x82\n\n", _data("a\ufffdb\ufffd")),
    "only-these-end-lines": Vector(
        "data:a\u2028b\x85c\x0bd\x0ce\n\n".encode(), _data("a\u2028b\x85c\x0bd\x0ce")
    ),
    "no-data-no-event": Vector(b"event:x\nid:7\n\ndata:y\n\n", (("message", "y", "7"),)),
    "carriage-returns": Vector(b"data:a\r\rdata:b\r\r", _data("a", "b")),
    "colons": Vector(b"data:a:b\ndata::c\n\n", _data("a:b\n:c")),
    "nothing": Vector(b"", ()),
    "a-line-without-its-end": Vector(b"data:a\n\ndata:b\n", _data("a")),
}
