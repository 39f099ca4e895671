"""The cost of each request in its address's rate limit, taken before a handler sees the request.

It is taken whatever the answer is. Polls are charged by chat.transports.longpoll, which knows
whether one continues another: those are free, as are those that chat.transports.nextpoll answers.
"""

from typing import Final

from chat.accounts.rate_limits import Limits
from chat.errors import Unavailable
from chat.http.messages import HttpRequest, Refusal
from chat.ops.access import endpoint_of

# A page loads some sixty files the first time, each a tenth of the work of other answers.
FILE: Final = 0.05
# For requests that carry commands, which have their own cost: a head, and a body of usual size.
COMMAND_REQUEST: Final = 0.1
# Decoding a body of this size takes as long as answering any request.
BYTES_A_TOKEN: Final = 16 << 10


class RequestCosts:
    """Refuses the requests of addresses that exceed their rate limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def refusal(self, request: HttpRequest, address: str) -> Refusal | None:
        """Charge ``request`` to ``address``; return the refusal if its limit is exceeded."""
        try:
            self._charge(request, address)
        except Unavailable as error:
            return Refusal(429, error.message, code=error.code, retry_ms=error.retry_ms)
        return None

    def _charge(self, request: HttpRequest, address: str) -> None:
        path = request.path
        more = len(request.body) / BYTES_A_TOKEN
        match endpoint_of(path):
            case "poll":
                if more > 1:  # no cursor is that long
                    self._limits.request(address, more)
            case "static":
                self._limits.request(address, FILE + more)
            case "send" | "sockjs":
                self._limits.command_request(address, COMMAND_REQUEST + more)
            case "operations" if path in ("/healthz", "/readyz"):  # have a limit of their own
                self._limits.check(address)
            case _:
                self._limits.request(address, 1.0 + more)
