"""The HTTP API of bots, for owners of the site."""

from collections.abc import Sequence

import msgspec

from chat.rooms.grants import Scope
from chat.service.bots import BotInfo
from chat.web.account_handler import AccountHandler


class BotList(msgspec.Struct):
    bots: Sequence[BotInfo]


class NewBot(msgspec.Struct):
    """A bot to make. ``rooms``: those that its token is for; null for all."""

    name: str
    scopes: list[Scope] = msgspec.field(default_factory=lambda: [Scope.READ, Scope.SEND])
    rooms: list[str] | None = None


class MadeBot(msgspec.Struct):
    """A new bot, and its token, which nobody is told again."""

    token: str
    bot: BotInfo


class NewToken(msgspec.Struct):
    token: str


class BotsHandler(AccountHandler):
    async def get(self) -> None:
        """List the bots."""
        self.send_json(BotList(await self.dependencies.accounts.bots.all(self.person)))

    async def post(self) -> None:
        """Make one."""
        asked = self.json_as(NewBot)
        token, made = await self.dependencies.accounts.bots.make(
            self.person, asked.name, asked.scopes, asked.rooms
        )
        self.set_status(201)
        self.send_json(MadeBot(token, made))


class BotHandler(AccountHandler):
    async def delete(self, user: str) -> None:
        """End a bot."""
        await self.dependencies.accounts.bots.end(self.person, user, self.address)
        self.send_json({})


class BotTokenHandler(AccountHandler):
    async def post(self, user: str) -> None:
        """Make a new token, which ends the one before."""
        token = await self.dependencies.accounts.bots.renew(self.person, user, self.address)
        self.send_json(NewToken(token))
