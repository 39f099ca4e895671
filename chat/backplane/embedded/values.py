"""Values that belong to no log, in their table."""

from collections.abc import Collection, Iterable

from chat.backplane.embedded import wanted
from chat.backplane.embedded.readers import Readers
from chat.backplane.embedded.writer import Writer
from chat.backplane.values import Setting, ValueStore


class StoredValues(ValueStore):
    """Reads and writes the table; a call of ``put`` is one transaction."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def of(self, key: str, groups: Collection[str]) -> dict[str, bytes]:
        marks = ", ".join("?" * len(groups))
        query = f"SELECT family, value FROM named_values WHERE key = ? AND family IN ({marks})"
        return await self._readers.query(
            lambda connection: dict(connection.execute(query, (key, *groups)).fetchall())
        )

    async def all(self, group: str) -> dict[str, bytes]:
        query = "SELECT key, value FROM named_values WHERE family = ?"
        return await self._readers.query(
            lambda connection: dict(connection.execute(query, (group,)).fetchall())
        )

    async def each(self, groups: Collection[str]) -> dict[str, dict[str, bytes]]:
        if not groups:
            return {}
        rows = await self._readers.query(
            lambda connection: wanted.select(
                connection,
                "family, key, value",
                "named_values",
                "family",
                [(group,) for group in groups],
            ).fetchall()
        )
        found: dict[str, dict[str, bytes]] = {}
        for group, key, value in rows:
            found.setdefault(group, {})[key] = value
        return found

    async def put(self, settings: Iterable[Setting]) -> None:
        all_ = list(settings)
        set_ = [one for one in all_ if one.value is not None]
        removed = [(one.group, one.key) for one in all_ if one.value is None]
        await self._writer.submit(
            lambda connection: (
                connection.executemany("REPLACE INTO named_values VALUES (?, ?, ?)", set_),
                connection.executemany(
                    "DELETE FROM named_values WHERE family = ? AND key = ?", removed
                ),
            )
        )

    async def clear(self, group: str) -> None:
        await self._writer.submit(
            lambda connection: connection.execute(
                "DELETE FROM named_values WHERE family = ?", (group,)
            )
        )
