"""What the clients of members have read. IRC acknowledges nothing, but a PONG says it, too.

A client that comes back goes on from there, whatever its connection and its instance came to. What
was pushed after its last answer may then come once more; nothing is missed.
"""

import asyncio
import logging
from itertools import count, islice
from typing import Final

from chat.attach.attachment import Attachment
from chat.background import Tasks
from chat.backplane.bookmarks import Bookmarks, Place
from chat.errors import Unavailable

log: Final = logging.getLogger(__name__)

# How many cursors are written at once. While they are, others wait, of each client the newest.
_MANY: Final = 500


class Cursors:
    """Stores the cursors of clients, in the background."""

    def __init__(self, bookmarks: Bookmarks, tasks: Tasks) -> None:
        self._bookmarks = bookmarks
        self._tasks = tasks
        self._waiting: dict[Place, str] = {}
        self._batch: asyncio.Future[None] | None = None  # done when it was written, or could not be

    async def of(self, place: Place) -> str:
        """Return where to go on; "": now. Raises Unavailable."""
        return self._waiting.get(place) or await self._bookmarks.of(place)

    def keep(self, place: Place, cursor: str) -> None:
        self._waiting[place] = cursor
        if self._batch is None:
            self._batch = asyncio.get_running_loop().create_future()
            self._tasks.start(self._write())

    async def stored(self, place: Place) -> None:
        """Return when the cursor of a client is stored, or can't be now."""
        while place in self._waiting and self._batch is not None:
            await asyncio.wait([self._batch])

    async def _write(self) -> None:
        try:
            while some := dict(islice(self._waiting.items(), _MANY)):
                await self._bookmarks.put(some)
                for place, cursor in some.items():
                    if self._waiting[place] == cursor:
                        del self._waiting[place]
                self._end_batch(asyncio.get_running_loop().create_future())
        except Unavailable as error:  # they are stored with the next one
            log.info("Where IRC clients have read up to could not be stored: %s", error)
        finally:
            self._end_batch(None)

    def _end_batch(self, next_batch: asyncio.Future[None] | None) -> None:
        batch, self._batch = self._batch, next_batch
        if batch is not None:
            batch.set_result(None)


class Receipts:
    """Asks one client, after pushes, whether they have arrived."""

    def __init__(self, cursors: Cursors, attachment: Attachment) -> None:
        self._cursors = cursors
        self._attachment = attachment
        person = attachment.session.person
        self.place = Place(person.user, person.device)
        self._numbers = count(1)
        self._asked: tuple[str, str] | None = None  # the word to answer with, and the cursor
        self._read = ""
        self._keep(attachment.began_at)

    def ask(self) -> str:
        """Return a word to ping with; "" if all is answered, or the last one was not yet."""
        cursor = self._attachment.reader.cursor()
        if self._asked is not None or cursor == self._read:
            return ""
        self._asked = f"read-{next(self._numbers)}", cursor
        return self._asked[0]

    def answered(self, word: str) -> None:
        """Note that the client has answered ``word``: what was pushed before it has arrived."""
        if self._asked is not None and self._asked[0] == word:
            self._keep(self._asked[1])
            self._asked = None

    def end(self) -> None:
        """Note that everything that was sent has arrived."""
        self._keep(self._attachment.reader.cursor())

    def _keep(self, cursor: str) -> None:
        if cursor != self._read:
            self._read = cursor
            self._cursors.keep(self.place, cursor)
