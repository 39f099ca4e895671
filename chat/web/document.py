"""A document that is the same for everybody, ready to be sent."""

from chat.handler import PlainHandler


class DocumentHandler(PlainHandler):
    """Answers with ``body``."""

    def initialize(self, body: bytes, content_type: str) -> None:
        self._body = body
        self._content_type = content_type

    def get(self) -> None:
        self.set_header("Content-Type", self._content_type)
        self.finish(self._body)
