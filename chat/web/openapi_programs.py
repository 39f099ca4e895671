"""Describes the HTTP API of programs: bots, and incoming webhooks."""

from typing import Final

from chat.web import patterns
from chat.web.bots import BotList, MadeBot, NewBot, NewToken
from chat.web.hooks import HookList, MadeHook, NewHook
from chat.web.openapi_parts import FORM, JSON, Json, asks, in_path, operation

TYPES: Final = (BotList, HookList, MadeBot, MadeHook, NewBot, NewHook, NewToken)


def describe(components: Json) -> None:
    """Add to ``components``, made of TYPES, the rules that are checked later."""
    for name in ("NewBot", "NewHook"):
        named = {"type": "string", "pattern": patterns.NAME}
        components[name]["properties"]["name"] = named


def paths() -> Json:
    room = in_path("room", {"type": "string", "pattern": patterns.ROOM})
    posted = operation(
        "post_to_hook",
        "Say something in the room of a webhook",
        {},
        body={JSON: {"type": "object"}, FORM: {"type": "object"}},
    )
    posted["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    bot = in_path("bot", {"type": "string", "pattern": "^bot-[0-9a-f]{16}$"})
    return {
        "/api/bots": {
            "get": asks("list_bots", "The bots, for owners of the site", BotList),
            "post": asks(
                "create_bot", "Make a bot; its token is told once", MadeBot, NewBot, status=201
            ),
        },
        "/api/bots/{bot}": {
            "parameters": [bot],
            "delete": operation("delete_bot", "End a bot", {"type": "object"}),
        },
        "/api/bots/{bot}/token": {
            "parameters": [bot],
            "post": asks("renew_bot_token", "Make a new token in place of the last", NewToken),
        },
        "/api/rooms/{room}/hooks": {
            "parameters": [room],
            "get": asks("list_hooks", "The room's incoming webhooks, for its moderators", HookList),
            "post": asks(
                "create_hook",
                "Make a webhook; its address is told once",
                MadeHook,
                NewHook,
                status=201,
            ),
        },
        "/api/rooms/{room}/hooks/{hook}": {
            "parameters": [room, in_path("hook", {"type": "string", "pattern": "^[0-9a-f]{64}$"})],
            "delete": operation("delete_hook", "End a webhook", {"type": "object"}),
        },
        "/hooks/{token}": {
            "parameters": [in_path("token", {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"})],
            "post": posted,
        },
    }
