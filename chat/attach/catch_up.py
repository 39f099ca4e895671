"""Reading the log for one reader, page by page, until it reaches the live pushes."""

from typing import Final

from chat.attach.shared_pushes import SharedPushes
from chat.backplane.base import Backplane
from chat.backplane.limits import PAGE_BYTES
from chat.errors import Refused, ResyncNeeded
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Rooms
from chat.rooms.access import is_closed

# One step of catching up holds this many entries for each reader: some 100 KB of usual messages.
PAGE_LIMIT: Final = 200

# The size limit of the answer to a poll: two pages of the longest messages, one more that was read
# at the same time, and live pushes. A client that never takes its answer holds one in memory.
MAX_ANSWER_BYTES: Final = 4 * PAGE_BYTES


class CatchUp:
    """Reads the log for subscribed readers, whose live pushes are buffered meanwhile."""

    def __init__(self, hub: Hub, backplane: Backplane) -> None:
        self._hub = hub
        self._backplane = backplane
        self._pushes = SharedPushes()

    async def step(self, reader: Reader, room: str) -> bool:
        """Give ``reader`` one page of ``room``; return False if it is live, gone or no member.

        A room that was removed after the reader was attached ends its reading of it, and no more.
        """
        if reader.is_gone or room not in reader.buffered:
            return False
        if self._hub.rooms.is_up_to_date(reader, room):
            if not await self._may_go_on(reader, room):
                return room in reader.buffered
            self._hub.release(reader, room)
            return False
        try:
            page = await self._backplane.read(room, reader.positions[room], limit=PAGE_LIMIT)
        except Refused:
            self._end(reader, room)
            return False
        except ResyncNeeded:
            position = (await self._backplane.positions([room])).get(room)
            if position is not None and room in reader.buffered:
                self._hub.resync(reader, room, position)
            return True  # the next step reads entries that came while we asked
        if not await self._may_go_on(reader, room):
            return room in reader.buffered  # it goes on from another position, or not at all
        if room not in reader.buffered:
            return False
        if sum(map(len, reader.pending)) > MAX_ANSWER_BYTES // 2:
            return True  # other rooms' pages fill this answer; the next poll reads this room
        self._hub.deliver(reader, room, map(self._pushes.of, page.entries))
        if page.more:
            return True
        self._hub.release(reader, room)
        return False

    async def _may_go_on(self, reader: Reader, room: str) -> bool:
        """Return whether ``reader`` may be given what was just read after its position.

        In a room that only members may know of, the membership is checked after reading: so nobody
        gets what was said after they were removed, and nobody what was said before they came. From
        here on, the ``left`` entry of the live feed ends the reading. A reader who is no member is
        told so and unsubscribed: their room may have gone before they read it. One that is before
        its own time there goes on at its beginning.
        """
        if not is_closed(room):
            return True
        since = await self._backplane.member_since(reader.person.user, room)
        if reader.is_gone or room not in reader.buffered:
            return False
        if since is None:
            self._end(reader, room)
            return False
        position = reader.positions[room]
        if position.offset < since - 1:
            self._hub.resync(reader, room, Position(position.epoch, since - 1))
            return False
        return True

    def _end(self, reader: Reader, room: str) -> None:
        """Tell ``reader`` that it is not in ``room``, or not any more, and unsubscribe it."""
        if reader.is_gone or room not in reader.buffered:
            return
        self._hub.send(reader, Outgoing.of_push(Rooms(room=room, is_member=False)))
        self._hub.unsubscribe(reader, room)
        if room not in self._hub.rooms:
            self._backplane.unfollow([room])

    async def to_live(self, reader: Reader, room: str) -> None:
        """Step until ``reader`` is live in ``room``, or gone; as fast as it takes the pages."""
        while not reader.is_gone and await self.step(reader, room):
            self._hub.flush()
            await reader.sink.drained()
