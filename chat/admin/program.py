"""The command line of ``python app.py admin``: each module has its commands, this runs them."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence

from chat.admin import keeping, people
from chat.admin.command import Command
from chat.errors import ChatError, SettingsError
from chat.settings import Settings

COMMANDS: Sequence[Command] = (*keeping.COMMANDS, *people.COMMANDS)


def main(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Carry out what ``words`` say; return the exit code. The settings are those of ``env``."""
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
        own.set_defaults(run=command.run)
    given = parser.parse_args(list(words))
    try:
        settings = Settings.read(env)
        print(asyncio.run(given.run(settings, given)))
    except (SettingsError, ChatError) as error:
        print(f"Nothing was done. {error}", file=sys.stderr)
        return 1
    return 0
