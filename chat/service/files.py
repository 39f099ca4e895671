"""Files in messages: which one may send them, and who may read them.

A file belongs to the message that first named it. Which room that is in stands in the file's part
``sent``, which is made once; where the message is, in a record of that room, which is made in the
same step as the message. So whether somebody may read a file depends on the log alone: once the
message is gone, so is the file, also before its content has been removed.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from chat.backplane.base import Backplane
from chat.backplane.records import OFFSET, Change
from chat.errors import InvalidInput, Refused
from chat.files.records import About, Sent, decode_about, decode_sent, encode
from chat.files.store import FileStore, Part
from chat.protocol.codes import Code
from chat.protocol.entries import FileInfo, MessageBody
from chat.protocol.pushes import Person
from chat.rooms.access import FILE
from chat.service.reading import Reading

_ID_CHARACTERS: Final = 32


class NoFile(Refused):
    """There is no such file, or it is not for this person: nothing tells these apart."""

    def __init__(self) -> None:
        super().__init__(Code.NO_SUCH_FILE, "There is no such file.")


class Files:
    """Gives files to messages, and to those who may read them."""

    def __init__(self, backplane: Backplane, *, store: FileStore, reading: Reading) -> None:
        self._backplane = backplane
        self._store = store
        self._reading = reading

    async def bind(self, person: Person, room: str, key: str, ids: Sequence[str]) -> list[FileInfo]:
        """Give uploads of ``person`` to their message with this ``key``; return what they are.

        Raises Refused ``no_such_file`` for others' uploads, and for those that were sent before.
        """
        if len(set(ids)) < len(ids):
            raise InvalidInput(Code.BAD_COMMAND, "A message has each file once.")
        sent = encode(Sent(room, person.user, key))
        found = []
        for id in ids:
            about = await self._about(id)
            if about is None or about.user != person.user:
                raise NoFile
            if await self._store.get(id, Part.SENT) not in (None, sent):
                raise used(about)
            found.append(info_of(id, about))
        for info in found:  # only after all were looked at: a refused message uses up none
            if await self._store.create(info.id, Part.SENT, sent) != sent:
                raise used(info)
        return found

    async def readable(self, user: str, id: str, name: str) -> About:
        """Return what is known of a file that ``user`` may read. Raises NoFile."""
        about = await self._about(id) if len(id) == _ID_CHARACTERS else None
        if about is None or about.name != name or not await self._may_read(user, id, about):
            raise NoFile
        return about

    async def read(self, id: str, part: Part) -> AsyncIterator[bytes] | None:
        """Return the pieces of a part of a file that is ``readable``; None if it has gone."""
        return await self._store.read(id, part)

    async def _may_read(self, user: str, id: str, about: About) -> bool:
        found = await self._store.get(id, Part.SENT)
        if found is None:
            return about.user == user
        room = decode_sent(found).room
        offset = (await self._backplane.records(room, [f"{FILE}{id}"])).get(f"{FILE}{id}")
        if offset is None:
            return False
        at = int(offset)
        try:
            page = await self._reading.history(user, room, before=at + 1, after=at - 1, limit=1)
        except Refused:
            return False
        bodies = [entry.decode() for entry in page.entries]
        return any(isinstance(body, MessageBody) and body.has_file(id) for body in bodies)

    async def _about(self, id: str) -> About | None:
        found = await self._store.get(id, Part.ABOUT)
        return None if found is None else decode_about(found)


def info_of(id: str, about: About) -> FileInfo:
    return FileInfo(
        id=id,
        name=about.name,
        type=about.type,
        bytes=about.bytes,
        width=about.width,
        height=about.height,
    )


def changes_for(files: Sequence[FileInfo]) -> list[Change]:
    """Return the changes of records that say in which message ``files`` are."""
    return [Change(f"{FILE}{info.id}", None, OFFSET) for info in files]


def used(file: About | FileInfo) -> Refused:
    return Refused(
        Code.NO_SUCH_FILE, f"{file.name} was sent in another message; upload it once more."
    )
