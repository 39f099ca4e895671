"""Moments that people set: until when somebody is muted or banned. Pure."""

from datetime import UTC, datetime
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code

# The end of what is for ever: the last second that RFC 3339 can write.
FOR_EVER_S: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
_SHORTEST: Final = len("2000-01-01T00:00Z")  # Python reads dates without a time, too


def parse_until(until: str | None, *, now: float) -> float:
    """Return the moment ``until`` (RFC 3339) in seconds since 1970; None is for ever.

    Return 0 for a moment that is over, and for "". Raises InvalidInput ``bad_command``.
    """
    if until is None:
        return FOR_EVER_S
    if until == "":
        return 0.0
    try:
        moment = datetime.fromisoformat(until)
        if moment.tzinfo is None or len(until) < _SHORTEST:
            raise ValueError
        moment_s = moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            Code.BAD_COMMAND, "until is a time like 2030-01-31T18:00:00Z (RFC 3339)."
        ) from error
    return min(moment_s, FOR_EVER_S) if moment_s > now else 0.0


def written(moment_s: float) -> str:
    """Return a moment in seconds since 1970 as RFC 3339, in UTC; "" for 0."""
    if not moment_s:
        return ""
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def until_words(moment_s: float) -> str:
    """Return the end of a sentence that says until when; "" for ever."""
    if moment_s >= FOR_EVER_S:
        return ""
    return datetime.fromtimestamp(moment_s, UTC).strftime(" until %Y-%m-%d %H:%M UTC")
