"""The ports for IRC clients: takes connections, or refuses them, and knows those that are open."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final

from chat.clock import Clock
from chat.errors import SettingsError
from chat.protocol.irc.messages import Message
from chat.protocol.irc.nicks import Nicks
from chat.requests.caller import Dependencies
from chat.settings.settings import Settings
from chat.transports.irc.changes import Changes
from chat.transports.irc.client import Client
from chat.transports.irc.commands import Commands
from chat.transports.irc.connection import IrcConnection
from chat.transports.irc.events import Events
from chat.transports.irc.framings import Framings
from chat.transports.irc.known_accounts import KnownAccounts
from chat.transports.irc.leaving import leave_for_good
from chat.transports.irc.member_lists import MemberLists
from chat.transports.irc.presence import NOBODY_SEEN
from chat.transports.irc.receipts import Cursors

log: Final = logging.getLogger(__name__)

# The time for a handshake: the one for a request's head over HTTP.
HANDSHAKE_S: Final = 18.0
_FULL: Final = Message(
    "ERROR", ("Closing link: no more connections now, try again later",)
).encode()


class Door:
    """Serves IRC on the sockets that it is given."""

    def __init__(self, dependencies: Dependencies, clock: Clock) -> None:
        settings = dependencies.settings
        self.dependencies = dependencies
        self.monotonic, self.time = clock.monotonic, clock.time
        self.connections: dict[IrcConnection, None] = {}
        self.nicks = Nicks()
        self.accounts = KnownAccounts(
            dependencies.accounts.people, dependencies.attachments.tasks, clock.monotonic
        )
        self.framings = Framings(self.nicks, self.accounts.has, _files_url(settings))
        self.events = Events()
        self.changes = Changes(self.connections)
        self.commands = Commands()
        self.cursors = Cursors(dependencies.accounts.bookmarks, dependencies.attachments.tasks)
        self.is_proxy = settings.proxies.has
        self.members = MemberLists(dependencies.service.reading, dependencies.backplane)
        self.present = NOBODY_SEEN
        self.gone: dict[str, frozenset[str]] = {}  # the rooms of guests who are not here
        self.leaving: dict[str, asyncio.Event] = {}  # guests; set when they have left
        self._references = count(1)
        self._beginning: set[asyncio.Task[object]] = set()
        self._tls = tls_context(settings)

    def serve(self, connected: socket.socket, *, is_tls: bool = False) -> None:
        self._begin(connected, partial(IrcConnection, self), self._tls if is_tls else None)

    def serve_tls(self, connected: socket.socket) -> None:
        self.serve(connected, is_tls=True)

    def refuse(self, connected: socket.socket) -> None:
        """Tell a client without TLS that there is no room; close."""
        self._begin(connected, _Refusing, None)

    def wind_down(self) -> None:
        """Close the connections of those who have not come in; the others get their goodbye."""
        for connection in tuple(self.connections):
            if connection.attachment is None:
                connection.hang_up("this server stops")

    def stop(self) -> None:
        """Close what is left."""
        self.changes.stop()
        for connection in tuple(self.connections):
            connection.abort()

    def client_of(self, connection: IrcConnection) -> Client:
        return Client(self, connection)

    def is_here(self, user: str) -> bool:
        """Return whether a client of ``user`` has come in here, perhaps a moment ago."""
        clients = (connection.client for connection in self.connections)
        return any(client is not None and client.user == user for client in clients)

    def new_reference(self) -> str:
        """Return a name for a batch that no other has."""
        return f"b{next(self._references)}"

    def departed(self, client: Client) -> None:
        """Have a guest whose connection is lost leave their rooms."""
        self.leaving[client.user] = asyncio.Event()
        self.dependencies.attachments.tasks.start(self._depart(client))

    async def _depart(self, client: Client) -> None:
        try:
            await leave_for_good(client)
        finally:
            self.leaving.pop(client.user).set()

    def _begin(
        self,
        connected: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        handshake_s = None if tls is None else HANDSHAKE_S
        beginning = loop.create_task(
            loop.connect_accepted_socket(
                protocol, connected, ssl=tls, ssl_handshake_timeout=handshake_s
            )
        )
        self._beginning.add(beginning)
        beginning.add_done_callback(self._begun)

    def _begun(self, task: asyncio.Task[object]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("An IRC client was gone before it was served: %s", error)


class _Refusing(asyncio.Protocol):
    """Says that there is no room, and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_FULL)
        transport.close()


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the context for IRC_TLS_PORT, or None without one. Raises SettingsError."""
    if settings.irc_tls_port is None:
        return None
    assert settings.irc_tls_cert is not None and settings.irc_tls_key is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.irc_tls_cert, settings.irc_tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"IRC_TLS_CERT={settings.irc_tls_cert}: it can't be used with IRC_TLS_KEY ({error})"
        ) from error
    return context


def _files_url(settings: Settings) -> str:
    """Return what the addresses of files begin with; "" if nobody has said where people find us."""
    hosts = settings.allowed_hosts
    return f"https://{hosts[0]}{settings.base_path}/files/" if hosts else ""
