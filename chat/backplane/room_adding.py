"""Adds whole rooms to what is stored, while servers run.

A room that nobody knows has no readers, so it may be stored from outside the servers: they find it
as one that another instance has made.
"""

from collections.abc import Iterable

from chat.backplane.backup import Line, Member, Room, Value
from chat.backplane.embedded.room_adding import add_room as add_to_sqlite
from chat.backplane.open import redis_client, redis_keys
from chat.backplane.redis.restoring import add_room as add_to_redis
from chat.clock import SystemClock
from chat.settings.settings import Settings


async def add_room(
    settings: Settings, room: Room, records: Iterable[Line | Value], members: Iterable[Member]
) -> bool:
    """Store a room with its ``members``, whole or not at all; return False if it is there already.

    ``room.folded`` must be set, so edits and reactions are applied already. Raises SettingsError.
    """
    if settings.redis_url is None:
        return add_to_sqlite(settings.data_dir / "parley.sqlite3", room, records, members)
    client = await redis_client(settings)
    try:
        keys = redis_keys(settings)
        return await add_to_redis(client, keys, room, records, members, SystemClock())
    finally:
        await client.aclose()
