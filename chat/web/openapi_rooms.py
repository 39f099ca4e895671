"""Describes the HTTP API of rooms and of their messages."""

from typing import Final

from chat.protocol.commands import MAX_KEPT, MAX_SLOW_MODE_S
from chat.protocol.cursor import MAX_OFFSET
from chat.protocol.pushes import Ok
from chat.rooms.search_query import MAX_QUERY_CHARACTERS as MAX_SEARCH_CHARACTERS
from chat.rooms.titles import MAX_TITLE_CHARACTERS, MAX_TOPIC_CHARACTERS
from chat.web import patterns
from chat.web.api import MAX_LIMIT, History, Post
from chat.web.openapi_parts import (
    Json,
    asks,
    in_path,
    operation,
    or_empty,
    parameter,
    ref,
    response,
)
from chat.web.push import RoomLevel
from chat.web.reports import ReportList
from chat.web.rooms import (
    MAX_LIMIT as MAX_LISTED,
)
from chat.web.rooms import (
    MAX_QUERY_CHARACTERS,
    AuditLog,
    Invited,
    NewRoom,
    RoomDetails,
    RoomList,
    RoomMembers,
    RoomSet,
)
from chat.web.search import MAX_LIMIT as MAX_FOUND
from chat.web.search import SearchResults

TYPES: Final = (
    History, Post, RoomList, RoomDetails, NewRoom, RoomSet, RoomMembers, Invited, AuditLog,
    ReportList, RoomLevel, SearchResults,
)  # fmt: skip
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
_ROOM: Final[Json] = {"type": "string", "pattern": patterns.ROOM}
# A pattern of names also fits titles and topics, which may be longer and take more characters.
_TITLE: Final[Json] = {
    "type": "string",
    "pattern": patterns.NAME,
    "description": f"at most {MAX_TITLE_CHARACTERS} characters",
}
_TOPIC: Final[Json] = {
    "anyOf": [{"type": "string", "pattern": patterns.NAME}, {"enum": [""]}],
    "description": f"at most {MAX_TOPIC_CHARACTERS} characters",
}


def describe(components: Json) -> None:
    """Add to ``components``, made of TYPES, the rules that are checked later."""
    post = components["Post"]
    post["properties"]["text"]["pattern"] = patterns.TEXT
    post["properties"]["files"]["uniqueItems"] = True
    has_file = {"required": ["files"], "properties": {"files": {"minItems": 1}}}
    # Said so, not by anyOf, of which tools make a choice of types.
    post |= {"if": {"not": {"required": ["text"]}}, "then": has_file}
    for name in ("NewRoom", "RoomSet"):
        fields = components[name]["properties"]
        fields["title"], fields["topic"] = dict(_TITLE), dict(_TOPIC)
    limits: dict[str, tuple[int, int]] = {
        "slow_mode_s": (0, MAX_SLOW_MODE_S),
        "keep_messages": (1, MAX_KEPT),
        "keep_days": (1, MAX_KEPT),
    }
    for name, (least, most) in limits.items():
        number: Json = {"type": "integer", "minimum": least, "maximum": most}
        either = {"anyOf": [number, {"type": "null"}]} if least else number
        components["RoomSet"]["properties"][name] = either
    offset = {"type": "integer", "minimum": 1, "maximum": MAX_OFFSET}
    components["Post"]["properties"]["reply_to"] = {"anyOf": [offset, {"type": "null"}]}
    components["NewRoom"]["properties"]["room"] = {
        "anyOf": [{"type": "string", "pattern": patterns.PUBLIC_ROOM}, {"type": "null"}]
    }


def _or_made(asked: Json) -> Json:
    """Return an operation that may also answer with a link."""
    asked["responses"]["201"] = response("A link", ref("Made"))
    return asked


def paths() -> Json:
    room = in_path("room", _ROOM)
    history = [parameter(name, or_empty(_WHOLE)) for name in ("before", "after", "limit")]
    history[-1]["description"] = f"at most {MAX_LIMIT}"
    limit = {**parameter("limit", or_empty(_WHOLE)), "description": f"at most {MAX_LISTED}"}
    listed = [
        parameter("query", {"type": "string", "maxLength": MAX_QUERY_CHARACTERS}),
        parameter("after", {"type": "string", "pattern": patterns.ROOM_OR_NONE}),
        limit,
    ]
    members = [
        parameter("after", {"type": "string"}),
        parameter("set_apart", {"enum": ["", "1"]}),
        limit,
    ]
    number = {"type": "string", "pattern": "^[1-9][0-9]{0,14}$"}
    offset = in_path("offset", number)
    searched = [
        parameter("q", {"type": "string", "maxLength": MAX_SEARCH_CHARACTERS}),
        parameter("room", {"type": "string", "pattern": patterns.ROOM_OR_NONE}),
        parameter("user", {"type": "string"}),
        {
            **parameter("before", {"type": "string", "pattern": "^[0-9]{0,19}$"}),
            "description": "that of the results before; also a day, or a time in RFC 3339",
        },
        {**parameter("limit", or_empty(_WHOLE)), "description": f"at most {MAX_FOUND}"},
    ]
    audited = [parameter("before", or_empty(_WHOLE)), limit]
    return {
        "/api/rooms": {
            "get": asks("list_rooms", "The rooms that one may find", RoomList, parameters=listed),
            "post": asks("create_room", "Make a room, as its owner", Ok, NewRoom, status=201),
        },
        "/api/rooms/{room}": {
            "parameters": [room],
            "get": asks("get_room", "A room, its settings, and what one may do there", RoomDetails),
            "patch": asks(
                "change_room", "Change settings", RoomDetails, RoomSet, is_body_required=False
            ),
            "delete": asks("delete_room", "Remove a room with everything in it", Ok),
        },
        "/api/rooms/{room}/messages": {
            "parameters": [room],
            "get": asks(
                "list_messages", "A room's messages, oldest first", History, parameters=history
            ),
            "post": asks(
                "post_message", "Say something; retried with the same key it is said once", Ok, Post
            ),
        },
        "/api/rooms/{room}/members": {
            "parameters": [room],
            "get": asks(
                "list_members",
                "Members; or those with a role, mute or ban",
                RoomMembers,
                parameters=members,
            ),
        },
        "/api/rooms/{room}/invites": {
            "parameters": [room],
            "post": _or_made(
                asks(
                    "invite_to_room",
                    "Make somebody a member, or a link by which people join",
                    Ok,
                    Invited,
                )
            ),
        },
        "/api/rooms/{room}/notifications": {
            "parameters": [room],
            "get": asks("get_notification_level", "What the user is notified of there", RoomLevel),
            "put": asks(
                "set_notification_level",
                "Change that, for all devices of the user",
                RoomLevel,
                RoomLevel,
            ),
        },
        "/api/rooms/{room}/reports": {
            "parameters": [room],
            "get": asks(
                "list_reports", "Reports that nobody has dealt with, for moderators", ReportList
            ),
        },
        "/api/rooms/{room}/reports/{offset}": {
            "parameters": [room, offset],
            "delete": operation("close_report", "Close a report", {"type": "object"}),
        },
        "/api/search": {
            "get": asks(
                "search_messages",
                "Messages of all rooms that one may read, the newest first",
                SearchResults,
                parameters=searched,
            ),
        },
        "/api/audit": {
            "get": asks(
                "list_audit_entries",
                "Who did what to whom: for owners of the server",
                AuditLog,
                parameters=audited,
            ),
        },
    }
