"""The part of the API's description that is about accounts."""

from typing import Final

from chat.followers.push.client import ENDPOINT_PATTERN
from chat.service.leaving import Written
from chat.service.passkeys import PasskeyInfo
from chat.web import patterns
from chat.web.accounts import DeleteAccount, LogIn, Me, NewName, NewPassword, SignUp
from chat.web.devices import DeviceList, NewLink
from chat.web.openapi_parts import (
    JSON,
    Json,
    asks,
    in_path,
    operation,
    or_empty,
    parameter,
    ref,
    response,
)
from chat.web.passkeys import Assertion, PasskeyList, Registration, Wanted
from chat.web.people import (
    NOT_IN_LINES,
    Disabled,
    InviteList,
    Made,
    NewInvite,
    NewRole,
    PeoplePage,
    Removed,
    SiteChange,
    SiteInfo,
)
from chat.web.push import PushInfo, PushSubscription
from chat.web.signing_in import SignedInAnswer

TYPES: Final = (
    Assertion, DeviceList, Disabled, InviteList, DeleteAccount, LogIn, Made, Me, NewInvite, NewLink,
    NewName, NewPassword, NewRole, PasskeyInfo, PasskeyList, PeoplePage, PushInfo,
    PushSubscription, Registration, Removed, SignUp, SignedInAnswer, SiteChange, SiteInfo, Wanted,
    Written,
)  # fmt: skip
# What is longer than the server takes is not tried by tools: they expect no 413.
_LINE: Final = rf"^[^{NOT_IN_LINES}]*$"
_PASSWORD: Final = r"^[^\u0000-\u001f\u007f-\u009f]"
_NOTHING: Final[Json] = {"type": "object"}
_USER: Final = "^(?:guest|bot)-[0-9a-f]{16}$"
_WHOLE: Final[Json] = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}


def describe(components: Json) -> None:
    """Add to the schemas of bodies the rules that are checked when they are carried out."""
    name = {"type": "string", "pattern": patterns.NAME}
    new = {"type": "string", "pattern": f"{_PASSWORD}{{8,}}$"}
    some = {"type": "string", "pattern": f"{_PASSWORD}+$"}
    line = {"type": "string", "pattern": _LINE}
    _put(components, "SignUp", name=name, password=new)
    _put(components, "LogIn", password=some)
    _put(components, "NewName", name=name)
    _put(components, "NewPassword", old=some, new=new)
    _put(components, "Disabled", reason=line)
    _put(components, "Registration", name=line)
    _put(
        components,
        "PushSubscription",
        endpoint={"type": "string", "pattern": f"^{ENDPOINT_PATTERN}$"},
    )
    seen = {"type": "string", "pattern": rf"^(?=[\s\S]*\S)[^{NOT_IN_LINES}]*$"}
    _put(components, "SiteChange", name=_or_null(seen), about=_or_null(line))


