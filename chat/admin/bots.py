"""The command that makes a bot, as owners of the site do on the page.

The running servers know its token within a second.
"""

from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from chat.accounts.bots import MAX_BOTS
from chat.accounts.records import BOT, Bot
from chat.admin.command import Command, Result, argument
from chat.admin.site import open_site
from chat.errors import SettingsError
from chat.rooms.grants import Scope
from chat.rooms.names import check_name
from chat.service.bot_records import put_bot
from chat.service.transactions import NOBODY, Transaction
from chat.settings.settings import Settings


async def token(settings: Settings, given: Namespace) -> Result:
    name = check_name(given.name, may_be_reserved=True)
    async with open_site(settings) as site:
        if len(await site.scan(BOT, Bot, limit=MAX_BOTS)) == MAX_BOTS:
            raise SettingsError(f"There are {MAX_BOTS} bots: end some first.")

        async def decide(transaction: Transaction) -> tuple[str, str, Bot]:
            scopes = given.scopes or list(Scope)
            return await put_bot(
                transaction, NOBODY.user, name, scopes, given.rooms, now_s=site.now_s()
            )

        made, user, bot = await site.run(NOBODY, decide)
    return Result(
        made,
        {"user": user, "name": name, "token": made, "scopes": bot.scopes, "rooms": bot.rooms},
    )


COMMANDS: Final[Sequence[Command]] = (
    Command(
        "token",
        "Make a bot and print its token, which a program sends as Authorization: Bearer.",
        [
            argument("name", metavar="NAME", help="what people see"),
            argument(
                "--scope",
                dest="scopes",
                action="append",
                choices=[scope.value for scope in Scope],
                help="what it may do; may be given several times; all if it is not said",
            ),
            argument(
                "--room",
                dest="rooms",
                action="append",
                metavar="ROOM",
                help="a room that it is for; may be given several times; all if it is not said",
            ),
        ],
        token,
    ),
)
