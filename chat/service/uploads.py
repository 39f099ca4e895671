"""Uploads: who may, how many and how much, and what becomes of what comes in."""

import secrets
from typing import Final

import msgspec

from chat.accounts.rate_limits import Limits
from chat.errors import InvalidInput
from chat.files.incoming import Incoming
from chat.files.records import About, encode
from chat.files.shelf import Shelf
from chat.files.signatures import HEAD_BYTES, PICTURES, type_of
from chat.files.store import Part
from chat.protocol.codes import Code
from chat.protocol.entries import FileInfo
from chat.protocol.pushes import Person
from chat.rooms.file_names import check_file_name
from chat.service.files import info_of
from chat.service.standings import Standings

_ID_BYTES: Final = 16


class Uploads:
    """Takes files in."""

    def __init__(
        self, *, shelf: Shelf, limits: Limits, standings: Standings, file_bytes: int
    ) -> None:
        """A file has at most ``file_bytes``."""
        self._shelf = shelf
        self._limits = limits
        self._standings = standings
        self._file_bytes = file_bytes

    async def begin(self, person: Person, name: str, address: str) -> "Upload":
        """Return an upload of ``person``, to be discarded at its end. Raises ChatError."""
        name = check_file_name(name)
        await self._standings.check_may_write(person.user)
        id = secrets.token_hex(_ID_BYTES)
        incoming = self._shelf.incoming(id)
        await incoming.open()
        return Upload(
            id,
            About(user=person.user, name=name, type="", bytes=0),
            incoming=incoming,
            shelf=self._shelf,
            file_bytes=self._file_bytes,
        )


class Upload:
    """One file as it comes in."""

    def __init__(
        self, id: str, about: About, *, incoming: Incoming, shelf: Shelf, file_bytes: int
    ) -> None:
        self._id = id
        self._about = about
        self._incoming = incoming
        self._shelf = shelf
        self._file_bytes = file_bytes
        self._head = b""

    async def write(self, piece: bytes) -> None:
        """Take the next piece of the content. Raises ChatError, and then takes no more."""
        if self._incoming.size_bytes + len(piece) > self._file_bytes:
            raise InvalidInput(Code.TOO_LONG, f"A file has at most {self._file_bytes} bytes.")
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        await self._incoming.write(piece)

    async def finish(self) -> FileInfo:
        """Store the file, whose content is complete, and return what it is. Raises ChatError."""
        size_bytes = self._incoming.size_bytes
        if not size_bytes:
            raise InvalidInput(Code.EMPTY, "This file is empty.")
        incoming = self._incoming
        await incoming.close()
        about = msgspec.structs.replace(
            self._about, type=type_of(self._head, is_all=size_bytes <= HEAD_BYTES)
        )
        if about.type in PICTURES:
            picture = await self._shelf.pictures.remake(incoming.folder, about.type)
            about.width, about.height = picture.width, picture.height
            if picture.has_thumbnail:
                about.thumbnail_bytes = await incoming.sync(Part.THUMBNAIL)
        about.bytes = await incoming.sync(Part.CONTENT)
        await self._incoming.add(Part.ABOUT, encode(about))
        await self._shelf.store.take(self._id, self._incoming.folder)
        return info_of(self._id, about)

    def discard(self) -> None:
        """Remove what was not stored. Repeatable."""
        self._incoming.discard()
