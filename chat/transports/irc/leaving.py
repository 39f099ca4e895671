"""Leaving rooms: one of them, or all, when a guest goes who has nothing to come back with."""

import logging
from typing import Final

from chat.accounts.identity import is_guest
from chat.errors import ChatError, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.rooms import LOBBY
from chat.transports.irc.client import Client

log: Final = logging.getLogger(__name__)


async def leave_room(client: Client, room: str) -> None:
    """Leave ``room``. A guest who is its only owner hands it on.

    Raises ChatError.
    """
    try:
        await client.perform(commands.Leave(room=room))
    except Refused as error:
        if error.code != Code.FORBIDDEN or room == LOBBY or not is_guest(client.me):
            raise
        await client.dependencies.accounts.leaving.leave(client.me, room)


async def leave_for_good(client: Client) -> None:
    """Have a guest whose connection is lost leave their rooms, and free their nick."""
    for room in [room for room in client.channels if room != LOBBY]:
        try:
            await leave_room(client, room)
        except ChatError as error:
            log.info("A guest of IRC is still in %s: %s", room, error)
    await client.connection.told()  # it may be about to name itself once more
    assert client.attachment is not None
    client.dependencies.attachments.forget(client.attachment)
    client.nicks.release(client.me.user)
