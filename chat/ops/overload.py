"""What newcomers are answered for whom there is no room."""

from typing import Final

from chat.net.acceptor import Acceptor
from chat.ops.refusal import refuse
from chat.protocol.codes import Code
from chat.requests.handler import PlainHandler

# Long enough that a crowd which asks and asks is little work, short for who waits for a place.
RETRY_S: Final = 5


class FullHandler(PlainHandler):
    """The reason, to any request: 503, so that a balancer may try another instance; or 429."""

    def initialize(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor

    def prepare(self) -> None:
        code, status, reason = Code.UNAVAILABLE, 503, self._acceptor.why_full
        if reason is None and self._acceptor.is_crowd(self.request.remote_ip or ""):
            code, status = Code.RATE_LIMITED, 429
            reason = "Too many connections are open from your network's address."
        message = f"{reason or 'There was no room.'} Try again."
        refuse(self, status, code, message, retry_s=RETRY_S)
