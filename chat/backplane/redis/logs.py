"""The rooms' logs in Redis: reading them, and giving one a new life when entries were lost."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from importlib.resources import files
from typing import Any, Final

from redis.exceptions import NoScriptError

from chat.backplane.base import History, Page, cut_page
from chat.backplane.redis.failures import unavailable
from chat.backplane.redis.store import Store
from chat.errors import Refused, ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry
from chat.rooms import LOBBY

# History looks through the log for messages; most entries are messages, so this is few rounds.
SCAN_LIMIT: Final = 500


class Script:
    """A Lua script: sent by its digest, and whole where Redis does not know it (any more)."""

    def __init__(self, name: str) -> None:
        self.source = files("chat.backplane.redis").joinpath(name).read_text()
        self._digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    async def load(self, client: Any) -> None:
        """Have Redis know the script, all of a cluster's nodes too."""
        await client.script_load(self.source)

    async def run(self, store: Store, names: Sequence[str], *args: Any) -> Any:
        """Return what the script gives. Raises Unavailable."""
        try:
            return await store.run("EVALSHA", self._digest, len(names), *names, *args)
        except NoScriptError:
            return await store.run("EVAL", self.source, len(names), *names, *args)


class RedisLogs:
    """Reads and renews; appending is the backplane's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys
        self._renew = Script("renew.lua")

    async def heads(self, rooms: Collection[str]) -> dict[str, Position | None]:
        """Return where each room's log stands; None where there is none. The lobby always is."""
        rooms = tuple(rooms)  # those that are followed, for one, may change while Redis answers
        answers = await self._store.run_all(
            [("HMGET", self._keys.head(room), "epoch", "top") for room in rooms]
        )
        heads = {room: _position(answer) for room, answer in zip(rooms, answers, strict=True)}
        if LOBBY in heads and heads[LOBBY] is None:  # Redis was emptied while we run
            heads[LOBBY] = await self.renew(LOBBY, Position("", 0))
        return heads

    async def head(self, room: str) -> Position:
        """Return where ``room``'s log stands. Raises Refused ``no_such_room``."""
        position = (await self.heads([room]))[room]
        if position is None:
            raise Refused(Code.NO_SUCH_ROOM, f"There is no room {room}; join it to make it.")
        return position

    async def renew(self, room: str, seen: Position, *, is_forked: bool = False) -> Position:
        """Return where ``room`` stands, in a new epoch if it stands before ``seen``.

        ``is_forked``: also if it does not, for at ``seen`` stands another entry than was seen.
        """
        epoch, top = await self._renew.run(
            self._store,
            [self._keys.head(room), self._keys.log(room), self._keys.about(room)],
            seen.epoch,
            seen.offset,
            new_epoch(),
            "1" if is_forked else "0",
        )
        return Position(epoch.decode(), int(top))

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        """Return the entries behind ``since``; see Backplane.read."""
        head, found = await self._store.run_all(
            [
                ("HMGET", self._keys.head(room), "epoch", "top"),
                ("XRANGE", self._keys.log(room), f"({since.offset}-0", "+", "COUNT", limit),
            ]
        )
        for answer in (head, found):
            if isinstance(answer, Exception):
                raise unavailable(answer)
        top = _position(head)
        if top is None and room != LOBBY:
            raise Refused(Code.NO_SUCH_ROOM, f"There is no room {room}; join it to make it.")
        if top is None or since.epoch != top.epoch or since.offset > top.offset:
            raise ResyncNeeded
        entries = cut_page(_entries(room, top.epoch, found))
        if since.offset == top.offset and not entries:
            return Page((), False)
        if not entries or entries[0].position.offset != since.offset + 1:
            raise ResyncNeeded
        return Page(entries, entries[-1].position.offset < top.offset)

    async def entry(self, room: str, offset: int) -> Entry | None:
        head = await self.head(room)
        found = await self._store.run("XRANGE", self._keys.log(room), f"{offset}-0", f"{offset}-0")
        entries = _entries(room, head.epoch, found)
        return entries[0] if entries else None

    async def messages_by(self, room: str, offset: int) -> int:
        """Return how many messages there were at ``offset``."""
        found = await self._store.run(
            "XREVRANGE", self._keys.log(room), f"{offset}-0", "-", "COUNT", 1
        )
        return int(fields_of(found[0][1])[b"n"]) if found else 0

    async def history(
        self, room: str, *, before: int | None, after: int | None, limit: int
    ) -> History:
        """Return a page of messages with what means them; see Backplane.history."""
        epoch = (await self.head(room)).epoch
        is_forward = before is None and after is not None
        lowest = (after or 0) + 1
        highest = None if before is None else before - 1
        messages: list[Entry] = []
        while len(messages) <= limit and (highest is None or lowest <= highest):
            low, high = f"{lowest}-0", "+" if highest is None else f"{highest}-0"
            command = ("XRANGE", self._keys.log(room), low, high)
            if not is_forward:
                command = ("XREVRANGE", self._keys.log(room), high, low)
            found = _entries(room, epoch, await self._store.run(*command, "COUNT", SCAN_LIMIT))
            messages += [entry for entry in found if entry.kind == "message"]
            if len(found) < SCAN_LIMIT:
                break
            if is_forward:
                lowest = found[-1].position.offset + 1
            else:
                highest = found[-1].position.offset - 1
        more, messages = len(messages) > limit, messages[:limit]
        if not messages:
            return History((), {}, False)
        messages += await self._about(room, epoch, messages)
        return History(sorted(messages, key=lambda entry: entry.position.offset), {}, more)

    async def _about(self, room: str, epoch: str, messages: Sequence[Entry]) -> list[Entry]:
        offsets = [entry.position.offset for entry in messages]
        about = await self._store.run(
            "ZRANGEBYSCORE", self._keys.about(room), min(offsets), max(offsets)
        )
        if not about:
            return []
        log = self._keys.log(room)
        answers = await self._store.run_all(
            [("XRANGE", log, f"{int(o)}-0", f"{int(o)}-0") for o in about]
        )
        return [entry for answer in answers for entry in _entries(room, epoch, answer)]


def new_epoch() -> str:
    return secrets.token_hex(4)


def _position(answer: Any) -> Position | None:
    if isinstance(answer, Exception):
        raise unavailable(answer)
    epoch, top = answer
    return None if epoch is None else Position(epoch.decode(), int(top))


def _entries(room: str, epoch: str, answer: Any) -> list[Entry]:
    if isinstance(answer, Exception):
        raise unavailable(answer)
    entries = []
    for id_, flat in answer:
        fields = fields_of(flat)
        position = Position(epoch, int(id_.partition(b"-")[0]))
        entries.append(Entry(room, position, fields[b"k"].decode(), fields[b"b"]))
    return entries


def fields_of(answer: Any) -> dict[bytes, bytes]:
    """Return an entry's fields, which come as a list or, parsed by redis-py, as a mapping."""
    return (
        dict(answer)
        if isinstance(answer, dict)
        else dict(zip(answer[::2], answer[1::2], strict=True))
    )
