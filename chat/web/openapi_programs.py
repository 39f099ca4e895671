"""Describes the HTTP API of programs: incoming webhooks."""

from typing import Final

from chat.web import patterns
from chat.web.hooks import HookList, MadeHook, NewHook
from chat.web.openapi_parts import FORM, JSON, Json, asks, in_path, operation

TYPES: Final = (HookList, MadeHook, NewHook)


def describe(components: Json) -> None:
    """Add to ``components``, made of TYPES, the rules that are checked later."""
    components["NewHook"]["properties"]["name"] = {"type": "string", "pattern": patterns.NAME}


def paths() -> Json:
    room = in_path("room", {"type": "string", "pattern": patterns.ROOM})
    posted = operation(
        "post_to_hook",
        "Say something in the room of a webhook",
        {},
        body={JSON: {"type": "object"}, FORM: {"type": "object"}},
    )
    posted["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return {
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
