"""Counts what each follower has done and what it has yet to do."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

# The names of all followers, as labels of the metrics.
SEARCH: Final = "search"
PUSH: Final = "push"
FILES: Final = "files"
MIRROR: Final = "mirror"
WEBHOOKS: Final = "webhooks"
FOLLOWERS: Final = (SEARCH, PUSH, FILES, MIRROR, WEBHOOKS)
# What becomes of what is sent to a device.
PUSHES: Final = ("delivered", "later", "gone", "refused", "given_up")
# What becomes of what is sent to webhooks; a webhook is disabled after a day of failures.
ATTEMPTS: Final = ("delivered", "failed", "disabled")


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


@dataclass
class WebhookMetrics:
    """Counts what became of what this instance has sent to webhooks, as in ATTEMPTS."""

    attempts: Counter[str] = field(default_factory=Counter)
