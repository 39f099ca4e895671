"""The command that writes rooms into a file, for ``admin import parley`` on another server."""

import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec

from chat.accounts import records
from chat.admin.backups import OVERWRITE, STANDARD_OUTPUT, check_free, open_records
from chat.admin.command import Result, command
from chat.admin.importing.interchange import EventLine, Head, Line, PersonLine, RoomLine, Tail
from chat.admin.rooms import room_name
from chat.admin.site import open_store, transactions_of
from chat.backplane import backup as backup_file
from chat.backplane.records import SITE
from chat.backplane.refusals import refused
from chat.backplane.site_log import SiteAdmin
from chat.protocol.codes import Code
from chat.protocol.entries import Body, JoinedBody, LeftBody, MessageBody, decode_body
from chat.rooms.access import OWNERS, SETTINGS, Access, RoomSettings, access_of
from chat.service.operator import OPERATOR
from chat.settings import private_files
from chat.settings.settings import Settings

_BATCH: Final = 500


@command(
    "export",
    "Write rooms into a file, as lines of JSON, for `import parley` on another server. Without "
    "names, all public ones. The file - is standard output.",
    "rooms export rooms.jsonl",
    "rooms export board.jsonl tea p-k3j5h8x2m4n6q7r9",
)
@click.argument("file", type=Path)
@click.argument("rooms", type=room_name, nargs=-1, metavar="[ROOM]...")
@OVERWRITE
async def export(
    settings: Settings, *, file: Path, rooms: Sequence[str], overwrite: bool
) -> Result:
    check_free(file, overwrite=overwrite)
    async with open_store(settings) as store:
        heads = await _heads(store, rooms)
        await transactions_of(store).note(OPERATOR, "export_rooms", whom="")
        writing = _Writing(store, heads)
        is_piped = file == STANDARD_OUTPUT
        output: AbstractContextManager[BinaryIO]
        output = nullcontext(sys.stdout.buffer) if is_piped else private_files.create(file)
        with output as made:
            async with open_records(settings) as stored:
                async for line in writing.lines(stored):
                    made.write(msgspec.json.encode(line) + b"\n")
    text = f"{writing.messages} messages of {len(heads)} rooms are in {file}."
    if is_piped:
        print(text, file=sys.stderr)
        return Result("", {})
    fields = {"file": str(file), "rooms": sorted(heads), "messages": writing.messages}
    return Result(text, fields)


async def _heads(store: SiteAdmin, rooms: Collection[str]) -> dict[str, RoomLine]:
    """Return the lines of the rooms to write, by name. Raises Refused ``no_such_room``."""
    epochs = {info.room: info.position.epoch for info in await store.rooms()}
    for room in rooms:
        if room not in epochs:
            raise refused(Code.NO_SUCH_ROOM, room)
    heads = {}
    for room in rooms or [room for room in epochs if access_of(room) is Access.PUBLIC]:
        found = await store.records(room, [SETTINGS, OWNERS])
        settings = msgspec.json.decode(found.get(SETTINGS, b"{}"), type=RoomSettings)
        owners = msgspec.json.decode(found.get(OWNERS, b"[]"), type=list[str])
        access = access_of(room)
        heads[room] = RoomLine(
            # The epoch tells it from a room of that name elsewhere.
            id=f"{room}:{epochs[room]}",
            title=settings.title or (room if access is Access.PUBLIC else ""),
            topic=settings.topic,
            access=access.value,
            owner=next(iter(owners), ""),
            is_archived=settings.is_archived,
        )
    return heads


class _Writing:
    """Makes the lines of a file; ``messages`` counts those that are messages."""

    def __init__(self, store: SiteAdmin, heads: dict[str, RoomLine]) -> None:
        self._store = store
        self._heads = heads
        self._names: dict[str, str] = {}  # of people, as they were called last
        self.messages = 0

    async def lines(self, stored: AsyncIterator[backup_file.Record]) -> AsyncIterator[Line]:
        count = 0
        async for line in self._lines(stored):
            count += 1
            yield line
        yield Tail(count)

    async def _lines(self, stored: AsyncIterator[backup_file.Record]) -> AsyncIterator[Line]:
        yield Head()
        room = ""
        async for record in stored:
            match record:
                case backup_file.Member() if record.room in self._heads:
                    self._heads[record.room].members.append(record.user)
                    self._names.setdefault(record.user, "")
                case backup_file.Room():
                    room = record.room
                    if (head := self._heads.get(room)) is not None:
                        # A dump of Redis may have a member twice.
                        head.members = sorted(set(head.members))
                        yield head
                case backup_file.Line() if room in self._heads:
                    body = decode_body(record.kind, bytes(record.body))
                    if (line := self._event(record, body)) is not None:
                        yield line
        for batch in _batches(list(self._names)):
            for person in await self._people(batch):
                yield person

    def _event(self, line: backup_file.Line, body: Body | None) -> EventLine | None:
        match body:
            case MessageBody(deleted=False):
                self.messages += 1
                for user in [
                    *body.mentions,
                    *(user for _, users in line.reactions for user in users),
                ]:
                    self._names.setdefault(user, "")
                event = EventLine(
                    id=str(line.offset),
                    author=body.user,
                    time=body.time,
                    text=body.text,
                    mentions=body.mentions,
                    reply_to=None if body.reply_to is None else str(body.reply_to),
                    reactions=line.reactions,
                    edited=body.edited,
                    files=[info.name for info in body.files],
                )
            case JoinedBody() | LeftBody():
                event = EventLine(
                    id=str(line.offset), author=body.user, time=body.time, kind=body.kind
                )
            case _:
                return None
        self._names[body.user] = body.name
        return event

    async def _people(self, users: Sequence[str]) -> Sequence[PersonLine]:
        found = await self._store.records(SITE, [records.account(user) for user in users])
        people = []
        for user in users:
            stored = found.get(records.account(user))
            account = None if stored is None else records.decode(stored, records.Account)
            is_bot = user.startswith("bot-")
            name = (account.name if account is not None else self._names[user]) or "somebody"
            people.append(
                PersonLine(
                    user, name, has_account=account is not None and not is_bot, is_bot=is_bot
                )
            )
        return people


def _batches(users: Sequence[str]) -> Sequence[Sequence[str]]:
    return [users[start : start + _BATCH] for start in range(0, len(users), _BATCH)]
