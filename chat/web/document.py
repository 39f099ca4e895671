"""Documents that are the same for all clients, and so are made and compressed only once."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

import msgspec
from tornado.web import RequestHandler

from chat.http.encodings import choose, compress
from chat.requests.handler import PlainHandler

_compress = cache(compress)  # there are few documents


class Document:
    """What ``make`` returns for the first request that asks for it."""

    def __init__(self, make: Callable[[RequestHandler], bytes], headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._make = make
        self._body: bytes | None = None

    @classmethod
    def of_json(cls, value: Any) -> Self:
        return cls(lambda _: msgspec.json.encode(value), {"Content-Type": "application/json"})

    def body(self, asking: RequestHandler) -> bytes:
        if self._body is None:
            self._body = self._make(asking)
        return self._body


class DocumentHandler(PlainHandler):
    """Answers with ``document``."""

    def initialize(self, document: Document) -> None:
        self._document = document

    def get(self) -> None:
        for name, value in self._document.headers.items():
            self.set_header(name, value)
        self.set_header("Vary", "Accept-Encoding")
        body = self._document.body(self)
        encoding = choose(self.request.headers.get("Accept-Encoding", ""))
        encoded = _compress(body, encoding) if encoding else None
        if encoded is not None:
            self.set_header("Content-Encoding", encoding)
        self.finish(body if encoded is None else encoded)
