"""The HTTP API of notifications: where a device is notified, and of what in which room."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Final

import msgspec

from chat.accounts.push_key import public_key, push_key
from chat.errors import InvalidInput, Refused
from chat.followers.push.client import may_be_endpoint
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.requests.handler import Handler
from chat.rooms.notifying import Level
from chat.web.account_handler import AccountHandler

# The longest of known services has some 500 characters.
MAX_ENDPOINT_CHARACTERS: Final = 1024
# A point of the curve P-256, not compressed, and 16 bytes, in base64url (RFC 8291 section 3). That
# it is one is found when something is encrypted with it.
_KEY: Final = "^[A-Za-z0-9_-]{87}=?$"
_AUTH: Final = "^[A-Za-z0-9_-]{22}(==)?$"
# It is written, and it is what makes this server connect to others.
_COST: Final = 4.0


class PushKeys(msgspec.Struct):
    p256dh: Annotated[str, msgspec.Meta(pattern=_KEY)]
    auth: Annotated[str, msgspec.Meta(pattern=_AUTH)]


class PushSubscription(msgspec.Struct):
    """What a browser's ``PushSubscription.toJSON()`` returns."""

    endpoint: Annotated[str, msgspec.Meta(max_length=MAX_ENDPOINT_CHARACTERS)]
    keys: PushKeys


class PushInfo(msgspec.Struct):
    """``key`` is the ``applicationServerKey``, "" where there are no pushes.

    ``endpoint`` is where this device is notified, "" for nowhere: its subscription may have ended.
    ``levels`` has the rooms for which the user chose another level than the default.
    """

    key: str
    levels: Mapping[str, Level]
    endpoint: str


class RoomLevel(msgspec.Struct):
    level: Level


class PushHandler(AccountHandler):
    """Where this device of the user is notified."""

    async def get(self) -> None:
        levels = await self.dependencies.service.levels.chosen(self.person.user)
        key = _key_of(self.dependencies.secret) if self._has_push else ""
        subscriptions = await self.dependencies.accounts.subscriptions.of(self.person.user)
        here = subscriptions.get(self.person.device)
        self.send_json(PushInfo(key, levels, "" if here is None else here.endpoint))

    async def put(self) -> None:
        """Notify this device there, and nowhere else."""
        given = self.json_as(PushSubscription)
        self.dependencies.limits.command(self.person.user, self.address, _COST)
        if not self._has_push:
            raise Refused(Code.FORBIDDEN, "This server sends no pushes.")
        is_any = self.dependencies.settings.push == "any"
        if not may_be_endpoint(given.endpoint, allows_private=is_any):
            raise InvalidInput(Code.BAD_COMMAND, "The endpoint is an https: URL.")
        await self.dependencies.accounts.subscriptions.put(
            self.person.user,
            self.person.device,
            endpoint=given.endpoint,
            key=given.keys.p256dh,
            auth=given.keys.auth,
            site=f"{self.request.protocol}://{self.request.host}",
        )
        self.send_json({})

    async def delete(self) -> None:
        """Notify this device no more."""
        self.dependencies.limits.command(self.person.user, self.address, _COST)
        subscriptions = self.dependencies.accounts.subscriptions
        await subscriptions.remove(self.person.user, self.person.device)
        self.send_json({})

    @property
    def _has_push(self) -> bool:
        return self.dependencies.settings.push != "off"


class LevelHandler(Handler):
    """What the user is notified of in a room: the same on all their devices."""

    async def get(self, room: str) -> None:
        level = await self.dependencies.service.levels.of(self.person.user, parse_room(room))
        self.send_json(RoomLevel(level))

    async def put(self, room: str) -> None:
        given = self.json_as(RoomLevel)
        await self.dependencies.service.levels.put(
            self.person.user, parse_room(room), given.level, self.address
        )
        self.send_json(given)


@cache
def _key_of(secret: bytes) -> str:
    return public_key(push_key(secret))
