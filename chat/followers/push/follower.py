"""Finds in the logs who is to be notified of what, and passes it to the outbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from chat.backplane.base import Backplane
from chat.backplane.levels import Levels
from chat.backplane.subscriptions import Subscriptions
from chat.backplane.values import Setting
from chat.clock import Clock
from chat.followers.cursors import moved, position_in
from chat.followers.follower import Follower
from chat.followers.push.notices import Due
from chat.followers.push.outbox import DUE, Outbox
from chat.protocol.commands import MAX_DIRECT_OTHERS
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, MessageBody
from chat.rooms.access import Access, access_of
from chat.rooms.notifying import Level, notified

# The group of values that holds the cursor, by room; and the key in it of no room that says that
# there is one: what was said before the first start notifies nobody.
CURSOR: Final = "push-cursor"
_BEGUN: Final = "!begun"
# Whoever is looking at the room has read the message by then, and their page has said so.
DELAY_S: Final = 3.0
# Of what is older, such as after the server was away, nobody is notified: they look by themselves.
MAX_AGE_S: Final = 3600.0


class Message(NamedTuple):
    position: Position
    body: MessageBody


class PushFollower(Follower):
    """Follows all logs on behalf of the people who want to be notified."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        levels: Levels,
        subscriptions: Subscriptions,
        outbox: Outbox,
        clock: Clock,
        delay_s: float = DELAY_S,
    ) -> None:
        self._backplane = backplane
        self._levels = levels
        self._subscriptions = subscriptions
        self._outbox = outbox
        self._clock = clock
        self._delay_s = delay_s

    async def open(self) -> Mapping[str, Position]:
        stored = await self._backplane.values.all(CURSOR)
        if _BEGUN not in stored:
            tops = {info.room: info.position for info in await self._backplane.rooms()}
            moves = [moved(CURSOR, room, position) for room, position in tops.items()]
            await self._backplane.values.put([*moves, Setting(CURSOR, _BEGUN, b"")])
        else:
            del stored[_BEGUN]
            tops = {room: position_in(value) for room, value in stored.items()}
        await self._outbox.start()
        return tops

    async def close(self) -> None:
        await self._outbox.stop()

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        found: list[Due] = []
        levels = await self._levels.in_rooms(pages.keys())
        for room, entries in pages.items():
            chosen = levels.get(room, {})
            if messages := self._messages(room, entries, chosen):
                found += await self._due(room, messages, chosen)
        # In this order: what is done twice has the same key.
        await self._backplane.values.put(
            [
                *(Setting(DUE, due.key, msgspec.json.encode(due)) for due in found),
                *(moved(CURSOR, room, entries[-1].position) for room, entries in pages.items()),
            ]
        )
        self._outbox.add(found)

    def _messages(
        self, room: str, entries: Sequence[Entry], levels: Mapping[str, Level]
    ) -> list[Message]:
        """Return the messages of which somebody may be notified."""
        since_s = self._clock.time() - MAX_AGE_S
        is_any_for_somebody = access_of(room) is Access.DIRECT or Level.ALL in levels.values()
        found: list[Message] = []
        for entry in entries:
            if is_any_for_somebody or entry.is_for_somebody():  # most are not, nor decoded
                body = entry.decode() if entry.kind == MessageBody.kind else None
                if isinstance(body, MessageBody) and _time_s(body) >= since_s:
                    found.append(Message(entry.position, body))
        return found

    async def _due(
        self, room: str, messages: Sequence[Message], levels: Mapping[str, Level]
    ) -> list[Due]:
        now = self._clock.time()
        is_direct = access_of(room) is Access.DIRECT
        members: Sequence[str] = ()
        if is_direct:
            members = await self._backplane.members(room, limit=MAX_DIRECT_OTHERS + 1)
        reachable: dict[str, bool] = {}
        found = []
        for position, body in messages:
            for user, _ in notified(body, levels, members=members, is_direct=is_direct):
                if user not in reachable:
                    reachable[user] = bool(await self._subscriptions.of(user))
                if reachable[user]:
                    at_s = min(_time_s(body), now) + self._delay_s
                    found.append(Due(user=user, room=room, **position._asdict(), at_s=at_s))
        return found

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        # A room that is new may begin with messages that somebody is to be notified of.
        position = top if is_gap else Position(top.epoch, 0)
        await self._backplane.values.put([moved(CURSOR, room, position)])
        return position

    async def forget(self, room: str) -> None:
        await self._levels.clear(room)
        await self._backplane.values.put([Setting(CURSOR, room, None)])

    async def work(self) -> bool:
        return False

    @property
    def backlog(self) -> int:
        return len(self._outbox)


def _time_s(body: MessageBody) -> float:
    """Return when the message was sent; 0, long ago, where the log does not say so in our form.

    One entry that can't be read must not keep all later ones from being told.
    """
    try:
        return datetime.fromisoformat(body.time).timestamp()
    except (ValueError, OverflowError):
        return 0.0
