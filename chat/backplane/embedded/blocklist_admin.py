"""Reads and puts the blocks of a server on this machine, from another process."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from chat.accounts.blocklist import Block
from chat.backplane.base import BlocklistAdmin
from chat.backplane.embedded import blocklist, schema
from chat.errors import SettingsError


class EmbeddedBlocklistAdmin(BlocklistAdmin):
    """Opens the server's database: SQLite lets another process write between transactions."""

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / "parley.sqlite3"
        if not path.exists():
            raise SettingsError(
                f"DATA_DIR: there is no {path}. Name the folder of a server that has run, or set "
                "REDIS_URL as its instances have it."
            )
        schema.prepare(path)
        self._connection = schema.connect(path)

    async def put(self, block: Block) -> None:
        try:
            with self._connection:
                blocklist.put(self._connection, block)
        except sqlite3.Error as error:
            raise SettingsError(f"DATA_DIR: nothing can be stored there now: {error}.") from error

    async def all(self) -> Sequence[Block]:
        return [block for _, block in blocklist.since(self._connection, 0)]

    async def close(self) -> None:
        self._connection.close()
