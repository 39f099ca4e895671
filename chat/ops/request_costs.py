"""The cost of each request in its address's rate limit, taken before a handler sees the request.

It is taken whatever the answer is. Polls are charged by chat.transports.longpoll, which knows
whether one continues another: those cost nothing, nor do polls that chat.transports.nextpoll
answers.
"""

from collections.abc import Callable
from typing import Final

from chat.accounts.rate_limits import Limits
from chat.errors import Unavailable
from chat.http.messages import HttpRequest, Refusal
from chat.ops.access import endpoint_of

# A page loads some sixty files the first time, each a tenth of the work of other answers.
FILE: Final = 0.05
# For requests that carry commands: reading the head, and a body of the usual size. The commands
# have their own cost.
CARRYING: Final = 0.1
# Decoding a body of this size takes as long as answering any request.
BYTES_A_TOKEN: Final = 16 << 10


class RequestCosts:
    """Refuses the requests of addresses that exceed their rate limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._take_by_endpoint: dict[str, Callable[[str, float], None]] = {
            "static": lambda address, more: limits.request(address, FILE + more),
            "send": lambda address, more: limits.carrying(address, CARRYING + more),
            "sockjs": lambda address, more: limits.carrying(address, CARRYING + more),
            "poll": self._take_for_poll,
        }

    def refusal(self, request: HttpRequest, address: str) -> Refusal | None:
        """Charge ``request`` to ``address``; return the refusal if its limit is exceeded."""
        try:
            if request.path in ("/healthz", "/readyz"):  # have a limit of their own
                self._limits.check(address)
            else:
                more = len(request.body) / BYTES_A_TOKEN
                take = self._take_by_endpoint.get(endpoint_of(request.path), self._take_for_any)
                take(address, more)
        except Unavailable as error:
            return Refusal(429, error.message, code=error.code, retry_ms=error.retry_ms)
        return None

    def _take_for_any(self, address: str, more: float) -> None:
        self._limits.request(address, 1.0 + more)

    def _take_for_poll(self, address: str, more: float) -> None:
        if more > 1:  # no cursor is that long
            self._limits.request(address, more)
