"""Parley's client for asyncio: for bots, scripts and tests.

    async with connect("https://chat.example", "general", name="echo") as parley:
        async for push in parley:
            if push["type"] == "message" and push["user"] != parley.user:
                await parley.send(push["room"], push["text"])

It works on any network, like the page: it races WebSocket, Server-Sent Events and long polling,
uses the best transport that is proven to work, switches between them during a conversation, and
reconnects after any failure. docs/clients.md describes how.
"""

import asyncio
import contextlib
import os
import random
import secrets
import ssl
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from chat.client import policy
from chat.client.address import Address
from chat.client.commands import succeeded
from chat.client.engine import Engine, State
from chat.client.history import Attempt
from chat.client.http import Http
from chat.client.positions import Push
from chat.client.proxies import choose
from chat.errors import ChatError, Refused, Unavailable

__all__ = ["Attempt", "ChatError", "Parley", "Push", "Refused", "State", "Unavailable", "connect"]


def connect(
    url: str,
    *rooms: str,
    name: str | None = None,
    token: str = "",
    transports: Iterable[str] = policy.TRANSPORTS,
    tls: ssl.SSLContext | None = None,
    proxy: str | None = None,
    on_change: Callable[["Parley"], None] | None = None,
) -> "Parley":
    """Return a conversation at ``url`` (http or https); use it in ``async with``.

    The client joins ``rooms`` and reads only these; without any it reads all rooms of the user,
    which is ``general`` at first. With the ``token`` of a bot (docs/programs.md) it is that bot,
    else a guest, whose ``name`` is shown to people; ``transports`` are those to try;
    ``tls`` says which certificates to trust. ``proxy`` is the address of a forward proxy, empty
    for none; by default the environment decides (docs/clients.md). ``on_change`` is called
    whenever ``state``, ``transport`` or ``reason`` has changed; it must not block.

    Entering waits until the conversation is connected, however long that takes.

    Raises:
        Refused: on entering, if the name or a room is not available, the server tells the client
            not to come back, or the proxy needs another user or password.
        ValueError: ``url``, the proxy's address or ``transports`` can't be used, or there is a
            ``name`` beside a ``token``.
    """
    if token and name is not None:
        raise ValueError("a bot has the name that it was made with: leave name out")
    can = [t for t in policy.TRANSPORTS if t in set(transports)]
    if not can:
        raise ValueError(f"transports are some of {', '.join(policy.TRANSPORTS)}")
    address = Address.parse(url)
    http = Http(address, tls=tls, proxy=choose(address, os.environ, explicit=proxy), token=token)
    return Parley(http, rooms, name=name, can=can, on_change=on_change)


