"""Judges what readers were given of a room for members alone, against its final log. Pure.

The promises: nobody is given an entry of an offset at which they were no member, their own ``left``
aside; and whoever is a member is given each entry since they joined, once and in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Given(NamedTuple):
    """An entry that a reader was given, or with ``is_resync`` the place to go on behind."""

    user: str
    offset: int
    is_resync: bool = False


class LogEntry(NamedTuple):
    """An entry of the final log; ``user`` is the person who joined or left."""

    offset: int
    kind: str
    user: str


@dataclass
class Privacy:
    """How many entries were given, and what is wrong with them."""

    given: int = 0
    leaks: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.given} entries of a private room given, {len(self.leaks)} to somebody who was "
            f"no member, {len(self.lost)} lost"
        )


def judge(given: Sequence[Given], log: Sequence[LogEntry], readers: Sequence[str]) -> Privacy:
    """Return what is wrong; the history ends when ``readers``, by user, had time to catch up."""
    verdict = Privacy()
    end = log[-1].offset
    for user in readers:
        memberships = _memberships(log, user)
        seen: set[int] = set()
        for one in given:
            if one.user != user:
                continue
            if one.is_resync:
                seen |= set(range(1, one.offset + 1))  # loaded anew, by another request
                continue
            verdict.given += 1
            if not any(first <= one.offset <= last for first, last in memberships):
                verdict.leaks.append(f"{user}: {one.offset}, a member in {memberships}")
            seen.add(one.offset)
        if memberships and memberships[-1][1] > end:
            first = memberships[-1][0]
            missing = sorted(set(range(first, end + 1)) - seen)
            verdict.lost += [f"{user}: {offset}, a member since {first}" for offset in missing]
    return verdict


def _memberships(log: Sequence[LogEntry], user: str) -> list[tuple[int, int]]:
    """Return the offsets of each time as a member, from ``joined`` to ``left`` or past the end."""
    found: list[tuple[int, int]] = []
    for entry in log:
        if entry.user != user:
            continue
        if entry.kind == "joined":
            found.append((entry.offset, log[-1].offset + 1))
        elif entry.kind == "left" and found:
            found[-1] = (found[-1][0], entry.offset)
    return found
