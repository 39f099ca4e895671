"""Commands for bots: programs with a name and a token.

The running servers know what is changed within a second.
"""

from collections.abc import Sequence

import click

from chat.accounts.bots import MAX_BOTS
from chat.accounts.records import BOT, Bot
from chat.admin.command import Result, command
from chat.admin.listing import columns, moment
from chat.admin.site import open_site
from chat.errors import SettingsError
from chat.rooms.grants import Scope
from chat.rooms.names import check_name
from chat.service.bot_records import put_bot
from chat.service.operator import OPERATOR
from chat.service.transactions import Transaction
from chat.settings.settings import Settings

_ALL = [scope.value for scope in Scope]


@command("list", "List the bots.", "bots list --json")
async def list_(settings: Settings) -> Result:
    async with open_site(settings) as site:
        stored = await site.scan(BOT, Bot, limit=2 * MAX_BOTS)
    found = [
        {
            "user": user,
            "name": bot.name,
            "scopes": bot.scopes,
            "rooms": bot.rooms,
            "made": moment(bot.made_s),
        }
        for user, bot in stored
    ]
    rows = [
        (user, bot.name, " ".join(bot.scopes), " ".join(bot.rooms or ["all rooms"]))
        for user, bot in stored
    ]
    return Result(columns(rows, none="There are no bots."), {"bots": found})


@command(
    "make",
    "Make a bot and print its token, which a program sends as Authorization: Bearer. NAME is what "
    "people see. `people sign-out` ends the token.",
    "bots make Weather --scope read --scope send --room general",
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_ALL),
    multiple=True,
    help="What it may do; may be given several times. Without it, all.",
)
@click.option(
    "--room",
    "rooms",
    multiple=True,
    help="A room that it is for; may be given several times. Without it, all.",
)
async def make(
    settings: Settings, *, name: str, scopes: Sequence[str], rooms: Sequence[str]
) -> Result:
    name = check_name(name, may_be_reserved=True)
    granted = [Scope(scope) for scope in scopes or _ALL]
    async with open_site(settings) as site:
        if len(await site.scan(BOT, Bot, limit=MAX_BOTS)) == MAX_BOTS:
            raise SettingsError(f"There are {MAX_BOTS} bots: end some first.")

        async def decide(transaction: Transaction) -> tuple[str, str, Bot]:
            now_s = site.now_s()
            by = OPERATOR.user
            return await put_bot(transaction, by, name, granted, rooms or None, now_s=now_s)

        token, user, bot = await site.run(OPERATOR, decide)
    fields = {"user": user, "name": name, "token": token, "scopes": bot.scopes, "rooms": bot.rooms}
    return Result(token, fields)
