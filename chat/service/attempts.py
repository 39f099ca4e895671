"""Deciding again where somebody else has changed the same records meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from chat.errors import Conflict, Unavailable
from chat.protocol.codes import Code

T = TypeVar("T")

# Each loser of a race has let somebody else win. So two that change the same record succeed at the
# second attempt; more are needed only if many do, each of whom decides again on what others did.
ATTEMPTS: Final = 8
RETRY_MS: Final = 200


async def until_committed(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what ``attempt`` returns; call it again where it raises Conflict.

    It reads records afresh, decides, and commits the decision; it must do nothing else. Raises what
    it raises, and Unavailable if the records change each time.
    """
    for _ in range(ATTEMPTS):
        try:
            return await attempt()
        except Conflict:
            continue
    raise Unavailable(Code.UNAVAILABLE, "Others change the same now; try again.", retry_ms=RETRY_MS)
