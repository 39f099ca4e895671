"""Values that belong to no log: what a follower or a person has set, of which nobody is told."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol


class Setting(NamedTuple):
    """What the value ``key`` of ``group`` shall be; None: there is no such value."""

    group: str
    key: str
    value: bytes | None


def is_lasting(group: str) -> bool:
    """Return whether backups have ``group``: what one person set, or people set in one room.

    Its name is ``kind/user`` or ``kind/room``. A name without a slash is a follower's own, such as
    its place in the logs of this store, and of no use in another.
    """
    return "/" in group


class ValueStore(Protocol):
    """Groups of named values, shared by all instances. Who sets a value last has set it.

    Methods raise Unavailable.
    """

    async def of(self, key: str, groups: Collection[str]) -> dict[str, bytes]:
        """Return the value ``key`` of each of ``groups`` that has one, by group."""

    async def all(self, group: str) -> dict[str, bytes]:
        """Return all values of ``group``."""

    async def each(self, groups: Collection[str]) -> dict[str, dict[str, bytes]]:
        """Return all values of each of ``groups`` that has any, by one query for all of them."""

    async def put(self, settings: Iterable[Setting]) -> None:
        """Set values in this order. If this fails, the first of them may have been set."""

    async def clear(self, group: str) -> None:
        """Remove all values of ``group``."""
