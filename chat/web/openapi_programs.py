"""Describes the HTTP API of programs: incoming webhooks."""

from typing import Final

from chat.web import patterns
from chat.web.hooks import HookList, MadeHook, NewHook
from chat.web.openapi_parts import FORM, JSON, Json, asks, operation, parameter

TYPES: Final = (HookList, MadeHook, NewHook)


def describe(components: Json) -> None:
    """Add to ``components``, made of TYPES, the rules that are checked later."""
    components["NewHook"]["properties"]["name"] = {"type": "string", "pattern": patterns.NAME}


def paths() -> Json:
    posted = operation(
        "Say something in the room of a webhook",
        {},
        body={JSON: {"type": "object"}, FORM: {"type": "object"}},
    )
    posted["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/api/rooms/{room}/hooks": {
            "parameters": [_in_path("room", patterns.ROOM)],
            "get": asks("The room's incoming webhooks, for its moderators", HookList),
            "post": asks("Make a webhook; its address is told once", MadeHook, NewHook, status=201),
        },
        "/api/rooms/{room}/hooks/{id}": {
            "parameters": [_in_path("room", patterns.ROOM), _in_path("id", "^[0-9a-f]{64}$")],
            "delete": operation("End a webhook", {"type": "object"}),
        },
        "/hooks/{token}": {
            "parameters": [_in_path("token", "^[A-Za-z0-9_-]{22}$")],
            "post": posted,
        },
    }


def _in_path(name: str, pattern: str) -> Json:
    schema = {"type": "string", "pattern": pattern}
    return {**parameter(name, schema), "in": "path", "required": True}