def _put(components: Json, schema: str, **fields: Json) -> None:
    for field, described in fields.items():
        old = components[schema]["properties"][field]
        kept = {"default": old["default"]} if "default" in old else {}
        components[schema]["properties"][field] = {**described, **kept}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def paths() -> Json:
    """Return the paths, with the operations of each."""
    return {
        "/api/signup": {"post": asks("sign_up", "Sign up", SignedInAnswer, SignUp, status=201)},
        "/api/login": {"post": asks("log_in", "Sign in", SignedInAnswer, LogIn)},
        "/api/me": {
            "get": asks("get_me", "Who asks", Me),
            "patch": asks("change_me", "Take another name", Me, NewName),
            "delete": _does(
                "delete_me", "Delete the account", DeleteAccount, is_body_required=False
            ),
        },
        "/api/me/password": {
            "post": _does("change_my_password", "Set another password", NewPassword)
        },
        "/api/me/devices": {
            "get": asks("list_my_devices", "Where the user is signed in", DeviceList),
            "delete": _does("sign_out_other_devices", "Sign out everywhere else"),
        },
        "/api/me/devices/{device}": {
            "parameters": [_in_path("device", "^[mg]-[0-9a-f]{16}$")],
            "delete": _does("sign_out_device", "Sign out there"),
        },
        "/api/me/link": {
            "post": asks("create_device_link", "Make a link for one more device", NewLink)
        },
        "/api/me/push": {
            "get": asks(
                "get_push_settings",
                "The server's key, and what the user wants to be notified of",
                PushInfo,
            ),
            "put": _does("subscribe_to_push", "Be notified on this device", PushSubscription),
            "delete": _does("unsubscribe_from_push", "Be notified on this device no more"),
        },
        "/api/me/export": {
            "get": _lines("export_my_messages", "What the user wrote, as lines of JSON")
        },
        "/api/passkeys": {
            "get": asks("list_passkeys", "The user's passkeys", PasskeyList),
            "post": asks(
                "register_passkey", "Register a passkey", PasskeyInfo, Registration, status=201
            ),
        },
        "/api/passkeys/options": {
            "post": operation(
                "get_passkey_options",
                "The options for a browser's passkeys",
                _NOTHING,
                body={JSON: ref("Wanted")},
            )
        },
        "/api/passkeys/signin": {
            "post": asks("log_in_by_passkey", "Sign in by passkey", SignedInAnswer, Assertion)
        },
        "/api/passkeys/{passkey}": {
            "parameters": [_in_path("passkey", "^[A-Za-z0-9_-]{1,1400}$")],
            "delete": _does("delete_passkey", "Forget a passkey"),
        },
        "/api/people": {
            "get": asks(
                "list_people",
                "Members, page by page",
                PeoplePage,
                parameters=[
                    parameter("after", {"type": "string", "pattern": f"^$|{_USER}"}),
                    parameter("limit", or_empty(_WHOLE)),
                ],
            )
        },
        "/api/people/{user}": {
            "parameters": [_in_path("user", _USER)],
            "delete": _does(
                "delete_person", "Delete somebody's account", Removed, is_body_required=False
            ),
        },
        "/api/people/{user}/export": {
            "parameters": [_in_path("user", _USER)],
            "get": _lines(
                "export_messages_of_person",
                "What somebody wrote where the owner may read it, as lines of JSON",
            ),
        },
        "/api/people/{user}/role": {
            "parameters": [_in_path("user", _USER)],
            "post": _does("set_role", "Make somebody an owner or a member", NewRole),
        },
        "/api/people/{user}/reset": {
            "parameters": [_in_path("user", _USER)],
            "post": asks("create_reset_link", "Make a link for another password", Made),
        },
        "/api/people/{user}/disable": {
            "parameters": [_in_path("user", _USER)],
            "post": _does(
                "disable_person",
                "Keep somebody out, or let them in",
                Disabled,
                is_body_required=False,
            ),
        },
        "/api/invites": {
            "get": asks("list_invitations", "The invitations", InviteList),
            "post": asks(
                "create_invitation",
                "Invite people",
                Made,
                NewInvite,
                is_body_required=False,
                status=201,
            ),
        },
        "/api/invites/{invite}": {
            "parameters": [_in_path("invite", "^[0-9a-f]{64}$")],
            "delete": _does("end_invitation", "End an invitation"),
        },
        "/api/site": {
            "get": asks("get_site", "The site's name, and who may come in", SiteInfo),
            "patch": asks("change_site", "Change them", SiteInfo, SiteChange),
        },
    }


def _does(name: str, what: str, body: type | None = None, *, is_body_required: bool = True) -> Json:
    """Return an operation whose answer says only that it is done."""
    content = None if body is None else {JSON: ref(body.__name__)}
    return operation(name, what, _NOTHING, body=content, is_body_required=is_body_required)


def _lines(name: str, what: str) -> Json:
    found = operation(name, what, _NOTHING)
    lines = {"schema": {"type": "string"}}
    found["responses"]["200"] = {
        **response("As asked", _NOTHING),
        "content": {"application/jsonl": lines},
    }
    return found


def _in_path(name: str, pattern: str) -> Json:
    return in_path(name, {"type": "string", "pattern": pattern})
