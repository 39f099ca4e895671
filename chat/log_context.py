"""The log context: ids that chat.ops.logs adds to each line, set where they are known."""

from contextvars import Context, ContextVar
from typing import Final

# The id of the request that is answered, or that caused the work.
request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
# The id of the attached session: it authorises nothing, so it may be logged.
session_id: Final[ContextVar[str | None]] = ContextVar("session_id", default=None)


def nothing() -> Context:
    """Return an empty context, for work that does not belong to the request that started it."""
    return Context()
