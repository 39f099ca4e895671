"""The part of a backplane that accounts need, also of one that serves nobody: records of SITE."""

from collections.abc import Collection, Sequence
from typing import Protocol

from chat.backplane.records import Appended, Draft


class SiteLog(Protocol):
    """The part of a backplane by which records are read, and changed with an entry."""

    async def append(self, draft: Draft) -> Appended:
        """Do as LogStore does."""

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        """Do as RecordStore does."""

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Do as RecordStore does."""


class SiteAdmin(SiteLog, Protocol):
    """The records of a deployment's SITE, for an operator's command beside running servers.

    Methods raise SettingsError or Unavailable if the store can't be reached.
    """

    async def close(self) -> None: ...
