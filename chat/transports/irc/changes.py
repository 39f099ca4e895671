"""Tells the clients of this instance at once that one of them has another nick, or is away.

All else that they learn of people comes from the presence, later, and not in a large lobby. All
connections are looked at for a change; so changes that follow each other soon are told together.
"""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

from chat.protocol.entries import MemberChange
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.transports.irc.client import Client
from chat.transports.irc.connection import IrcConnection
from chat.transports.irc.presence import tell_away, tell_renamed

# Looking at 10,000 connections takes some 5 ms.
INTERVAL_S: Final = 0.1


class _Change(NamedTuple):
    person: Person
    rooms: frozenset[str]


class Changes:
    """The changes that are still to be told."""

    def __init__(self, connections: Iterable[IrcConnection]) -> None:
        self._connections = connections
        self._changes: dict[str, _Change] = {}  # by user
        self._timer: asyncio.TimerHandle | None = None

    def add(self, client: Client) -> None:
        """Tell those who share a room with ``client`` of what has changed: now, or a bit later."""
        self._changes[client.me.user] = _Change(client.me, frozenset(client.channels))
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
            for person, rooms in changes.values():
                if _knows(client, person.user, rooms):
                    tell_renamed(client, MemberChange(user=person.user, name=person.name))
                    tell_away(client, person.user, person.name, _away(client, person))
        self._timer = asyncio.get_running_loop().call_later(INTERVAL_S, self._tell)


def _knows(client: Client, user: str, rooms: frozenset[str]) -> bool:
    """Return whether ``client`` shows somebody who is in ``rooms``; of a lobby, some are shown."""
    if user in client.lobby or any(partner.user == user for partner in client.partners.values()):
        return True
    return any(room != LOBBY and room in client.channels for room in rooms)


def _away(client: Client, person: Person) -> str:
    """Return what ``person`` says of being away, as far as their sessions here say so."""
    attachments = client.dependencies.attachments.registry.of_user(person.user)
    is_here = any(not attachment.session.person.away for attachment in attachments)
    return "" if is_here else person.away
