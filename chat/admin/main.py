"""The command line of ``python app.py admin``: runs the commands of the other modules."""

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Mapping, Sequence

import msgspec
from redis.exceptions import RedisError

from chat.admin import backups, bots, exports, moderation, people, rooms
from chat.admin.command import Command
from chat.errors import ChatError, SettingsError
from chat.settings.settings import Settings

COMMANDS: Sequence[Command] = (
    *backups.COMMANDS,
    *moderation.COMMANDS,
    *bots.COMMANDS,
    *people.COMMANDS,
    *rooms.COMMANDS,
    *exports.COMMANDS,
)


def main(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the command in ``words``, with the settings in ``env``; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python app.py admin",
        description="Reads the settings that the server has from the environment: DATA_DIR, or "
        "REDIS_URL, and SECRET.",
        allow_abbrev=False,
    )
    parsers = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        own = parsers.add_parser(
            command.name, help=command.help, description=command.help, allow_abbrev=False
        )
        for words_, options in command.arguments:
            own.add_argument(*words_, **options)
        own.add_argument("--json", action="store_true", help="print the result as one JSON object")
        own.set_defaults(run=command.run)
    given = parser.parse_args(list(words))
    try:
        settings = Settings.read(env)
        result = asyncio.run(given.run(settings, given))
    except (SettingsError, ChatError) as error:
        return _failed(given, str(error))
    except (sqlite3.Error, RedisError, OSError) as error:
        return _failed(given, f"What is stored can't be read or written ({error}).")
    if result.text:
        print(msgspec.json.encode(result.fields).decode() if given.json else result.text)
    return 0


def _failed(given: argparse.Namespace, why: str) -> int:
    if given.json:
        print(msgspec.json.encode({"error": why}).decode())
    print(f"Nothing was done. {why}", file=sys.stderr)
    return 1
