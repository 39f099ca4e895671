"""Webhooks: the owners of a room have other programs told of what happens in it."""

import os
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.records import SITE
from chat.backplane.values import Setting
from chat.backplane.webhooks import (
    AGAIN,
    DELIVERIES,
    PROGRESS,
    Delivery,
    Progress,
    Webhook,
    all_webhooks,
    decode_deliveries,
    decode_progress,
    decode_webhooks,
    encode_webhooks,
    record_of,
    room_of,
)
from chat.backplane.webhooks import is_enabled as is_hook_enabled
from chat.clock import Clock
from chat.errors import InvalidInput, Refused
from chat.net.public_addresses import Destinations
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.protocol.pushes import Person
from chat.protocol.webhooks import EVENTS, SECRET_BYTES, written_secret
from chat.rooms.permissions import Action, no_such_room
from chat.service.service import Service
from chat.service.transactions import Transaction, Transactions
from chat.service.webhook_urls import check_url

MAX_IN_ROOM: Final = 10
MAX_IN_ALL: Final = 1000
# So long the former secret signs, too: time to give the new one to the receiver.
_FORMER_S: Final = 86_400
# As long as the last deliveries are shown.
_SHOWN_S: Final = 30 * 86_400.0


class Shown(NamedTuple):
    """A webhook as its room's owners see it: how far it has come, and its last deliveries."""

    hook: Webhook
    progress: Progress | None
    deliveries: Sequence[Delivery]  # the newest first

    @property
    def is_enabled(self) -> bool:
        return is_hook_enabled(self.hook, self.progress)

    @property
    def why(self) -> str:
        """Why it was disabled; "" if it was not, or by people."""
        is_stopped = not self.hook.is_paused and not self.is_enabled
        return self.progress.why if is_stopped and self.progress else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to change of a webhook; None stays as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    is_enabled: bool | None = None


