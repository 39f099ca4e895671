"""Commands that make, change and remove rooms. A running server carries them out."""

from typing import Any

import click

from chat.admin.command import Result, command
from chat.admin.rooms import ROOM, room_name
from chat.admin.site import open_site
from chat.errors import SettingsError
from chat.protocol.commands import MAX_SLOW_MODE_S
from chat.rooms.access import Access
from chat.service.orders import give
from chat.service.owners import find_user
from chat.settings.settings import Settings


@command(
    "create",
    "Make a room. Its owner is a member of this server, and its first member.",
    "rooms create 'Tea and cake' --owner Ada",
    "rooms create Board --owner Ada --access private",
)
@click.argument("title")
@click.option("--owner", required=True, metavar="NAME|USER", help="Whose room it is.")
@click.option(
    "--access",
    type=click.Choice([access.value for access in Access if access is not Access.DIRECT]),
    default=Access.PUBLIC.value,
    show_default=True,
)
@click.option("--topic", default="", metavar="TEXT")
@click.option(
    "--name",
    type=room_name,
    metavar="ROOM",
    help="The name of a public room, if it is not to be made of the title.",
)
async def create(
    settings: Settings, *, title: str, owner: str, access: str, topic: str, name: str | None
) -> Result:
    order: dict[str, Any] = {
        "type": "create", "title": title, "access": access, "topic": topic, "room": name,
    }  # fmt: skip
    async with open_site(settings) as site:
        user = await find_user(site, owner)
        room = await give(site, order, by=user)
    return Result(f"{room} is there, and {owner} its owner.", {"room": room, "owner": user})


@command(
    "set",
    "Change settings of a room.",
    "rooms set tea --topic 'Green and black' --slow-mode 10",
    "rooms set news --locked",
)
@ROOM
@click.option("--title", metavar="TEXT", help="What people see instead of the name.")
@click.option("--topic", metavar="TEXT")
@click.option("--locked/--unlocked", default=None, help="Whether only moderators write.")
@click.option(
    "--slow-mode",
    type=click.IntRange(0, MAX_SLOW_MODE_S),
    metavar="SECONDS",
    help="The shortest time between two messages of a member; 0 for none.",
)
async def set_(
    settings: Settings,
    *,
    room: str,
    title: str | None,
    topic: str | None,
    locked: bool | None,
    slow_mode: int | None,
) -> Result:
    given = {"title": title, "topic": topic, "is_locked": locked, "slow_mode_s": slow_mode}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise SettingsError("Say what is to change; see --help.")
    return await _set(settings, room, changes, f"{room} has other settings now.")


@command("archive", "Close a room for writing; everybody can still read it.", "rooms archive tea")
@ROOM
@click.option("--undo", is_flag=True, help="Open it again.")
async def archive(settings: Settings, *, room: str, undo: bool) -> Result:
    done = f"People write in {room} again." if undo else f"{room} is archived."
    return await _set(settings, room, {"is_archived": not undo}, done)


@command(
    "delete",
    "Remove a room with everything in it. It can't be brought back but from a backup.",
    "rooms delete tea --yes",
)
@ROOM
@click.option("--yes", is_flag=True, help="Say that you mean it.")
async def delete(settings: Settings, *, room: str, yes: bool) -> Result:
    if not yes:
        raise SettingsError(f"All messages of {room} would be gone. If you mean it, say --yes.")
    async with open_site(settings) as site:
        await give(site, {"type": "remove_room", "room": room})
    return Result(f"{room} is gone.", {"removed": room})


async def _set(settings: Settings, room: str, changes: dict[str, Any], done: str) -> Result:
    async with open_site(settings) as site:
        await give(site, {"type": "set", "room": room, **changes})
    return Result(done, {"room": room, **changes})
