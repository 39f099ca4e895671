"""The time as entries have it."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1)  # shared by all messages of one second: too slow to do for each
def _formatted(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(time_s: float) -> str:
    """Return ``time_s``, in seconds since 1970, as RFC 3339, UTC, with milliseconds."""
    seconds, ms = divmod(int(1000 * time_s), 1000)
    return f"{_formatted(seconds)}.{ms:03}Z"
