"""Commands that keep order in one room: a running server carries them out, as for an owner.

They need one that runs, for it has to tell the readers of the room.
"""

from typing import Final

import click

from chat.accounts.identity import is_user_id
from chat.admin.command import Result, command
from chat.admin.listing import moment
from chat.admin.moderation import short_text, span_s
from chat.admin.owners import WHO
from chat.admin.site import open_site
from chat.clock import SystemClock
from chat.errors import InvalidInput
from chat.protocol.cursor import parse_room
from chat.service.orders import give
from chat.service.owners import find_user
from chat.settings.settings import Settings

_CLOCK: Final = SystemClock()


def room_name(text: str) -> str:
    """Return ``text`` if it can be a room's name; otherwise raise BadParameter."""
    try:
        return parse_room(text)
    except InvalidInput as error:
        raise click.BadParameter(str(error)) from error


def offset(text: str) -> int:
    """Return the number of a message; raise click.BadParameter if it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) < 1:
        raise click.BadParameter(
            f"{text!r} is no message: give its offset, which its address ends with"
        )
    return int(text)


ROOM: Final = click.argument("room", type=room_name)
_REASON: Final = click.option(
    "--reason", type=short_text, default="", metavar="TEXT", help="Everybody in the room reads it."
)
_FOR: Final = click.option(
    "--for",
    "span",
    type=span_s,
    default=None,
    metavar="TIME",
    help="30m, 2h, 7d; until somebody lifts it if it is not said.",
)


@command("kick", "Remove somebody from a room.", "rooms kick tea Ada --reason 'too loud'")
@ROOM
@WHO
@_REASON
async def kick(settings: Settings, *, room: str, who: str, reason: str) -> Result:
    return await _order(settings, "kick", room, who, f"is out of {room}", reason=reason)


@command("mute", "Keep somebody from writing in a room.", "rooms mute tea Ada --for 2h")
@ROOM
@WHO
@_FOR
@_REASON
async def mute(
    settings: Settings, *, room: str, who: str, span: float | None, reason: str
) -> Result:
    done = f"is muted in {room}"
    return await _order(settings, "mute", room, who, done, reason=reason, **_until(span))


@command("unmute", "Let somebody write in a room again.", "rooms unmute tea Ada")
@ROOM
@WHO
async def unmute(settings: Settings, *, room: str, who: str) -> Result:
    return await _order(settings, "mute", room, who, f"may write in {room}", until="")


@command("ban", "Remove somebody from a room, and keep them out of it.", "rooms ban tea Ada")
@ROOM
@WHO
@_FOR
@_REASON
async def ban(
    settings: Settings, *, room: str, who: str, span: float | None, reason: str
) -> Result:
    done = f"is banned from {room}"
    return await _order(settings, "ban", room, who, done, reason=reason, **_until(span))


@command("unban", "Let somebody into a room again.", "rooms unban tea Ada")
@ROOM
@WHO
async def unban(settings: Settings, *, room: str, who: str) -> Result:
    return await _order(settings, "unban", room, who, f"may join {room} again")


@command(
    "role",
    "Make a member of a room an owner or moderator of it, or a member again.",
    "rooms role tea Ada moderator",
)
@ROOM
@WHO
@click.argument("role", type=click.Choice(["owner", "moderator", "member"]))
async def role(settings: Settings, *, room: str, who: str, role: str) -> Result:
    return await _order(settings, "role", room, who, f"is {role} of {room}", role=role)


@command(
    "delete-message",
    "Delete a message of a room: its text is gone. OFFSET is what its address ends with.",
    "rooms delete-message tea 41",
)
@ROOM
@click.argument("number", type=offset, metavar="OFFSET")
async def delete_message(settings: Settings, *, room: str, number: int) -> Result:
    order = {"type": "delete", "room": room, "offset": number}
    async with open_site(settings) as site:
        await give(site, order)
    return Result(f"Message {number} of {room} is deleted.", order)


async def _order(
    settings: Settings, type_: str, room: str, who: str, done: str, **details: str
) -> Result:
    """Have a server carry out a command of the protocol about a person; ``done`` says the rest."""
    async with open_site(settings) as site:
        user = who if is_user_id(who) else await find_user(site, who)
        order = {"type": type_, "room": room, **details, "user": user}
        await give(site, order)
    return Result(f"{who} {done}.", order)


def _until(span: float | None) -> dict[str, str]:
    return {} if span is None else {"until": moment(_CLOCK.time() + span)}
