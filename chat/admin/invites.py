"""Commands for invitations: links by which people sign up, also where nobody can without one."""

import click

from chat.accounts.decisions import MAX_INVITE_DAYS, MAX_INVITE_USES
from chat.admin.command import Result, command
from chat.admin.listing import columns, moment
from chat.admin.site import open_site
from chat.service.invites import end_invite, make_invite, usable_invites
from chat.service.operator import OPERATOR
from chat.settings.settings import Settings


@command("list", "List the invitations that can be used.", "invites list --json")
async def list_(settings: Settings) -> Result:
    async with open_site(settings) as site:
        found = [
            {"id": one.id, "by": one.by, "uses": one.uses, "until": moment(one.until_s)}
            for one in await usable_invites(site)
        ]
    rows = [
        (str(one["id"]), f"{one['uses']} left", f"until {one['until']}", f"by {one['by']}")
        for one in found
    ]
    return Result(columns(rows, none="There are no invitations."), {"invites": found})


@command("make", "Print a link by which people sign up.", "invites make --uses 20 --days 7")
@click.option("--uses", type=click.IntRange(1, MAX_INVITE_USES), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, MAX_INVITE_DAYS), default=7, show_default=True)
async def make(settings: Settings, *, uses: int, days: int) -> Result:
    async with open_site(settings) as site:
        code = await make_invite(site, OPERATOR, uses=uses, days=days)
    path = f"{settings.base_path}/invite?code={code}"
    many = "One person" if uses == 1 else f"{uses} people"
    text = f"{many} can sign up with this on the server, within {days} days: {path}"
    return Result(text, {"code": code, "path": path, "uses": uses, "days": days})


@command("revoke", "End an invitation; `admin invites list` has its ID.")
@click.argument("id")
async def revoke(settings: Settings, *, id: str) -> Result:
    async with open_site(settings) as site:
        await end_invite(site, OPERATOR, id)
    return Result("The invitation is ended.", {"revoked": id})
