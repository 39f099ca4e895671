"""Uploads: who may, how many and how much, and what becomes of what comes in."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import msgspec

from chat.accounts.rate_limits import UPLOADS_RETRY_MS, Limits
from chat.errors import ChatError, InvalidInput, Unavailable
from chat.files.records import About, encode
from chat.files.shelf import Shelf
from chat.files.signatures import HEAD_BYTES, PICTURES, type_of
from chat.files.store import Part
from chat.metrics.counters import CUT_SHORT, FAILED, OK, Metrics
from chat.net.addresses import host_of
from chat.protocol.codes import Code
from chat.protocol.entries import FileInfo
from chat.protocol.pushes import Person
from chat.rooms.file_names import check_file_name
from chat.service.files import info_of
from chat.service.standings import Standings

_ID_BYTES: Final = 16


# What each file counts at least in the limits of a day: to make a picture anew takes seconds of a
# processor, however short its file is.
LEAST_BYTES: Final = 1_000_000
# Those of all uploads that are written at once; the others wait, and TCP slows their clients. Else
# a turn of the event loop would take a piece of each, while those who chat wait for some turns.
PIECES_AT_ONCE: Final = 4
# Those of all users. Each holds up to half a megabyte of memory.
MAX_AT_ONCE: Final = 200


class Uploads:
    """Takes files in."""

    def __init__(
        self, *, shelf: Shelf, limits: Limits, metrics: Metrics, standings: Standings
    ) -> None:
        self._shelf = shelf
        self._metrics = metrics
        self._limits = limits
        self._standings = standings
        self._pieces = asyncio.Semaphore(PIECES_AT_ONCE)
        self._of_user: Counter[str] = Counter()
        self._at_host: Counter[bytes] = Counter()

    async def begin(
        self, person: Person, name: str, address: str, *, size_bytes: int | None
    ) -> "Upload":
        """Return an upload of ``person``, to be discarded at its end. Raises ChatError.

        ``size_bytes``: None if it is not known before.
        """
        host = host_of(address)
        try:
            name = check_file_name(name)
            await self._check(person, address, host, size_bytes or 0)
        except ChatError as error:
            self._metrics.upload_done(error.code)
            raise
        upload = Upload(
            About(user=person.user, name=name, type="", bytes=0),
            shelf=self._shelf,
            on_bytes=partial(self._limits.upload, person.user, address),
            on_end=partial(self._end, person.user, host),
            metrics=self._metrics,
            pieces=self._pieces,
        )
        self._limits.upload(person.user, address, LEAST_BYTES)
        self._of_user[person.user] += 1
        self._at_host[host] += 1
        try:
            await upload.open(size_bytes or 0)
        except BaseException:
            upload.discard()
            raise
        return upload

    async def _check(self, person: Person, address: str, host: bytes, size_bytes: int) -> None:
        await self._standings.check_may_write(person.user)
        self._limits.check_upload(person.user, address, size_bytes)
        self._limits.check_uploads(self._of_user[person.user], self._at_host[host])
        if self._of_user.total() >= MAX_AT_ONCE:
            message = "Too many files are coming in at once; try again."
            raise Unavailable(Code.UNAVAILABLE, message, retry_ms=UPLOADS_RETRY_MS)

    def _end(self, user: str, host: bytes) -> None:
        self._of_user -= Counter([user])  # forgets those that are at 0
        self._at_host -= Counter([host])


class Upload:
    """One file as it comes in."""

    def __init__(
        self,
        about: About,
        *,
        shelf: Shelf,
        on_bytes: Callable[[int], None],
        on_end: Callable[[], None],
        metrics: Metrics,
        pieces: asyncio.Semaphore,
    ) -> None:
        """``on_bytes`` may raise ChatError."""
        self._id = secrets.token_hex(_ID_BYTES)
        self._about = about
        self._shelf = shelf
        self._incoming = shelf.incoming(self._id)
        self._on_bytes = on_bytes
        self._on_end = on_end
        self._metrics = metrics
        self._pieces = pieces
        self._head = b""
        self._coming_bytes = 0
        self._counted_bytes = LEAST_BYTES  # in the limits of a day
        self._outcome = CUT_SHORT
        self._has_ended = False

    async def open(self, size_bytes: int) -> None:
        with self._noting_errors():
            self._check_room(size_bytes)
            await self._incoming.open()

    async def write(self, piece: bytes) -> None:
        """Take the next piece of the content. Raises ChatError, and then takes no more."""
        with self._noting_errors():
            self._take(piece)
            async with self._pieces:
                if not self._has_ended:  # the client may have gone while this waited
                    await self._incoming.write(piece)

    def _take(self, piece: bytes) -> None:
        if self._incoming.size_bytes + len(piece) > (most := self._shelf.file_bytes):
            raise InvalidInput(Code.TOO_LONG, f"A file has at most {most} bytes.")
        if (uncounted := self._coming_bytes + len(piece) - self._counted_bytes) > 0:
            self._on_bytes(uncounted)
            self._counted_bytes += uncounted
        self._check_room(len(piece))
        self._shelf.usage.coming(len(piece))
        self._coming_bytes += len(piece)
        self._metrics.uploaded_bytes += len(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]

    async def finish(self) -> FileInfo:
        """Store the file, whose content is complete, and return what it is. Raises ChatError."""
        with self._noting_errors():
            info = await self._finish()
        self._outcome = OK
        return info

    async def _finish(self) -> FileInfo:
        incoming, size_bytes = self._incoming, self._incoming.size_bytes
        if not size_bytes:
            raise InvalidInput(Code.EMPTY, "This file is empty.")
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
        await incoming.add(Part.ABOUT, encode(about))
        await self._shelf.store.take(self._id, incoming.folder)
        self._shelf.usage.stored(about.bytes + (about.thumbnail_bytes or 0))
        return info_of(self._id, about)

    def discard(self) -> None:
        """Remove what was not stored. Repeatable."""
        if not self._has_ended:
            self._has_ended = True
            self._shelf.usage.coming(-self._coming_bytes)
            self._incoming.discard()
            self._metrics.upload_done(self._outcome)
            self._on_end()

    @contextmanager
    def _noting_errors(self) -> Iterator[None]:
        """Note why the upload has failed, if it does so now."""
        try:
            yield
        except ChatError as error:
            self._outcome = error.code
            raise
        except Exception:
            self._outcome = FAILED
            raise

    def _check_room(self, size_bytes: int) -> None:
        if not self._shelf.usage.has_room(size_bytes):
            raise Unavailable(Code.UNAVAILABLE, "There is no room for more files here now.")
