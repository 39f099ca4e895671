"""What a log line is about, beside its words: set where it is known, read by chat.ops.logs."""

from contextvars import Context, ContextVar
from typing import Final

# Of the request that is answered, or whose consequences these are.
request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
# Of the session that is carried: its id authorises nothing, so it may be told.
session_id: Final[ContextVar[str | None]] = ContextVar("session_id", default=None)


def nothing() -> Context:
    """Return a context for what goes on for its own sake, whoever happened to begin it."""
    return Context()
