"""Commands that show who has an account, and where they are."""

from collections.abc import AsyncIterator
from typing import Any

import click

from chat.accounts import records
from chat.accounts.decisions import MAX_DEVICES
from chat.accounts.identity import is_user_id
from chat.accounts.records import Account, Device
from chat.admin.command import Result, command
from chat.admin.listing import columns, moment
from chat.admin.owners import WHO
from chat.admin.site import open_site, open_store, transactions_of
from chat.errors import SettingsError
from chat.rooms.roles import ServerRole
from chat.service.owners import find_user
from chat.service.transactions import Transactions
from chat.settings.settings import Settings

_PAGE = 1000


@command("list", "List the members: who has an account.", "people list", "people list --role owner")
@click.option("--role", type=click.Choice(["owner", "member"]), help="Only those with this role.")
async def list_(settings: Settings, *, role: str | None) -> Result:
    async with open_site(settings) as site:
        found = [
            _fields(user, account)
            async for user, account in _accounts(site)
            if account.role is not ServerRole.GUEST and role in (None, account.role)
        ]
    rows = [
        (one["user"], one["name"], one["role"], one["made"], "shut out" if one["disabled"] else "")
        for one in found
    ]
    return Result(columns(rows, none="Nobody has an account."), {"people": found})


@command("show", "Show an account, with its devices and rooms.", "people show Ada")
@WHO
async def show(settings: Settings, *, who: str) -> Result:
    async with open_store(settings) as store:
        site = transactions_of(store)
        user = who if is_user_id(who) else await find_user(site, who)
        account = await site.account(user)
        rooms = [one.room for one in await store.memberships(user)]
        if account is None and len(rooms) < 2:  # everybody is in the lobby
            raise SettingsError(f"Nothing is stored of {who}; guests have nothing but a cookie.")
        devices = await site.scan(records.devices(user), Device, limit=2 * MAX_DEVICES)
    fields: dict[str, Any] = {
        **_fields(user, account or Account(name="", role=ServerRole.GUEST)),
        "devices": [{"name": one.name, "made": moment(one.made_s)} for _, one in devices],
        "rooms": rooms,
    }
    lines = [(name, str(fields[name] or "")) for name in ("user", "name", "role", "made")]
    lines += [("shut out", fields["disabled"])] if fields["disabled"] else []
    lines += [("device", f"{one['name']}, since {one['made']}") for one in fields["devices"]]
    lines += [("room", room) for room in rooms]
    return Result(columns(lines, none=""), fields)


async def _accounts(site: Transactions) -> AsyncIterator[tuple[str, Account]]:
    after = ""
    while True:
        page = await site.scan(records.ACCOUNT, Account, after=after, limit=_PAGE)
        for found in page:
            yield found
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def _fields(user: str, account: Account) -> dict[str, Any]:
    return {
        "user": user,
        "name": account.name,
        "role": account.role.value,
        "made": moment(account.made_s) if account.made_s else None,
        "disabled": account.disabled,
    }
