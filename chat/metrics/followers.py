"""Counts what each follower has done and what it has yet to do."""

from dataclasses import dataclass
from typing import Final

# The names of all followers, as labels of the metrics.
SEARCH: Final = "search"
FILES: Final = "files"
FOLLOWERS: Final = (SEARCH, FILES)


@dataclass
class FollowerMetrics:
    """The counts of one follower on this instance."""

    is_active: bool = False  # it does its work here; else another instance or process does
    handled: int = 0  # entries
    lag_entries: int = 0  # entries that were stored and are not yet handled
    failures: int = 0
    problem: str | None = None  # why the last attempt failed; None: it did not
