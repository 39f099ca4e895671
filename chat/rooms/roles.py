"""The roles of people on this server and in a room. Pure."""

from enum import StrEnum


class ServerRole(StrEnum):
    """What somebody is on this server."""

    OWNER = "owner"
    MEMBER = "member"  # has an account
    GUEST = "guest"
    BOT = "bot"


class RoomRole(StrEnum):
    """What a member is in a room."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"