class Parley:
    """A conversation. Iterating over it yields all pushes, in order, each once.

    These are the decoded pushes of docs/protocol.md, without ``hello``, ``heartbeat`` and
    ``goodbye``, which belong to the connection. After a ``resync``, reload the room's history:
    the server sends one if a log was lost, the client makes one if 10,000 pushes were left
    unread. Iterating ends when the conversation is closed, with Refused if the server did that.
    """

    def __init__(
        self,
        http: Http,
        rooms: Sequence[str],
        *,
        name: str | None,
        can: Sequence[str],
        on_change: Callable[["Parley"], None] | None,
    ) -> None:
        self._http, self._rooms = http, rooms
        self._name, self._can = name, can
        self._on_change = on_change
        self._engine: Engine | None = None

    async def __aenter__(self) -> Self:
        connected = asyncio.Event()

        def changed() -> None:
            if self._engine is not None and self.state in (State.CONNECTED, State.CLOSED):
                connected.set()
            if self._on_change is not None:
                self._on_change(self)

        self._engine = Engine(
            self._http,
            rooms=self._rooms,
            name=self._name,
            can=self._can,
            rng=random.Random(),
            on_change=changed,
        )
        self._life = asyncio.create_task(self._engine.run())
        try:
            await connected.wait()
        except BaseException:  # cancelled: leave nothing behind
            await self._close()
            raise
        if self.state is State.CLOSED:
            await self._life
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Push:
        return await self._entered.receiver.inbox.get()

    @property
    def state(self) -> State:
        """``connecting``, ``connected``, ``waiting`` (for ``wait_s`` in all) or ``closed``."""
        return self._entered.state

    @property
    def transport(self) -> str | None:
        """The transport that carries the conversation now; None while there is none."""
        return self._entered.transport

    @property
    def reason(self) -> str:
        """Why it is this transport and no better one, or why there is none. Empty: the best."""
        return self._entered.reason

    @property
    def wait_s(self) -> float:
        return self._entered.wait_s

    @property
    def attempts(self) -> Sequence[Attempt]:
        """The last 100 attempts to attach, oldest first, with their outcomes."""
        return self._entered.history.attempts

    @property
    def user(self) -> str:
        """The client's user id: the ``user`` of its own messages."""
        return self._entered.receiver.user

    @property
    def name(self) -> str:
        """The client's name, as people see it."""
        return self._entered.receiver.name

    async def send(
        self,
        room: str,
        text: str = "",
        *,
        key: str | None = None,
        reply_to: int | None = None,
        files: Iterable[Push] = (),
    ) -> Push:
        """Send ``text`` to ``room`` and return the ``ok``, with the message's ``offset``.

        ``reply_to`` is the offset of a message that this one answers; ``files`` are what ``upload``
        has returned, at most ten, and then the text may be empty.

        Retries with the same key until there is an answer, over any transport and however long
        that takes: the message is in the room once. Messages are sent one after the other, in the
        order of the calls. Pass your own ``key`` (1 to 64 characters) to be able to repeat the
        message from another process.

        Raises Refused (``code`` says why). If cancelled, the message may have been sent or not.
        """
        more: dict[str, Any] = {} if reply_to is None else {"reply_to": reply_to}
        if ids := [file["id"] for file in files]:
            more["files"] = ids
        commands = self._entered.commands
        return await commands.send(room, text, key or secrets.token_urlsafe(12), **more)

    async def upload(self, path: str | os.PathLike[str]) -> Push:
        """Upload the file at ``path``; return its ``id``, ``name``, ``type`` and ``bytes``.

        Nobody sees it before it is sent, which has to be within a day. Raises OSError if it can't
        be read, Refused (``too_long``, ``rate_limited`` …) or Unavailable: retrying may help.
        """
        return await self._entered.commands.upload(Path(path))

    async def edit(self, room: str, offset: int, text: str) -> Push:
        """Replace the text of the client's own message at ``offset``; as ``command``, but raises.

        ``edit``, ``delete`` and ``react`` raise Refused, and Unavailable where retrying may help.
        To retry ``edit`` or ``react`` changes nothing if it was carried out before.
        """
        return await self._do(type="edit", room=room, offset=offset, text=text)

    async def delete(self, room: str, offset: int) -> Push:
        """Delete the message at ``offset``: the client's own, or as a moderator any."""
        return await self._do(type="delete", room=room, offset=offset)

    async def react(self, room: str, offset: int, emoji: str, *, on: bool = True) -> Push:
        """Add the reaction ``emoji`` to the message at ``offset``, or remove it."""
        return await self._do(type="react", room=room, offset=offset, emoji=emoji, on=on)

    async def command(self, **fields: Any) -> Push:
        """Send one command of docs/protocol.md, such as ``command(type="join", room="dev")``.

        Waits until the conversation is connected. Returns the reply, which may be an ``error``.
        Raises Unavailable if there was no reply: the command may or may not have been executed.
        """
        return await self._entered.command(fields)

    async def _do(self, **fields: Any) -> Push:
        return succeeded(await self.command(**fields))

    async def history(self, room: str, **bounds: int) -> dict[str, Any]:
        """Return ``{"messages": […], "more": bool}``, oldest first, with one request.

        ``bounds`` are ``before``, ``after`` (exclusive offsets) and ``limit`` (at most 200).
        Raises Refused, or Unavailable: retrying may help.
        """
        return await self._entered.commands.history(room, bounds)

    async def search(self, query: str, **bounds: str | int) -> dict[str, Any]:
        """Return ``{"results": […], "more": bool}``, the newest first (docs/protocol.md, "Search").

        ``query`` is as people write it: words, ``"a phrase"``, ``from:ann``, ``after:2026-01-31``.
        ``bounds`` are ``room``, ``user``, ``limit`` (at most 50) and ``before``, which the answer
        has if there are more. Raises Refused, or Unavailable: retrying may help.
        """
        return await self._entered.commands.search({"q": query, **bounds})

    async def rooms(self) -> list[dict[str, Any]]:
        """Return the rooms that the client may find, with ``unread`` and ``is_member``.

        Raises Refused, or Unavailable: retrying may help.
        """
        return await self._entered.commands.rooms()

    def network_changed(self) -> None:
        """Report that the machine has changed networks: retry at once what failed on the last."""
        self._entered.network_changed()

    @property
    def _entered(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("use it in `async with`")
        return self._engine

    async def _close(self) -> None:
        self._life.cancel()
        with contextlib.suppress(asyncio.CancelledError, ChatError):
            await self._life
