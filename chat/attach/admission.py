"""Caps the transports that a user and an address may have at a time."""

from typing import Final

from chat.accounts.rate_limits import Limits
from chat.attach.registry import Registry
from chat.errors import Unavailable
from chat.metrics.counters import Metrics
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person

# A client with too many connections has to close one, or to notice that one is dead, first.
FULL_RETRY_MS: Final = 5000


def check_limits(
    registry: Registry,
    limits: Limits,
    metrics: Metrics,
    *,
    person: Person,
    address: str,
    session: str | None,
) -> None:
    """Check that one more transport may be opened. Raises Unavailable, ``rate_limited``."""
    if session is not None and registry.current(session) is not None:
        return  # it replaces the attached one
    if (most := limits.max_of_user) and registry.count_of(person.user) >= most:
        metrics.limited(Limit.USER_CONNECTIONS)
        raise _full(f"You are connected {most} times: close some.")
    if (most := limits.max_at_address) and registry.count_at(address) >= most:
        metrics.limited(Limit.ADDRESS_CONNECTIONS)
        raise _full(f"There are {most} connections from your address: close some.")


def _full(message: str) -> Unavailable:
    return Unavailable(Code.RATE_LIMITED, message, retry_ms=FULL_RETRY_MS)
