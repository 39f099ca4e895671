"""The command line of ``python app.py admin``: the tree of the commands of the other modules."""

import copy
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click
import msgspec
from redis.exceptions import RedisError

from chat.admin import (
    backups,
    bots,
    exports,
    imports,
    invites,
    moderation,
    owners,
    people,
    room_export,
    room_lists,
    room_making,
    rooms,
)
from chat.admin.command import Exit, PartlyDone
from chat.admin.doctor.run import doctor
from chat.errors import ChatError, SettingsError

_COMMANDS: Final[Sequence[click.Command]] = (
    owners.owner,
    moderation.ban,
    moderation.unban,
    moderation.bans,
    exports.export,
    backups.backup,
    backups.restore,
    backups.migrate,
    backups.compact,
    doctor,
)
_GROUPS: Final[Mapping[str, tuple[str, Sequence[click.Command]]]] = {
    "people": (
        "Who has an account here, and what they may do.",
        (people.list_, people.show, owners.role, owners.reset, moderation.sign_out),
    ),
    "rooms": (
        "The rooms, their settings and their members.",
        (
            room_lists.list_,
            room_lists.show,
            room_lists.members,
            room_making.create,
            room_making.set_,
            room_making.archive,
            room_making.delete,
            room_export.export,
            rooms.kick,
            rooms.mute,
            rooms.unmute,
            rooms.ban,
            rooms.unban,
            rooms.role,
            rooms.delete_message,
        ),
    ),
    "bots": ("Programs with a name and a token.", (bots.list_, bots.make)),
    "invites": (
        "Links by which people sign up.",
        (invites.list_, invites.make, invites.revoke),
    ),
    "import": (
        "Make rooms of what another chat has exported.",
        (imports.slack, imports.irc, imports.parley),
    ),
}
# The names of versions up to 0.6, in which nothing was grouped. Scripts of operators have them.
_OLD_NAMES: Final[Mapping[str, click.Command]] = {
    "role": owners.role,
    "reset": owners.reset,
    "sign-out": moderation.sign_out,
    "room-kick": rooms.kick,
    "room-mute": rooms.mute,
    "room-unmute": rooms.unmute,
    "room-ban": rooms.ban,
    "room-unban": rooms.unban,
    "room-role": rooms.role,
    "delete-message": rooms.delete_message,
    "token": bots.make,
}


def tree() -> click.Group:
    """Return the command ``admin`` with all commands below it."""
    admin = click.Group(
        "admin",
        help="Look after a server while it runs. The commands read the settings that it has from "
        "the environment: DATA_DIR, or REDIS_URL, and SECRET.",
    )
    for command in _COMMANDS:
        admin.add_command(command)
    for name, (help_, commands) in _GROUPS.items():
        group = click.Group(name, help=help_)
        for command in commands:
            group.add_command(command)
        admin.add_command(group)
    for name, command in _OLD_NAMES.items():
        old = copy.copy(command)
        old.hidden = True
        admin.add_command(old, name)
    return admin


def main(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the command in ``words``, with the settings in ``env``; return the exit code."""
    is_json = "--json" in words
    try:
        code = tree().main(
            list(words), prog_name="python app.py admin", standalone_mode=False, obj=env
        )
        return int(code or Exit.DONE)
    except click.ClickException as error:
        if not is_json:
            error.show()
        else:
            _print_error(error.format_message())
        return Exit.USAGE
    except click.Abort:
        return 128 + 2  # as shells report an end by SIGINT
    except PartlyDone as error:
        return _failed(str(error), is_json=is_json, what="")
    except (SettingsError, ChatError) as error:
        return _failed(str(error), is_json=is_json)
    except (sqlite3.Error, RedisError, OSError) as error:
        return _failed(f"What is stored can't be read or written ({error}).", is_json=is_json)


def _failed(why: str, *, is_json: bool, what: str = "Nothing was done. ") -> int:
    if is_json:
        _print_error(why)
    else:
        print(f"{what}{why}", file=sys.stderr)
    return Exit.NOT_DONE


def _print_error(why: str) -> None:
    print(msgspec.json.encode({"error": why}).decode(), file=sys.stderr)
