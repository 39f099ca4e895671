"""The command that writes into a file what somebody wrote, for them."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec

from chat.accounts.identity import is_user_id
from chat.admin.backups import OVERWRITE, STANDARD_OUTPUT, check_free, open_records
from chat.admin.command import Result, command
from chat.admin.owners import WHO
from chat.admin.site import open_site
from chat.backplane import backup as backup_file
from chat.protocol.entries import MessageBody
from chat.service.leaving import Written
from chat.service.owners import find_user
from chat.service.transactions import NOBODY
from chat.settings import private_files
from chat.settings.settings import Settings

_body: Final = msgspec.json.Decoder(MessageBody)


@command(
    "export",
    "Write what somebody wrote into a file, as lines of JSON, for them: also in rooms that they "
    "have left, and in private ones. The file - is standard output.",
    "export Ada ada.jsonl",
)
@WHO
@click.argument("file", type=Path)
@OVERWRITE
async def export(settings: Settings, *, who: str, file: Path, overwrite: bool) -> Result:
    path = check_free(file, overwrite=overwrite)
    async with open_site(settings) as site:
        user = who if is_user_id(who) else await find_user(site, who)
        await site.note(NOBODY, "export", whom=user)
    if path == STANDARD_OUTPUT:
        count = await _write(settings, user, sys.stdout.buffer)
        print(f"These are {count} messages of {who}.", file=sys.stderr)
        return Result("", {})
    with private_files.create(path) as made:
        count = await _write(settings, user, made)
    text = f"{path} holds {count} messages of {who}."
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
