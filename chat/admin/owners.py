"""Commands for accounts: a link for one more owner, a forgotten password, a role.

They change what the running servers have stored; these act on it within a second.
"""

import click

from chat.accounts.decisions import RESET_S
from chat.admin.command import Result, command
from chat.admin.site import open_site
from chat.rooms.roles import ServerRole
from chat.service.owners import find_user, put_reset, put_role
from chat.service.setup import new_setup_code
from chat.service.transactions import NOBODY, Transaction
from chat.settings.settings import Settings

WHO = click.argument("who", metavar="NAME|USER")


@command("owner", "Print a link by which somebody becomes an owner of the site.")
async def owner(settings: Settings) -> Result:
    async with open_site(settings) as site:
        code = await new_setup_code(site)
    path = f"{settings.base_path}/setup?code={code}"
    text = f"Whoever opens this on the server becomes an owner, once: {path}"
    return Result(text, {"code": code, "path": path})


@command(
    "reset-link", "Print a link by which a member sets another password.", "people reset-link Ada"
)
@WHO
async def reset(settings: Settings, *, who: str) -> Result:
    async with open_site(settings) as site:
        user = await find_user(site, who)

        async def decide(transaction: Transaction) -> str:
            return await put_reset(transaction, user, now_s=site.now_s())

        code = await site.run(NOBODY, decide)
    path = f"{settings.base_path}/reset?code={code}"
    text = f"Whoever opens this on the server sets another password for {who}: {path}"
    return Result(
        f"{text}\nIt can be used once, within {RESET_S // 3600} hours.",
        {"user": user, "code": code, "path": path},
    )


@command(
    "role", "Make a member an owner of the site, or an owner a member.", "people role Ada owner"
)
@WHO
@click.argument("role", type=click.Choice(["owner", "member"]))
async def role(settings: Settings, *, who: str, role: str) -> Result:
    async with open_site(settings) as site:
        user = await find_user(site, who)

        async def decide(transaction: Transaction) -> None:
            await put_role(transaction, user, ServerRole(role))

        await site.run(NOBODY, decide)
    return Result(f"{who} is {role} now.", {"user": user, "role": role})
