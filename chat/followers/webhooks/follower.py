"""Has a reader for each webhook, while this instance is the one that sends."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from chat.accounts import records
from chat.backplane.base import Backplane
from chat.backplane.records import SITE
from chat.backplane.values import Setting
from chat.backplane.webhooks import (
    AGAIN,
    DELIVERIES,
    PROGRESS,
    Progress,
    Webhook,
    all_webhooks,
    decode_deliveries,
    decode_progress,
)
from chat.clock import Clock
from chat.followers.follower import Follower
from chat.followers.webhooks.deliveries import Deliveries
from chat.followers.webhooks.reader import HookReader
from chat.followers.webhooks.sender import Sender
from chat.metrics.followers import WebhookMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Notification
from chat.rooms.access import OWNERS

# A webhook begins, changes or ends within this time, and another attempt that somebody asks for.
LOOK_S: Final = 0.5


class WebhooksFollower(Follower):
    """Wakes the readers of the rooms in which something has happened.

    It keeps no cursor: each reader has its own.
    """

    def __init__(
        self, backplane: Backplane, *, sender: Sender, clock: Clock, metrics: WebhookMetrics
    ) -> None:
        self._backplane = backplane
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._readers: dict[str, HookReader] = {}
        self._seen: Position | None = None  # of the site's log, when the webhooks were read
        self._due_s = 0.0

    async def open(self) -> Mapping[str, Position]:
        self._seen, self._due_s = None, 0.0
        await self._look()
        await self._remove_what_is_left()
        return {}

    async def close(self) -> None:
        await asyncio.gather(*(reader.stop() for reader in self._readers.values()))
        self._readers.clear()
        self._sender.stop()

    async def handle(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        self._note(pages)

    async def restart(self, room: str, top: Position, *, is_gap: bool) -> Position:
        self._note([room])
        return top

    async def forget(self, room: str) -> None:
        """Disable the webhooks of a room that is gone, and may be made anew by others.

        If people have removed it, its webhooks went with it.
        """
        for reader in self._readers.values():
            if reader.hook.room == room:
                await reader.disable("The room was removed.")

    async def work(self) -> bool:
        now = self._clock.monotonic()
        if now >= self._due_s:
            self._due_s = now + LOOK_S
            await self._look()
            await self._send_again()
        return False

    @property
    def backlog(self) -> int:
        return sum(reader.backlog for reader in self._readers.values())

    def _note(self, rooms: Sequence[str] | Mapping[str, object]) -> None:
        for reader in self._readers.values():
            if reader.hook.room in rooms:
                reader.note()

    async def _look(self) -> None:
        """Begin, change and end webhooks as people have set them."""
        # Before they are read: what changes meanwhile is seen the next time.
        top = (await self._backplane.positions([SITE])).get(SITE)
        if top is not None and top == self._seen:
            return
        hooks = await all_webhooks(self._backplane)
        for id in self._readers.keys() - hooks.keys():
            await self._readers.pop(id).stop()
            await self._backplane.values.put(
                [Setting(PROGRESS, id, None), Setting(DELIVERIES, id, None)]
            )
        for id, hook in hooks.items():
            reader = self._readers.get(id)
            if reader is None:
                await self._begin(hook)
            elif reader.hook != hook:
                reader.change(hook)
        self._seen = top

    async def _begin(self, hook: Webhook) -> None:
        found = await self._backplane.values.of(hook.id, [PROGRESS, DELIVERIES])
        stored = found.get(PROGRESS)
        reader = HookReader(
            hook,
            await self._first(hook) if stored is None else decode_progress(stored),
            Deliveries(hook.id, decode_deliveries(found.get(DELIVERIES))),
            backplane=self._backplane,
            sender=self._sender,
            clock=self._clock,
            metrics=self._metrics,
            on_disabled=self._tell_owners,
        )
        self._readers[hook.id] = reader
        reader.start()

    async def _first(self, hook: Webhook) -> Progress:
        """Return where a webhook begins; in a log that was restored, at its end."""
        top = (await self._backplane.positions([hook.room])).get(hook.room)
        place = Position(hook.epoch, hook.offset)
        if top is not None and top.epoch != hook.epoch:
            place = top
        return Progress(epoch=place.epoch, offset=place.offset, turn=hook.turn)

    async def _remove_what_is_left(self) -> None:
        """Remove what is stored of webhooks that have ended while nobody was here."""
        for group in (PROGRESS, DELIVERIES):
            left = (await self._backplane.values.all(group)).keys() - self._readers.keys()
            await self._backplane.values.put([Setting(group, id, None) for id in left])

    async def _send_again(self) -> None:
        asked = await self._backplane.values.all(AGAIN)
        for key, kind in asked.items():
            id, _, position = key.partition(" ")
            epoch, _, offset = position.partition(":")
            if (reader := self._readers.get(id)) is not None:
                await reader.send_again(Position(epoch, int(offset)), kind.decode())
        await self._backplane.values.put([Setting(AGAIN, key, None) for key in asked])

    async def _tell_owners(self, hook: Webhook, offset: int, why: str) -> None:
        """Notify the owners of the room; those of the site, of a room that has none."""
        found = (await self._backplane.records(hook.room, [OWNERS])).get(OWNERS)
        owners = [] if found is None else msgspec.json.decode(found, type=list[str])
        if not owners:
            found = (await self._backplane.records(SITE, [records.OWNERS])).get(records.OWNERS)
            owners = [] if found is None else records.decode(found, records.Owners).users
        notification = Notification(
            kind="webhook",
            room=hook.room,
            offset=offset,
            user=hook.by,
            name=hook.name,
            text=f"{urlsplit(hook.url).hostname}: {why}",
        )
        await asyncio.gather(*(self._backplane.notify(user, notification) for user in owners))
