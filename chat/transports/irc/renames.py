"""Tells the clients of this instance at once of new nicks that one of them has taken.

All else that they learn of nicks comes from the presence, later, and not in a large lobby. All
connections are looked at for a change; so changes that follow each other soon are told together.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from chat.protocol.entries import MemberChange
from chat.rooms import LOBBY
from chat.transports.irc.client import Client
from chat.transports.irc.connection import IrcConnection
from chat.transports.irc.presence import tell_renamed

# Looking at 10,000 connections takes some 5 ms.
INTERVAL_S: Final = 0.5


class Renames:
    """The changes that are still to be told."""

    def __init__(self, connections: Iterable[IrcConnection]) -> None:
        self._connections = connections
        self._changes: dict[str, tuple[MemberChange, frozenset[str]]] = {}  # by user
        self._timer: asyncio.TimerHandle | None = None

    def add(self, client: Client) -> None:
        """Tell those who share a room with ``client`` of its new name: now, or a little later."""
        change = MemberChange(user=client.me.user, name=client.me.name)
        self._changes[client.me.user] = change, frozenset(client.channels)
        if self._timer is None:
            self._tell()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        self._timer = None
        changes, self._changes = self._changes, {}
        if not changes:
            return
        for connection in tuple(self._connections):
            client = connection.client
            if client is None or client.attachment is None:
                continue
            for change, rooms in changes.values():
                if _knows(client, change.user, rooms):
                    tell_renamed(client, change)
        self._timer = asyncio.get_running_loop().call_later(INTERVAL_S, self._tell)


def _knows(client: Client, user: str, rooms: frozenset[str]) -> bool:
    """Return whether ``client`` shows somebody who is in ``rooms``; of a lobby, some are shown."""
    if user in client.lobby or any(partner.user == user for partner in client.partners.values()):
        return True
    return any(room != LOBBY and room in client.channels for room in rooms)
