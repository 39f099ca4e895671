"""Computes the effect of an edit, a deletion or a reaction on its message before the append."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from chat.backplane.redis.amendments import OWN, Messages, digest
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import Converter, is_whole
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.rooms import LOBBY
from chat.rooms.amendments import Amendment, Unchanged


class Change(NamedTuple):
    """The last arguments of append.lua, which describe a change; documented there."""

    was: str
    entry: bytes
    amendments: bytes
    edit: int | str
    superseded: bytes


class NotStored(NamedTuple):
    """Nothing is to be stored: ``code`` is the reason, ``ok`` if the change has no effect."""

    code: str
    position: Position


class Amending:
    def __init__(self, store: Store, converter: Converter) -> None:
        self._store = store
        self._keys = store.keys
        self._converter = converter
        self._turns: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, room: str, target: int) -> AsyncIterator[None]:
        """Let one change of a message run at a time: of several, all but one would start over."""
        lock = self._turns.setdefault((room, target), asyncio.Lock())
        async with lock:
            yield

    async def work_out(
        self, room: str, user: str, body: Amendment, *, is_open: bool = False
    ) -> Change | NotStored:
        """Return the effect of ``body``, which only members have unless ``is_open``.

        Raises Unavailable and errors of chat.rooms.amendments.
        """
        target = body.target
        head, entry, amendments, is_member = await self._store.ask(
            ("HMGET", self._keys.head(room), "epoch", "top", "held"),
            ("HGET", self._keys.entries(room), target),
            ("HGET", self._keys.amended(room), target),
            ("SISMEMBER", self._keys.members(room), user),
        )
        if head[0] is None:
            return NotStored(Code.NO_SUCH_ROOM, Position("", 0))
        if not is_whole(*head):
            await self._converter.convert(room)
            return await self.work_out(room, user, body, is_open=is_open)
        if not is_member and not is_open and room != LOBBY:
            return NotStored(Code.NOT_MEMBER, Position("", 0))
        messages = Messages(room)
        messages.put(target, entry, amendments)
        edit = messages.edit_of(target)
        if edit:
            messages.put(edit, await self._store.run("HGET", self._keys.entries(room), edit))
        try:
            messages.apply(OWN, body)
        except Unchanged:
            return NotStored("ok", Position(head[0].decode(), int(head[1])))
        rewritten: dict[int, Any] = messages.rewritten
        return Change(
            was=digest(entry, amendments),
            entry=rewritten.get(target, b""),
            amendments=messages.amended[target],
            edit=edit if edit in rewritten else "",
            superseded=rewritten.get(edit, b""),
        )
