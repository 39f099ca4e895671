"""The parts of a backplane that commands beside running servers need."""

from collections.abc import Collection, Sequence
from typing import Protocol

from chat.backplane.records import Appended, Draft, Membership, RoomInfo
from chat.protocol.cursor import Position


class SiteLog(Protocol):
    """The part of a backplane by which records are read, and changed with an entry."""

    async def append(self, draft: Draft) -> Appended:
        """Do as LogStore does."""

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        """Do as LogStore does."""

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        """Do as RecordStore does."""

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Do as RecordStore does."""


class SiteAdmin(SiteLog, Protocol):
    """The logs of a deployment, for an operator's command beside running servers.

    Nothing may be appended but to SITE: the readers of a room would not hear of it. Methods raise
    SettingsError or Unavailable if the store can't be reached.
    """

    async def rooms(self) -> Sequence[RoomInfo]:
        """Do as LogStore does."""

    async def memberships(self, user: str) -> Sequence[Membership]:
        """Do as MembershipStore does."""

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        """Do as MembershipStore does."""

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        """Do as MembershipStore does."""

    async def close(self) -> None: ...
