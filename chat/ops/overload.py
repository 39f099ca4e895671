"""The answer to new connections beyond a connection limit."""

from chat.net.acceptor import Acceptor
from chat.ops.refusal import refuse
from chat.protocol.codes import Code
from chat.requests.caller import FULL_RETRY_MS
from chat.requests.handler import PlainHandler


class FullHandler(PlainHandler):
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
        refuse(self, status, code, message, retry_s=FULL_RETRY_MS // 1000)
