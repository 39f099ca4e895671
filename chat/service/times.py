"""The time as entries have it."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1)  # messages of one batch share a few milliseconds
def _with_ms(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{_formatted(seconds)}.{ms:03}Z"


@lru_cache(maxsize=1)  # shared by all messages of one second: too slow to do for each
def _formatted(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(time_s: float) -> str:
    """Return ``time_s``, in seconds since 1970, as RFC 3339, UTC, with milliseconds."""
    return _with_ms(int(1000 * time_s))
