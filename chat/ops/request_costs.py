"""What each request costs its address, whatever becomes of it: taken before anybody else looks.

Only the continuation of a poll costs nothing, which chat.transports.longpoll knows, and what
chat.transports.nextpoll answers.
"""

from collections.abc import Callable
from typing import Final

from chat.accounts.rate_limits import Limits
from chat.errors import Unavailable
from chat.http.messages import HttpRequest, Refusal
from chat.ops.access import endpoint_of

# A page asks for some sixty files the first time, each a tenth of other answers' work.
FILE: Final = 0.05
# What carries commands: looking at its head, and at a body of the usual size.
CARRYING: Final = 0.1
# To decode so much takes as long as to answer anything.
BYTES_A_TOKEN: Final = 16 << 10


class RequestCosts:
    """Refuses the requests of addresses that have asked too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._take_by_endpoint: dict[str, Callable[[str, float], None]] = {
            "static": lambda address, more: limits.request(address, FILE + more),
            "send": lambda address, more: limits.carrying(address, CARRYING + more),
            "sockjs": lambda address, more: limits.carrying(address, CARRYING + more),
            "poll": self._take_for_poll,
        }

    def refusal(self, request: HttpRequest, address: str) -> Refusal | None:
        """Return what ``request``, which comes from ``address``, is to be answered, if that."""
        try:
            if request.path in ("/healthz", "/readyz"):  # however many others are refused there
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
        if more > 1:  # no cursor is so long
            self._limits.request(address, more)
