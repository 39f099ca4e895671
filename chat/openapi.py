"""What is asked and answered by plain requests, as OpenAPI 3.1 has it: made from the very types.

What attaches (/chat, /events, /sockjs) is no request and answer, and is in docs/protocol.md.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from chat import __version__
from chat.negotiation import Offer
from chat.protocol.codes import HTTP_STATUS
from chat.protocol.commands import MAX_BATCH, AnyCommand
from chat.protocol.cursor import MAX_CURSOR_CHARACTERS, ROOM_PATTERN
from chat.protocol.pushes import Error, Ok, Person, Pong
from chat.rooms.names import MAX_NAME_CHARACTERS
from chat.transports.longpoll import MAX_HOLD_S
from chat.transports.negotiate import Answer, Question
from chat.web.api import MAX_LIMIT, History, Post, RoomList

_TYPES: Final = (
    AnyCommand,
    Error,
    Ok,
    Pong,
    Person,
    Question,
    Answer,
    Offer,
    History,
    Post,
    RoomList,
)
_JSON: Final = "application/json"
# What is no request, or too much of one, whatever is asked.
_BEFORE_ANYBODY_LOOKS: Final = (408, 415, 431)
_FORM: Final = "application/x-www-form-urlencoded"
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}

Json = dict[str, Any]


def document(base_path: str = "") -> Json:
    """Return the document of a server below ``base_path``.

    Its schemas are those by which requests are decoded.
    """
    schemas, components = msgspec.json.schema_components(
        _TYPES, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(_TYPES, schemas, strict=True))
    command = by_type[AnyCommand]
    components["Command"] = command
    components["Reply"] = {"anyOf": [by_type[Ok], by_type[Pong], by_type[Error]]}
    components["Replies"] = _fields(replies=_list_of(_ref("Reply")))
    components["PollAnswer"] = _fields(
        data={"anyOf": [_list_of(_fields(type={"type": "string"})), {"type": "null"}]},
        timeout={"type": "boolean"},
        cursor={"type": "string"},
    )
    commands = {"anyOf": [_ref("Command"), {**_list_of(_ref("Command")), "maxItems": MAX_BATCH}]}
    name = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
    polling = [
        _parameter("cursor", {"type": "string", "maxLength": MAX_CURSOR_CHARACTERS}),
        _parameter("session", {"type": "string"}),
        _parameter("room", {"type": "string"}, "rooms to read, joined by commas; all without it"),
        _parameter("hello", {"enum": ["1"]}),
        _parameter("hold_s", {"type": "integer", "minimum": 0, "maximum": MAX_HOLD_S}),
    ]
    room = {
        "name": "room",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{ROOM_PATTERN}$"},
    }
    history = [_parameter(name, _WHOLE) for name in ("before", "after", "limit")]
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
            "/negotiate": {"post": _asks("Which transports to try, best first", Answer, Question)},
            "/poll": {
                "get": _operation("Read on from a cursor", _ref("PollAnswer"), polling),
            },
            "/send": {
                "post": _operation(
                    "Carry out one command, or several in order",
                    _ref("Replies"),
                    body={_JSON: commands},
                    failing={"anyOf": [_ref("Replies"), _ref("Error")]},
                )
            },
            "/api/rooms": {"get": _asks("All rooms, and which of them one is in", RoomList)},
            "/api/rooms/{room}/messages": {
                "parameters": [room],
                "get": _asks("A room's messages, oldest first", History, parameters=history),
                "post": _asks("Say something; retried with the same key it is said once", Ok, Post),
            },
            "/login": {
                "post": _with_redirect(
                    "Take a name in place",
                    _ref("Person"),
                    [{**_parameter("Accept", {"enum": [_JSON]}), "in": "header", "required": True}],
                    body={_FORM: {**_fields(name=name)}},
                )
            },
            "/logout": {
                "post": _with_redirect(
                    "End one's identity, on all devices",
                    {"type": "object"},
                    [{**_parameter("Accept", {"enum": [_JSON]}), "in": "header", "required": True}],
                )
            },
        },
        "components": {"schemas": components},
    }


def _asks(
    what: str, answer: type, body: type | None = None, *, parameters: Sequence[Json] = ()
) -> Json:
    """Return an operation whose body and answer are of these types."""
    content = None if body is None else {_JSON: _ref(body.__name__)}
    return _operation(what, _ref(answer.__name__), parameters, body=content)


def _operation(
    what: str,
    answer: Json,
    parameters: Sequence[Json] = (),
    *,
    body: Json | None = None,
    failing: Json | None = None,
) -> Json:
    operation: Json = {"summary": what, "responses": {"200": _response("As asked", answer)}}
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        content = {type_: {"schema": schema} for type_, schema in body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    for status in sorted({*HTTP_STATUS.values(), *_BEFORE_ANYBODY_LOOKS}):
        problem = _response("Refused: decide by the code", failing or _ref("Error"))
        operation["responses"][str(status)] = problem
    return operation


def _with_redirect(*args: Any, **kwargs: Any) -> Json:
    """Return an operation that leads back to the page where no JSON is asked for."""
    operation = _operation(*args, **kwargs)
    operation["responses"]["303"] = {"description": "Back to the page"}
    return operation


def _response(what: str, schema: Json) -> Json:
    return {"description": what, "content": {_JSON: {"schema": schema}}}


def _parameter(name: str, schema: Json, what: str | None = None) -> Json:
    parameter = {"name": name, "in": "query", "schema": schema}
    return parameter if what is None else {**parameter, "description": what}


def _fields(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
