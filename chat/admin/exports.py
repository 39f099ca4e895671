"""The command that writes into a file what somebody wrote, for them."""

import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from chat.accounts.identity import is_user_id
from chat.admin.backups import OVERWRITE, STANDARD_OUTPUT, check_free, open_records
from chat.admin.command import Command, Result, argument
from chat.admin.site import open_site
from chat.backplane import backup as backup_file
from chat.protocol.entries import MessageBody
from chat.service.leaving import Written
from chat.service.owners import find_user
from chat.service.transactions import NOBODY
from chat.settings import private_files
from chat.settings.settings import Settings

_body: Final = msgspec.json.Decoder(MessageBody)


async def export(settings: Settings, given: Namespace) -> Result:
    """Write all messages of a person, also from rooms that they have left, and private ones."""
    path = check_free(given)
    async with open_site(settings) as site:
        user = given.who if is_user_id(given.who) else await find_user(site, given.who)
        await site.note(NOBODY, "export", whom=user)
    if path == STANDARD_OUTPUT:
        count = await _write(settings, user, sys.stdout.buffer)
        print(f"These are {count} messages of {given.who}.", file=sys.stderr)
        return Result("", {})
    with private_files.create(path) as file:
        count = await _write(settings, user, file)
    text = f"{path} holds {count} messages of {given.who}."
    return Result(text, {"file": str(path), "user": user, "messages": count})


async def _write(settings: Settings, user: str, file: BinaryIO) -> int:
    count = 0
    async with open_records(settings) as records:
        async for message in _written(records, user):
            file.write(msgspec.json.encode(message) + b"\n")
            count += 1
    return count


async def _written(records: AsyncIterator[backup_file.Record], user: str) -> AsyncIterator[Written]:
    room = ""
    async for record in records:
        match record:
            case backup_file.Room():
                room = record.room
            case backup_file.Line(kind=MessageBody.kind):
                body = _body.decode(record.body)
                if body.user == user and not body.deleted:
                    yield Written(room=room, offset=record.offset, time=body.time, text=body.text)


COMMANDS: Final[Sequence[Command]] = (
    Command(
        "export",
        "Write what somebody wrote into a file, as lines of JSON, for them.",
        [
            argument("who", metavar="NAME|USER", help="the name of a member, or a user's id"),
            argument("file", type=Path, metavar="FILE", help="- is standard output"),
            OVERWRITE,
        ],
        export,
    ),
)
