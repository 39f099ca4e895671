"""The HTTP API of webhooks, for the owners of their rooms."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from chat.backplane.webhooks import Delivery
from chat.protocol.cursor import parse_room
from chat.protocol.webhooks import EVENTS
from chat.requests.handler import Handler
from chat.rooms import LOBBY
from chat.service.times import rfc3339
from chat.service.webhook_urls import MAX_URL_CHARACTERS
from chat.service.webhooks import Shown, Webhooks, Wish

_Url = Annotated[str, msgspec.Meta(max_length=4 * MAX_URL_CHARACTERS)]
_Events = Annotated[list[str], msgspec.Meta(max_length=len(EVENTS))]


class NewWebhook(msgspec.Struct):
    url: _Url
    events: _Events


class WebhookSet(msgspec.Struct):
    """What to change. One that failed is tried again if it is enabled or has another URL."""

    url: _Url | None = None
    events: _Events | None = None
    is_enabled: bool | None = None


class DeliveryInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of an entry. ``id`` is the ``webhook-id`` that the receiver is given.

    ``state`` is ``delivered``, ``waiting``, ``failed`` or ``gone``; ``status`` is 0 without an
    answer. Times are in RFC 3339.
    """

    id: str
    type: str
    state: str
    attempts: int
    time: str
    status: int = 0
    problem: str = ""
    next_time: str = ""


class WebhookInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``why`` says why it is disabled, if nobody has done that."""

    id: str
    room: str
    url: str
    events: Sequence[str]
    user: str
    name: str
    time: str
    is_enabled: bool
    waiting: int  # entries whose delivery failed and is tried again
    why: str = ""
    last: DeliveryInfo | None = None


class WebhookSecret(msgspec.Struct):
    """``secret`` is shown this once."""

    id: str
    secret: str


class WebhookList(msgspec.Struct):
    webhooks: Sequence[WebhookInfo]


class DeliveryList(msgspec.Struct):
    """The last deliveries, the newest first."""

    deliveries: Sequence[DeliveryInfo]


class _WebhooksHandler(Handler):
    @property
    def webhooks(self) -> Webhooks:
        found = self.dependencies.webhooks
        assert found is not None  # else there are no routes
        return found


class WebhooksHandler(_WebhooksHandler):
    @property
    def room(self) -> str:
        return parse_room(self.argument("room") or LOBBY)

    async def get(self) -> None:
        """List the webhooks of a room."""
        found = await self.webhooks.of_room(self.person, self.room)
        self.send_json(WebhookList([_info(one) for one in found]))

    async def post(self) -> None:
        """Make one."""
        given = self.json_as(NewWebhook)
        made = await self.webhooks.make(
            self.person, self.room, given.url, given.events, self.address
        )
        self.set_status(201)
        self.send_json(WebhookSecret(made.id, made.secret))


class WebhookHandler(_WebhooksHandler):
    async def patch(self, id: str) -> None:
        given = self.json_as(WebhookSet)
        wish = Wish(url=given.url, events=given.events, is_enabled=given.is_enabled)
        self.send_json(_info(await self.webhooks.change(self.person, id, wish, self.address)))

    async def delete(self, id: str) -> None:
        await self.webhooks.remove(self.person, id, self.address)
        self.send_json({})


class WebhookSecretHandler(_WebhooksHandler):
    async def post(self, id: str) -> None:
        """Give it another secret; the former one signs, too, for a day."""
        changed = await self.webhooks.renew_secret(self.person, id, self.address)
        self.send_json(WebhookSecret(changed.id, changed.secret))


class DeliveriesHandler(_WebhooksHandler):
    async def get(self, id: str) -> None:
        found = await self.webhooks.deliveries(self.person, id)
        self.send_json(DeliveryList([_delivery(one) for one in found]))


class DeliveryHandler(_WebhooksHandler):
    async def post(self, id: str, delivery: str) -> None:
        """Send it again."""
        await self.webhooks.send_again(self.person, id, delivery, self.address)
        self.send_json({})


def _info(shown: Shown) -> WebhookInfo:
    hook = shown.hook
    return WebhookInfo(
        id=hook.id,
        room=hook.room,
        url=hook.url,
        events=hook.events,
        user=hook.by,
        name=hook.name,
        time=rfc3339(hook.made_s),
        is_enabled=shown.is_enabled,
        waiting=0 if shown.progress is None else len(shown.progress.waiting),
        why=shown.why,
        last=_delivery(shown.deliveries[0]) if shown.deliveries else None,
    )


def _delivery(one: Delivery) -> DeliveryInfo:
    return DeliveryInfo(
        id=one.id,
        type=one.type,
        state=one.state,
        attempts=one.attempts,
        time=rfc3339(one.last_s),
        status=one.status,
        problem=one.problem,
        next_time=rfc3339(one.next_s) if one.next_s else "",
    )
