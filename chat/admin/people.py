"""Commands for accounts: a link for one more owner, a forgotten password, a role.

They change what the running servers have stored; these act on it within a second.
"""

from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from chat.accounts.decisions import RESET_S
from chat.admin.command import Command, Result, argument
from chat.admin.site import open_site
from chat.rooms.roles import ServerRole
from chat.service.owners import find_user, put_reset, put_role
from chat.service.setup import new_setup_code
from chat.service.transactions import NOBODY, Transaction
from chat.settings.settings import Settings


async def owner(settings: Settings, given: Namespace) -> Result:
    async with open_site(settings) as site:
        code = await new_setup_code(site)
    path = f"{settings.base_path}/setup?code={code}"
    text = f"Whoever opens this on the server becomes an owner, once: {path}"
    return Result(text, {"code": code, "path": path})


async def reset(settings: Settings, given: Namespace) -> Result:
    async with open_site(settings) as site:
        user = await find_user(site, given.who)

        async def decide(transaction: Transaction) -> str:
            return await put_reset(transaction, user, now_s=site.now_s())

        code = await site.run(NOBODY, decide)
    path = f"{settings.base_path}/reset?code={code}"
    text = f"Whoever opens this on the server sets another password for {given.who}: {path}"
    return Result(
        f"{text}\nIt can be used once, within {RESET_S // 3600} hours.",
        {"user": user, "code": code, "path": path},
    )


async def role(settings: Settings, given: Namespace) -> Result:
    async with open_site(settings) as site:
        user = await find_user(site, given.who)

        async def decide(transaction: Transaction) -> None:
            await put_role(transaction, user, ServerRole(given.role))

        await site.run(NOBODY, decide)
    return Result(f"{given.who} is {given.role} now.", {"user": user, "role": given.role})


_WHO: Final = argument("who", metavar="NAME", help="the name of a member, or their id")
COMMANDS: Final[Sequence[Command]] = (
    Command("owner", "Print a link by which somebody becomes an owner of the site.", [], owner),
    Command("reset", "Print a link by which a member sets another password.", [_WHO], reset),
    Command(
        "role",
        "Make a member an owner of the site, or an owner a member.",
        [_WHO, argument("role", choices=["owner", "member"], help="what they shall be")],
        role,
    ),
)
