"""Commands that keep order in one room: a running server carries them out, as for an owner.

They need one that runs, for it has to tell the readers of the room.
"""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from chat.accounts.identity import is_user_id
from chat.admin.command import Argument, Command, Result, argument
from chat.admin.moderation import short_text, span_s
from chat.admin.site import open_site
from chat.clock import SystemClock
from chat.errors import InvalidInput
from chat.protocol.cursor import parse_room
from chat.service.orders import give
from chat.service.owners import find_user
from chat.settings.settings import Settings

_CLOCK: Final = SystemClock()
_Run = Callable[[Settings, Namespace], Coroutine[Any, Any, Result]]


def room_name(text: str) -> str:
    """Return ``text`` if it can be a room's name; otherwise raise ArgumentTypeError."""
    try:
        return parse_room(text)
    except InvalidInput as error:
        raise ArgumentTypeError(str(error)) from error


def offset(text: str) -> int:
    """Return the number of a message; raise ArgumentTypeError if it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) < 1:
        raise ArgumentTypeError(
            f"{text!r} is no message: give its offset, which its address ends with"
        )
    return int(text)


def about_person(type_: str, done: str) -> _Run:
    """Return what runs a command of the protocol about a person; ``done`` says that it is done."""

    async def run(settings: Settings, given: Namespace) -> Result:
        command = {"type": type_, "room": given.room, **_details(type_, given)}
        async with open_site(settings) as site:
            user = given.who if is_user_id(given.who) else await find_user(site, given.who)
            await give(site, {**command, "user": user})
        return Result(f"{given.who} {done} {given.room}.", {**command, "user": user})

    return run


def _details(type_: str, given: Namespace) -> dict[str, str]:
    """Return the fields of the command besides the room and the person."""
    details = {name: getattr(given, name) for name in ("reason", "role") if name in given}
    if type_ == "mute" and "span_s" not in given:
        details["until"] = ""
    elif getattr(given, "span_s", None) is not None:
        until = datetime.fromtimestamp(_CLOCK.time() + given.span_s, UTC)
        details["until"] = until.isoformat(timespec="seconds")
    return details


async def delete_message(settings: Settings, given: Namespace) -> Result:
    command = {"type": "delete", "room": given.room, "offset": given.offset}
    async with open_site(settings) as site:
        await give(site, command)
    return Result(f"Message {given.offset} of {given.room} is deleted.", command)


_ROOM: Final = argument("room", type=room_name, metavar="ROOM", help="as in its address")
_WHO: Final = argument("who", metavar="USER|NAME", help="a user's id, or the name of a member")
_REASON: Final = argument(
    "--reason", type=short_text, default="", metavar="TEXT", help="everybody in the room reads it"
)
_FOR: Final = argument(
    "--for",
    dest="span_s",
    type=span_s,
    default=None,
    metavar="TIME",
    help="30m, 2h, 7d; until somebody lifts it if it is not said",
)


def _command(name: str, help_: str, run: _Run, *more: Argument) -> Command:
    return Command(name, help_, [_ROOM, _WHO, *more], run)


COMMANDS: Final[Sequence[Command]] = (
    _command(
        "room-kick", "Remove somebody from a room.", about_person("kick", "is out of"), _REASON
    ),
    _command(
        "room-mute",
        "Keep somebody from writing in a room.",
        about_person("mute", "is muted in"),
        _FOR,
        _REASON,
    ),
    _command(
        "room-unmute", "Let somebody write in a room again.", about_person("mute", "may write in")
    ),
    _command(
        "room-ban",
        "Remove somebody from a room, and keep them out of it.",
        about_person("ban", "is banned from"),
        _FOR,
        _REASON,
    ),
    _command(
        "room-unban", "Let somebody into a room again.", about_person("unban", "may join again:")
    ),
    _command(
        "room-role",
        "Make a member of a room an owner or moderator of it, or a member again.",
        about_person("role", "has another role in"),
        argument("role", choices=["owner", "moderator", "member"], help="what they shall be"),
    ),
    Command(
        "delete-message",
        "Delete a message of a room: its text is gone.",
        [_ROOM, argument("offset", type=offset, metavar="OFFSET", help="its address ends with it")],
        delete_message,
    ),
)
