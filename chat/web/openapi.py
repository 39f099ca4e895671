"""Describes the HTTP API in OpenAPI 3.1, made from the types that requests are decoded by.

Streaming transports (/chat, /events, /sockjs) are not part of it: docs/protocol.md has them.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from chat import __version__
from chat.protocol.codes import HTTP_STATUS
from chat.protocol.commands import MAX_BATCH, AnyCommand
from chat.protocol.cursor import MAX_CURSOR_CHARACTERS
from chat.protocol.negotiation import MAX_HOLD_S, OFFERED, Answer, Offer, Question
from chat.protocol.pushes import Error, Ok, Person, Pong
from chat.rooms.names import MAX_NAME_CHARACTERS
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.web import patterns
from chat.web.api import MAX_LIMIT, History, Post, RoomList

_TYPES: Final = (
    AnyCommand, Error, Ok, Pong, Person, Question, Answer, Offer, History, Post, RoomList,
)  # fmt: skip
_JSON: Final = "application/json"
# The statuses of malformed and too large requests, which every path can answer.
_BEFORE_ANYBODY_LOOKS: Final = (408, 415, 431)
_FORM: Final = "application/x-www-form-urlencoded"
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}

Json = dict[str, Any]

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


def document(base_path: str = "") -> Json:
    """Return the OpenAPI document of a server below ``base_path``."""
    schemas, components = msgspec.json.schema_components(
        _TYPES, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(_TYPES, schemas, strict=True))
    components["Command"] = by_type[AnyCommand]
    for schema in components.values():
        _describe(schema.get("properties", {}))
    components["Post"]["properties"]["text"]["pattern"] = patterns.TEXT
    # At least one must be a transport that we have: otherwise there is nothing to offer.
    components["Question"]["properties"]["can"]["contains"] = {"enum": list(OFFERED)}
    components["Reply"] = {"anyOf": [by_type[Ok], by_type[Pong], by_type[Error]]}
    components["Replies"] = _fields(replies=_list_of(_ref("Reply")))
    components["PollAnswer"] = _fields(
        data={"anyOf": [_list_of(_fields(type={"type": "string"})), {"type": "null"}]},
        timeout={"type": "boolean"},
        cursor={"type": "string"},
    )
    # An invalid command in the list has an error as its reply.
    commands = _list_of({"anyOf": [_ref("Command"), {}]})
    commands |= {"minItems": 2, "maxItems": MAX_BATCH}
    name = {"type": "string", "pattern": patterns.NAME, "description": _NAME}
    polled = {name: _or_empty(schema) for name, schema in _POLLING.items()}
    polling = [_parameter(name, schema) for name, schema in polled.items()]
    posted = {"type": "object", "properties": polled}
    room = {**_parameter("room", _ROOM), "in": "path", "required": True}
    history = [_parameter(name, _or_empty(_WHOLE)) for name in ("before", "after", "limit")]
    history[-1]["description"] = f"at most {MAX_LIMIT}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": __version__,
            "description": "Who asks is known by a signed cookie, which the first answer sets.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path or "/"}],
        "paths": {
            "/negotiate": {
                "post": _asks(
                    "Which transports to try, best first", Answer, Question, is_body_required=False
                )
            },
            "/poll": {
                "get": _operation("Read on from a cursor", _ref("PollAnswer"), polling),
                "post": _operation(
                    "Read on from a cursor that is too long for an address",
                    _ref("PollAnswer"),
                    body={_FORM: posted, _JSON: _POSTED_JSON},
                    is_body_required=False,
                ),
            },
            "/send": {
                "post": _operation(
                    "Carry out commands in order",
                    _ref("Replies"),
                    body={_JSON: commands},
                    failing={"anyOf": [_ref("Replies"), _ref("Error")]},
                )
                | {
                    "description": "A command may come by itself, too, without the array: "
                    "if it fails, the status of the answer is its error's."
                }
            },
            "/api/rooms": {"get": _asks("All rooms, and which of them one is in", RoomList)},
            "/api/rooms/{room}/messages": {
                "parameters": [room],
                "get": _asks("A room's messages, oldest first", History, parameters=history),
                "post": _asks("Say something; retried with the same key it is said once", Ok, Post),
            },
            "/login": {
                "post": _with_redirect(
                    "Take a name in place", _ref("Person"), body={_FORM: _fields(name=name)}
                )
            },
            "/logout": {
                "post": _with_redirect("End one's identity, on all devices", {"type": "object"})
            },
        },
        "components": {"schemas": components},
    }


def _describe(fields: Json) -> None:
    """Add to a command's or post's fields the rules that are checked when it is carried out."""
    if "name" not in fields:  # with a name it is an answer
        for name, described in (("room", _ROOM), ("text", _TEXT)):
            if fields.get(name) == {"type": "string"}:
                fields[name] = dict(described)


def _asks(
    what: str,
    answer: type,
    body: type | None = None,
    *,
    parameters: Sequence[Json] = (),
    is_body_required: bool = True,
) -> Json:
    content = None if body is None else {_JSON: _ref(body.__name__)}
    return _operation(
        what, _ref(answer.__name__), parameters, body=content, is_body_required=is_body_required
    )


def _operation(
    what: str,
    answer: Json,
    parameters: Sequence[Json] = (),
    *,
    body: Json | None = None,
    is_body_required: bool = True,
    failing: Json | None = None,
) -> Json:
    operation: Json = {"summary": what, "responses": {"200": _response("As asked", answer)}}
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        content = {type_: {"schema": schema} for type_, schema in body.items()}
        operation["requestBody"] = {"required": is_body_required, "content": content}
    for status in sorted({*HTTP_STATUS.values(), *_BEFORE_ANYBODY_LOOKS}):
        problem = _response("Refused: decide by the code", failing or _ref("Error"))
        operation["responses"][str(status)] = problem
    return operation


def _with_redirect(*args: Any, **kwargs: Any) -> Json:
    """Return an operation that redirects to the page unless the client asks for JSON."""
    operation = _operation(*args, **kwargs)
    operation["description"] = f"JSON is answered where the Accept header has {_JSON}."
    operation["responses"]["303"] = {"description": "Back to the page"}
    return operation


def _response(what: str, schema: Json) -> Json:
    return {"description": what, "content": {_JSON: {"schema": schema}}}


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _or_empty(schema: Json) -> Json:
    """Return ``schema``; an integer may also be empty, which counts as missing."""
    return {"anyOf": [schema, {"enum": [""]}]} if schema.get("type") == "integer" else schema


def _fields(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
