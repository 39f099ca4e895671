"""A document that is the same for all clients, and so is compressed only once."""

from functools import cache

from chat.http.encodings import choose, compress
from chat.requests.handler import PlainHandler

_compress = cache(compress)  # there are few documents


class DocumentHandler(PlainHandler):
    """Answers with ``body``."""

    def initialize(self, body: bytes, content_type: str) -> None:
        self._body = body
        self._content_type = content_type

    def get(self) -> None:
        self.set_header("Content-Type", self._content_type)
        self.set_header("Vary", "Accept-Encoding")
        encoding = choose(self.request.headers.get("Accept-Encoding", ""))
        encoded = _compress(self._body, encoding) if encoding else None
        if encoded is not None:
            self.set_header("Content-Encoding", encoding)
        self.finish(self._body if encoded is None else encoded)