class Webhooks:
    """What owners of rooms do with webhooks. All methods raise ChatError."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        transactions: Transactions,
        service: Service,
        limits: Limits,
        clock: Clock,
        destinations: Destinations,
    ) -> None:
        self._backplane = backplane
        self._transactions = transactions
        self._service = service
        self._limits = limits
        self._clock = clock
        self._destinations = destinations

    async def of_room(self, by: Person, room: str) -> Sequence[Shown]:
        await self._service.check_may(by, room, Action.WEBHOOKS)
        return [await self._shown(hook) for hook in await self._stored(room)]

    async def make(
        self, by: Person, room: str, url: str, events: Collection[str], address: str
    ) -> Webhook:
        """Return a new webhook, which tells of what happens from now on."""
        await self._check_may_change(by, room, address)
        url, chosen = check_url(url, self._destinations), _chosen(events)
        if len(await all_webhooks(self._backplane)) >= MAX_IN_ALL:
            raise Refused(Code.FORBIDDEN, "This server has as many webhooks as it can have.")
        position = (await self._backplane.positions([room])).get(room)
        if position is None:
            raise no_such_room(room)
        hook = Webhook(
            id=f"{room}-{secrets.token_hex(8)}",
            url=url,
            events=chosen,
            secret=written_secret(os.urandom(SECRET_BYTES)),
            by=by.user,
            name=by.name,
            made_s=self._transactions.now_s(),
            epoch=position.epoch,
            offset=position.offset,
        )

        async def decide(transaction: Transaction) -> None:
            hooks = decode_webhooks(await transaction.value(record_of(room)))
            if len(hooks) >= MAX_IN_ROOM:
                raise Refused(
                    Code.FORBIDDEN, f"A room has at most {MAX_IN_ROOM} webhooks: delete one first."
                )
            await transaction.put_value(record_of(room), encode_webhooks([*hooks, hook]))
            transaction.record("webhook", room=room, reason=_host(url))

        await self._transactions.run(by, decide)
        return hook

    async def change(self, by: Person, id: str, wish: Wish, address: str) -> Shown:
        """Change a webhook. One that failed is tried again if it has another URL, or is enabled."""
        url = None if wish.url is None else check_url(wish.url, self._destinations)
        events = None if wish.events is None else _chosen(wish.events)

        def changed(hook: Webhook) -> Webhook:
            is_new = wish.is_enabled is True or url not in (None, hook.url)
            return replace(
                hook,
                url=url or hook.url,
                events=events or hook.events,
                is_paused=hook.is_paused if wish.is_enabled is None else not wish.is_enabled,
                turn=hook.turn + is_new,
            )

        return await self._shown(await self._replace(by, id, "webhook_changed", changed, address))

    async def renew_secret(self, by: Person, id: str, address: str) -> Webhook:
        """Give a webhook another secret. Its former one signs beside it for a day."""
        until_s = self._transactions.now_s() + _FORMER_S
        secret = written_secret(os.urandom(SECRET_BYTES))

        def changed(hook: Webhook) -> Webhook:
            return replace(hook, secret=secret, former_secret=hook.secret, former_until_s=until_s)

        return await self._replace(by, id, "webhook_secret", changed, address)

    async def remove(self, by: Person, id: str, address: str) -> None:
        room = _room(id)
        await self._check_may_change(by, room, address)

        async def decide(transaction: Transaction) -> None:
            hooks = decode_webhooks(await transaction.value(record_of(room)))
            hook = _find(hooks, id)
            left = [one for one in hooks if one.id != id]
            await transaction.put_value(record_of(room), encode_webhooks(left))
            transaction.record("webhook_removed", room=room, reason=_host(hook.url))

        await self._transactions.run(by, decide)

    async def deliveries(self, by: Person, id: str) -> Sequence[Delivery]:
        """Return the last deliveries, the newest first."""
        await self._service.check_may(by, _room(id), Action.WEBHOOKS)
        return (await self._shown(_find(await self._stored(_room(id)), id))).deliveries

    async def send_again(self, by: Person, id: str, delivery: str, address: str) -> None:
        """Have one of the last deliveries sent once more, as what it tells of is now."""
        await self._check_may_change(by, _room(id), address)
        shown = await self._shown(_find(await self._stored(_room(id)), id))
        found = next((one for one in shown.deliveries if one.id == delivery), None)
        if found is None:
            raise Refused(Code.FORBIDDEN, "This is none of the last deliveries of the webhook.")
        if not shown.is_enabled:
            raise Refused(Code.FORBIDDEN, "The webhook is disabled; enable it first.")
        position = delivery.removeprefix(f"{id}:")
        again = Setting(AGAIN, f"{id} {position}", found.type.encode())
        await self._backplane.values.put([again])

    async def _replace(
        self, by: Person, id: str, action: str, changed: Callable[[Webhook], Webhook], address: str
    ) -> Webhook:
        room = _room(id)
        await self._check_may_change(by, room, address)

        async def decide(transaction: Transaction) -> Webhook:
            hooks = decode_webhooks(await transaction.value(record_of(room)))
            old = _find(hooks, id)
            new = changed(old)
            after = [new if one is old else one for one in hooks]
            await transaction.put_value(record_of(room), encode_webhooks(after))
            transaction.record(action, room=room, reason=_host(new.url))
            return new

        return await self._transactions.run(by, decide)

    async def _check_may_change(self, by: Person, room: str, address: str) -> None:
        await self._service.check_may(by, room, Action.WEBHOOKS)
        self._limits.webhook(by.user, address)

    async def _stored(self, room: str) -> list[Webhook]:
        key = record_of(room)
        return decode_webhooks((await self._transactions.directory.fresh(SITE, key)).get(key))

    async def _shown(self, hook: Webhook) -> Shown:
        found = await self._backplane.values.of(hook.id, [PROGRESS, DELIVERIES])
        stored = found.get(PROGRESS)
        oldest_s = self._clock.time() - _SHOWN_S
        deliveries = decode_deliveries(found.get(DELIVERIES))
        return Shown(
            hook,
            None if stored is None else decode_progress(stored),
            [one for one in reversed(deliveries) if one.last_s >= oldest_s],
        )


def _chosen(events: Collection[str]) -> list[str]:
    """Return ``events`` in their usual order. Raises InvalidInput."""
    if unknown := sorted(set(events) - set(EVENTS)):
        raise InvalidInput(
            Code.BAD_COMMAND, f"There is no event {unknown[0]}; there are {', '.join(EVENTS)}."
        )
    if not events:
        raise InvalidInput(Code.BAD_COMMAND, f"Choose some of {', '.join(EVENTS)}.")
    return [event for event in EVENTS if event in events]


def _room(id: str) -> str:
    return parse_room(room_of(id))


def _find(hooks: Sequence[Webhook], id: str) -> Webhook:
    found = next((hook for hook in hooks if hook.id == id), None)
    if found is None:
        raise Refused(Code.NO_SUCH_HOOK, "There is no such webhook.")
    return found


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
