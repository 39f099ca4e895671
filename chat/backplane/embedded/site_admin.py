"""Reads the logs of a server on this machine from another process, and changes its records."""

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from chat.backplane.embedded import reads, records, schema, writes
from chat.backplane.embedded.keys import Keys
from chat.backplane.records import SITE, Appended, Draft, Membership, RoomInfo
from chat.backplane.site_log import SiteAdmin
from chat.clock import Clock
from chat.errors import SettingsError
from chat.protocol.cursor import Position


class EmbeddedSiteAdmin(SiteAdmin):
    """Opens the server's database: SQLite lets another process write between transactions."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        path = data_dir / "parley.sqlite3"
        if not path.exists():
            raise SettingsError(
                f"DATA_DIR: there is no {path}. Name the folder of a server that has run, or set "
                "REDIS_URL as its instances have it."
            )
        schema.prepare(path)
        self._connection = schema.connect(path)
        self._clock = clock

    async def append(self, draft: Draft) -> Appended:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                writes.ensure_room(connection, draft.room)
                now = self._clock.time()
                stored = writes.append(connection, Keys(), draft, now=now, keep=None)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise SettingsError(f"DATA_DIR: nothing can be stored there now: {error}.") from error
        return stored.answer

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return reads.positions(self._connection, rooms, {})

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return records.find(self._connection, room, keys)

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        return records.scan(self._connection, room, prefix, after=after, limit=limit)

    async def rooms(self) -> Sequence[RoomInfo]:
        return [info for info in reads.rooms(self._connection) if info.room != SITE]

    async def memberships(self, user: str) -> Sequence[Membership]:
        return reads.memberships(self._connection, user)

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        return reads.members(self._connection, room, after=after, limit=limit)

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        return reads.member_counts(self._connection, rooms)

    async def close(self) -> None:
        self._connection.close()
