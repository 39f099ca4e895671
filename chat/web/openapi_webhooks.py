"""Describes the HTTP API of webhooks, by which other programs are told of what happens."""

from typing import Final

from chat.protocol.webhooks import EVENTS
from chat.service.webhook_urls import MAX_URL_CHARACTERS
from chat.web import patterns
from chat.web.openapi_parts import Json, asks, in_path, operation, parameter
from chat.web.webhooks import (
    DeliveryList,
    NewWebhook,
    WebhookInfo,
    WebhookList,
    WebhookSecret,
    WebhookSet,
)

TYPES: Final = (WebhookList, WebhookInfo, WebhookSecret, NewWebhook, WebhookSet, DeliveryList)
# Names of hosts that look like some: what they resolve to is found when something is sent.
_URL: Final[Json] = {
    "type": "string",
    "pattern": r"^https://[a-z][a-z0-9]{0,30}(\.[a-z][a-z0-9]{0,30}){1,3}(:443)?(/[a-z0-9_-]{0,30}){0,9}$",
    "description": f"at most {MAX_URL_CHARACTERS} characters",
}
_EVENTS: Final[Json] = {
    "type": "array",
    "items": {"enum": list(EVENTS)},
    "minItems": 1,
    "maxItems": len(EVENTS),
    "uniqueItems": True,
}


def describe(components: Json) -> None:
    """Add to ``components``, made of TYPES, the rules that are checked later."""
    components["NewWebhook"]["properties"] |= {"url": dict(_URL), "events": dict(_EVENTS)}
    components["WebhookSet"]["properties"] |= {
        "url": {"anyOf": [_URL, {"type": "null"}]},
        "events": {"anyOf": [_EVENTS, {"type": "null"}]},
    }


def paths() -> Json:
    webhook = in_path(
        "webhook", {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}-[0-9a-f]{16}$"}
    )
    delivery = in_path(
        "delivery", {"type": "string", "pattern": "^[a-z0-9_-]{18,81}:[a-z0-9]{1,16}:[0-9]{1,15}$"}
    )
    room = parameter("room", {"type": "string", "pattern": patterns.ROOM_OR_NONE})
    return {
        "/api/webhooks": {
            "get": asks(
                "list_webhooks",
                "The room's webhooks, for its owners",
                WebhookList,
                parameters=[room],
            ),
            "post": asks(
                "create_webhook",
                "Have a program told of what happens; its secret is told once",
                WebhookSecret,
                NewWebhook,
                parameters=[room],
                status=201,
            ),
        },
        "/api/webhooks/{webhook}": {
            "parameters": [webhook],
            "patch": asks(
                "change_webhook",
                "Change a webhook; enabled again, it goes on where it was",
                WebhookInfo,
                WebhookSet,
                is_body_required=False,
            ),
            "delete": operation("delete_webhook", "Remove a webhook", {"type": "object"}),
        },
        "/api/webhooks/{webhook}/secret": {
            "parameters": [webhook],
            "post": asks(
                "renew_webhook_secret",
                "Another secret; the former one signs, too, for a day",
                WebhookSecret,
            ),
        },
        "/api/webhooks/{webhook}/deliveries": {
            "parameters": [webhook],
            "get": asks("list_deliveries", "The last deliveries", DeliveryList),
        },
        "/api/webhooks/{webhook}/deliveries/{delivery}/send": {
            "parameters": [webhook, delivery],
            "post": operation("send_delivery_again", "Send it again", {"type": "object"}),
        },
    }
