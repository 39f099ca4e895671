"""The examples in the description of the HTTP API, by the names of operations and parameters."""

from typing import Any, Final

IN_PATHS: Final = {
    "bot": "bot-5f0c9a41d27be386",
    "device": "m-3f9d0c5b7a1e4682",
    "file": "9b2f4e6a1c8d3057f1e2a3b4c5d6e7f8",
    "hook": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "invite": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    "name": "map.png",
    "offset": "58",
    "passkey": "AQIDBAUGBwgJCgsMDQ4PEA",
    "room": "general",
    "token": "q83vEjRWeJCrze8SNFZ4kA",
    "user": "guest-5f0c9a41d27be386",
    "webhook": "general-0c4b8f1e5a7d9236",
    "delivery": "general-0c4b8f1e5a7d9236:7f3a91c2:58",
}

_PASSWORD: Final = "correct horse battery"
_CREDENTIAL: Final = {"id": "AQIDBAUGBwgJCgsMDQ4PEA", "type": "public-key", "response": {}}

BODIES: Final[dict[str, Any]] = {
    "change_me": {"name": "Anna"},
    "change_my_password": {"old": _PASSWORD, "new": "paper clip staple"},
    "change_room": {"topic": "What grows where"},
    "change_site": {"name": "The garden", "guests": "read"},
    "create_bot": {"name": "Weather", "scopes": ["read", "send"], "rooms": ["general"]},
    "create_hook": {"name": "Builds"},
    "create_invitation": {"uses": 5, "days": 7},
    "create_webhook": {"url": "https://hooks.example/parley", "events": ["message"]},
    "change_webhook": {"is_enabled": True},
    "create_room": {"title": "Garden", "access": "private"},
    "delete_me": {"password": _PASSWORD},
    "delete_person": {"messages": True},
    "disable_person": {"disabled": True, "reason": "Spam"},
    "get_passkey_options": {"purpose": "register"},
    "invite_to_room": {"user": "guest-5f0c9a41d27be386"},
    "log_in": {"name": "Ann", "password": _PASSWORD},
    "log_in_by_passkey": {"credential": _CREDENTIAL},
    "negotiate": {
        "can": ["websocket", "sse", "longpoll"],
        "failed": [{"transport": "websocket", "reason": "timeout", "after_ms": 4000}],
    },
    "poll_by_post": {"cursor": "general:7f3a91c2:58", "hold_s": 20},
    "post_to_hook": {"text": "**7.1** is deployed"},
    "post_message": {"text": "Good morning, *everybody*", "key": "2f1c8a"},
    "register_passkey": {"credential": _CREDENTIAL, "name": "Ann's phone"},
    "send_commands": [
        {"type": "join", "room": "general"},
        {"type": "send", "room": "general", "text": "Good morning", "key": "2f1c8b"},
    ],
    "set_notification_level": {"level": "all"},
    "set_role": {"role": "owner"},
    "sign_up": {"name": "Ann", "password": _PASSWORD},
    "subscribe_to_push": {
        "endpoint": "https://push.example/send/4f1a",
        "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22},
    },
    "take_name": {"name": "Ann"},
    "upload_file": "the bytes of the file",
}

_OK: Final = {"type": "ok", "room": "general", "epoch": "7f3a91c2", "offset": 58, "key": "2f1c8a"}
_ME: Final = {"user": "guest-5f0c9a41d27be386", "name": "Ann", "role": "member"}
_MESSAGE: Final = {
    "type": "message",
    "room": "general",
    "epoch": "7f3a91c2",
    "offset": 58,
    "key": "2f1c8a",
    "user": "guest-5f0c9a41d27be386",
    "name": "Ann",
    "skeleton": "ann",
    "text": "Good morning, *everybody*",
    "html": "<p>Good morning, <em>everybody</em></p>",
    "time": "2026-11-30T09:00:00.000Z",
}
_GENERAL: Final = {
    "room": "general",
    "epoch": "7f3a91c2",
    "offset": 58,
    "is_member": True,
    "access": "public",
    "title": "General",
    "topic": "Everything else",
}

ANSWERS: Final[dict[str, Any]] = {
    "create_webhook": {
        "id": "general-0c4b8f1e5a7d9236",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    },
    "get_me": _ME | {"device": "m-3f9d0c5b7a1e4682"},
    "get_room": _GENERAL
    | {
        "is_locked": False,
        "is_archived": False,
        "slow_mode_s": 0,
        "keep_messages": None,
        "keep_days": None,
        "role": "member",
        "muted_until": "",
        "may": ["read", "send"],
    },
    "list_members": {
        "members": [_ME | {"role": "owner", "skeleton": "ann", "muted_until": ""}],
        "more": False,
    },
    "list_messages": {"messages": [_MESSAGE], "more": False},
    "list_rooms": {
        "rooms": [_GENERAL | {"unread": 2, "members": 12, "present": 3}],
        "more": False,
    },
    "log_in": _ME,
    "poll": {"data": [_MESSAGE], "timeout": False, "cursor": "general:7f3a91c2:58"},
    "post_message": _OK,
    "search_messages": {
        "results": [_MESSAGE | {"excerpt": ["Good ", "morning", ", *everybody*"]}],
        "more": False,
    },
    "send_commands": {"replies": [_OK | {"offset": 57, "key": None}, _OK]},
    "sign_up": _ME,
    "upload_file": {
        "id": "9b2f4e6a1c8d3057f1e2a3b4c5d6e7f8",
        "name": "map.png",
        "type": "image/png",
        "bytes": 48213,
        "width": 800,
        "height": 600,
    },
}
