"""Describes the HTTP API in OpenAPI 3.1, made from the types that requests are decoded by.

Streaming transports (/chat, /events, /sockjs) are not part of it: docs/protocol.md has them.
"""

from functools import cache
from typing import Final

import msgspec

from chat import __version__
from chat.protocol.commands import MAX_BATCH, AnyCommand
from chat.protocol.cursor import MAX_CURSOR_CHARACTERS
from chat.protocol.entries import FileInfo
from chat.protocol.negotiation import MAX_HOLD_S, OFFERED, Answer, Offer, Question
from chat.protocol.pushes import Error, Ok, Person, Pong
from chat.rooms.names import MAX_NAME_CHARACTERS
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.web import (
    openapi_accounts,
    openapi_files,
    openapi_programs,
    openapi_rooms,
    openapi_webhooks,
    patterns,
)
from chat.web.openapi_parts import (
    FORM,
    JSON,
    Json,
    asks,
    fields,
    list_of,
    operation,
    or_empty,
    parameter,
    ref,
    tagged,
    with_redirect,
)

_TYPES: Final = (
    AnyCommand, Error, Ok, Pong, Person, Question, Answer, Offer, *openapi_rooms.TYPES,
    *openapi_accounts.TYPES, *openapi_programs.TYPES, *openapi_webhooks.TYPES, FileInfo,
)  # fmt: skip

# Lengths are given in words: a tool that tests one character too many does not expect a 413.
_NAME: Final = f"at most {MAX_NAME_CHARACTERS} characters"
_ROOM: Final[Json] = {"type": "string", "pattern": patterns.ROOM}
_TEXT: Final[Json] = {
    "type": "string",
    "minLength": 1,
    "description": f"at most {MAX_TEXT_CHARACTERS} characters; each line ends with LF",
}
_POLLING: Final[Json] = {
    "cursor": {
        "type": "string",
        "pattern": patterns.CURSOR,
        "description": f"at most {MAX_CURSOR_CHARACTERS} characters",
    },
    "session": {"description": "an unknown one gives a new session"},
    "room": {
        "type": "string",
        "pattern": patterns.ROOMS,
        "description": "rooms to read, joined by commas; all without it",
    },
    "hello": {"description": "1: begin with a hello"},
    "hold_s": {"type": "integer", "minimum": 0, "maximum": MAX_HOLD_S},
}
# In JSON, null and false count as missing.
_POSTED_JSON: Final[Json] = {
    "type": "object",
    "properties": {
        name: {"anyOf": [schema, {"enum": [None, False, ""]}]}
        if "type" in schema
        else {"type": ["string", "number", "boolean", "null"], **schema}
        for name, schema in _POLLING.items()
    },
}


@cache
def document(base_path: str = "") -> Json:
    """Return the OpenAPI document of a server below ``base_path``."""
    schemas, components = msgspec.json.schema_components(
        _TYPES, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(_TYPES, schemas, strict=True))
    components["Command"] = by_type[AnyCommand]
    for schema in components.values():
        _describe(schema.get("properties", {}))
    openapi_accounts.describe(components)
    openapi_rooms.describe(components)
    openapi_programs.describe(components)
    openapi_webhooks.describe(components)
    # At least one must be a transport that we have: otherwise there is nothing to offer.
    components["Question"]["properties"]["can"]["contains"] = {"enum": list(OFFERED)}
    components["Reply"] = {"anyOf": [by_type[Ok], by_type[Pong], by_type[Error]]}
    components["Replies"] = fields(replies=list_of(ref("Reply")))
    components["PollAnswer"] = fields(
        data={"anyOf": [list_of(fields(type={"type": "string"})), {"type": "null"}]},
        timeout={"type": "boolean"},
        cursor={"type": "string"},
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": __version__,
            "description": "Who asks is known by a signed cookie, which the first answer sets, or "
            "by a token.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path or "/"}],
        "security": [{"token": []}, {}],
        "paths": {
            **tagged("rooms", openapi_rooms.paths()),
            **tagged("files", openapi_files.paths()),
            **tagged("programs", openapi_programs.paths() | openapi_webhooks.paths()),
            **tagged("transports", _transport_paths()),
            **tagged("people", openapi_accounts.paths() | _guest_paths()),
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _transport_paths() -> Json:
    # An invalid command in the list has an error as its reply.
    commands = list_of({"anyOf": [ref("Command"), {}]})
    commands |= {"minItems": 2, "maxItems": MAX_BATCH}
    polled = {name: or_empty(schema) for name, schema in _POLLING.items()}
    posted = {"type": "object", "properties": polled}
    return {
        "/negotiate": {
            "post": asks(
                "negotiate",
                "Which transports to try, best first",
                Answer,
                Question,
                is_body_required=False,
            )
        },
        "/poll": {
            "get": operation(
                "poll",
                "Read on from a cursor",
                ref("PollAnswer"),
                [parameter(name, schema) for name, schema in polled.items()],
            ),
            "post": operation(
                "poll_by_post",
                "Read on from a cursor that is too long for an address",
                ref("PollAnswer"),
                body={FORM: posted, JSON: _POSTED_JSON},
                is_body_required=False,
            ),
        },
        "/send": {
            "post": operation(
                "send_commands",
                "Carry out commands in order",
                ref("Replies"),
                body={JSON: commands},
                failing={"anyOf": [ref("Replies"), ref("Error")]},
            )
            | {
                "description": "A command may come by itself, too, without the array: "
                "if it fails, the status of the answer is its error's."
            }
        },
    }


def _guest_paths() -> Json:
    name = {"type": "string", "pattern": patterns.NAME, "description": _NAME}
    return {
        "/login": {
            "post": with_redirect(
                "take_name", "Take a name in place", ref("Person"), body={FORM: fields(name=name)}
            )
        },
        "/logout": {"post": with_redirect("log_out", "Sign out here", {"type": "object"})},
    }


def _describe(fields: Json) -> None:
    """Add to a command's or post's fields the rules that are checked when it is carried out."""
    if "name" not in fields:  # with a name it is an answer
        for name, described in (("room", _ROOM), ("text", _TEXT)):
            if fields.get(name) in ({"type": "string"}, {"type": "string", "default": ""}):
                fields[name] = dict(described)
