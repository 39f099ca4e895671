"""Writes lists as text: columns for people, beside the fields that programs read."""

from collections.abc import Sequence
from datetime import UTC, datetime


def columns(rows: Sequence[Sequence[str]], *, none: str) -> str:
    """Return ``rows`` in columns as wide as their longest text; ``none`` if there are no rows."""
    if not rows:
        return none
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def moment(seconds: float) -> str:
    """Return a time in seconds since 1970 as RFC 3339, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
