"""Commands that show rooms: those there are, one of them, and its members."""

from collections.abc import AsyncIterator
from typing import Any

import click
import msgspec

from chat.accounts import records
from chat.accounts.records import Account
from chat.admin.command import Result, command
from chat.admin.listing import columns, moment
from chat.admin.rooms import ROOM
from chat.admin.site import open_store
from chat.backplane.records import SITE, RoomInfo
from chat.backplane.refusals import refused
from chat.backplane.site_log import SiteAdmin
from chat.protocol.codes import Code
from chat.rooms.access import MEMBER, OWNERS, SETTINGS, Access, MemberState, RoomSettings, access_of
from chat.settings.settings import Settings

_PAGE = 1000


@command(
    "list", "List all rooms, also private ones.", "rooms list", "rooms list --access private --json"
)
@click.option(
    "--access",
    type=click.Choice([access.value for access in Access]),
    help="Only those with this access.",
)
async def list_(settings: Settings, *, access: str | None) -> Result:
    async with open_store(settings) as store:
        infos = [info for info in await store.rooms() if access in (None, access_of(info.room))]
        counts = await store.member_counts([info.room for info in infos])
        found = [await _fields(store, info, counts[info.room]) for info in infos]
    rows = [
        (
            one["room"],
            one["access"],
            f"{one['members']} members",
            f"{one['entries']} entries",
            "archived" if one["is_archived"] else "locked" if one["is_locked"] else "",
            one["title"],
        )
        for one in found
    ]
    return Result(columns(rows, none="There are no rooms."), {"rooms": found})


@command("show", "Show a room with its settings and owners.", "rooms show general")
@ROOM
async def show(settings: Settings, *, room: str) -> Result:
    async with open_store(settings) as store:
        info = await _info(store, room)
        fields = await _fields(store, info, (await store.member_counts([room]))[room])
        owners = (await store.records(room, [OWNERS])).get(OWNERS, b"[]")
    fields["owners"] = msgspec.json.decode(owners)
    lines = [
        (name, ", ".join(value) if isinstance(value, list) else str(value))
        for name, value in fields.items()
        if value not in (None, "")
    ]
    return Result(columns(lines, none=""), fields)


@command("members", "List the members of a room, with their roles there.", "rooms members tea")
@ROOM
async def members(settings: Settings, *, room: str) -> Result:
    async with open_store(settings) as store:
        await _info(store, room)
        found = [one async for one in _members(store, room)]
    rows = [
        (
            one["user"],
            one["name"] or "",
            one["role"],
            f"muted until {one['muted_until']}" if one["muted_until"] else "",
        )
        for one in found
    ]
    none = "Nobody is a member, or everybody: of the lobby nobody is noted."
    return Result(columns(rows, none=none), {"members": found})


async def _info(store: SiteAdmin, room: str) -> RoomInfo:
    """Return a room. Raises Refused ``no_such_room``."""
    for info in await store.rooms():
        if info.room == room:
            return info
    raise refused(Code.NO_SUCH_ROOM, room)


async def _fields(store: SiteAdmin, info: RoomInfo, count: int) -> dict[str, Any]:
    stored = (await store.records(info.room, [SETTINGS])).get(SETTINGS)
    found = RoomSettings() if stored is None else msgspec.json.decode(stored, type=RoomSettings)
    return {
        "room": info.room,
        "access": access_of(info.room).value,
        "members": count,
        "entries": info.position.offset,
        **{
            name: getattr(found, name)
            for name in RoomSettings.__struct_fields__
            if name != "is_removed"
        },
    }


async def _members(store: SiteAdmin, room: str) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while page := await store.members(room, after=after, limit=_PAGE):
        states = await store.records(room, [f"{MEMBER}{user}" for user in page])
        accounts = await store.records(SITE, [records.account(user) for user in page])
        for user in page:
            stored = states.get(f"{MEMBER}{user}", b"{}")
            state = msgspec.json.decode(stored, type=MemberState)
            account = accounts.get(records.account(user))
            yield {
                "user": user,
                "name": None if account is None else records.decode(account, Account).name,
                "role": state.role.value,
                "muted_until": moment(state.muted_until_s) if state.muted_until_s else None,
            }
        after = page[-1]
