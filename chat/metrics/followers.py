"""Counts what each follower has done and what it has yet to do."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

# The names of all followers, as labels of the metrics.
SEARCH: Final = "search"
PUSH: Final = "push"
FILES: Final = "files"
MIRROR: Final = "mirror"
FOLLOWERS: Final = (SEARCH, PUSH, FILES, MIRROR)
# What becomes of what is sent to a device.
PUSHES: Final = ("delivered", "later", "gone", "refused", "given_up")


@dataclass
class FollowerMetrics:
    """The counts of one follower on this instance."""

    is_active: bool = False  # it does its work here; else another instance or process does
    handled: int = 0  # entries
    lag_entries: int = 0  # entries that were stored and are not yet handled
    failures: int = 0
    problem: str | None = None  # why the last attempt failed; None: it did not


@dataclass
class PushMetrics:
    """Counts what became of what this instance has sent to devices, as in PUSHES."""

    sent: Counter[str] = field(default_factory=Counter)
