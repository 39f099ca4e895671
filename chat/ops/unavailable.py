"""The answers while this instance can't serve: it is full, or waits for its store."""

from typing import Final

from chat.attach.admission import FULL_RETRY_MS
from chat.net.acceptor import Acceptor
from chat.protocol.codes import Code
from chat.protocol.pushes import Error
from chat.requests.handler import PlainHandler

# As often as we check whether the store is there.
STARTING_RETRY_MS: Final = 2000


class _RefusingHandler(PlainHandler):
    def refuse(self, status: int, code: Code, message: str, *, retry_ms: int) -> None:
        """Answer with an error that asks the client to retry after ``retry_ms``."""
        self.set_status(status)
        self.set_retry_after(retry_ms)
        self.send_json(Error(code=code, message=message, retry_ms=retry_ms))


class FullHandler(_RefusingHandler):
    """Answers any request with the reason: 503 if the instance is full, else 429.

    With 503 a balancer may try another instance; 429 means too many connections of one address.
    """

    def initialize(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor

    def prepare(self) -> None:
        code, status, reason = Code.UNAVAILABLE, 503, self._acceptor.why_full
        if reason is None and self._acceptor.is_address_full(self.request.remote_ip or ""):
            code, status = Code.RATE_LIMITED, 429
            reason = "Too many connections are open from your network's address."
        message = f"{reason or 'There was no room.'} Try again."
        self.refuse(status, code, message, retry_ms=FULL_RETRY_MS)


class StartingHandler(_RefusingHandler):
    """Answers any request with 503: a balancer may try another instance, and a client retries."""

    def prepare(self) -> None:
        message = "The server is starting; try again."
        self.refuse(503, Code.UNAVAILABLE, message, retry_ms=STARTING_RETRY_MS)
