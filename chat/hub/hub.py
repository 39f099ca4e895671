"""Local fan-out: sends the pushes of a room to the readers attached here.

It never awaits, so one slow reader can't delay the rest. A push is encoded once for each
framing, not once for each reader. The pushes of one turn of the event loop are joined and
written to each reader once. A reader with too many unsent bytes is shed, and resumes from its
cursor.

The rule that makes switching transports lossless stands here too: a reader gets the entries
after its position, each once and in order, or its connection is ended. It never skips one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chat.clock import SystemClock
from chat.hub.mentions import mention
from chat.hub.reader import Reader
from chat.hub.room import Batch, LiveRoom, SubscriberGroup
from chat.hub.write_delay import FAN_OUT_S, POLL_S, WriteDelay
from chat.metrics.deliveries import Deliveries
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position
from chat.protocol.framing import sse_id
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Heartbeat, Resync, goodbye

# Live pushes are buffered for a reader that is catching up, also if it stops in the middle. The
# oldest may be dropped: they are in the log, and no room gets this many while one page is read.
BUFFERED_LIMIT: Final = 4096
_STREAMS: Final = frozenset(Framing) - {Framing.POLL}


class Hub:
    """Sends pushes to the readers attached to this instance."""

    def __init__(
        self,
        *,
        unsent_limit_bytes: int,
        jitter: Callable[[], float],
        deliveries: Deliveries | None = None,
        is_storing: Callable[[], bool] = lambda: False,
    ) -> None:
        """Create a hub without readers.

        ``jitter`` returns a random number from 0 to 1, to spread clients that reconnect.
        ``is_storing`` returns whether more entries are on their way to the logs.
        """
        self.deliveries = deliveries or Deliveries(SystemClock())
        self._unsent_limit_bytes = unsent_limit_bytes
        self._jitter = jitter
        self._rooms: dict[str, LiveRoom] = {}
        self._dirty_rooms: dict[LiveRoom, None] = {}
        self._dirty_readers: list[Reader] = []
        self._is_flush_due = False
        self._delay = WriteDelay(is_storing, self._write_delayed)

    def dispatch(self, room: str, push: Outgoing) -> None:
        """Send ``push`` to all readers of ``room``, at the end of this turn."""
        if (live := self._rooms.get(room)) is not None:
            live.add(push)
            self._dirty_rooms[live] = None
            self._flush_soon()

    def dispatch_presence(self, room: str, push: Outgoing) -> None:
        """Send the presence of ``room`` to all its readers that were not given the same just now.

        A reader that attaches is shown the presence at once, and its own arrival is part of the
        presence that the others are sent a little later.
        """
        if (live := self._rooms.get(room)) is None:
            return
        fingerprint = hash(push.payload)
        push.seen_by = live.take_shown(fingerprint)
        self.dispatch(room, push)

    def show_presence(self, reader: Reader, room: str, push: Outgoing) -> None:
        """Send the presence of ``room`` to ``reader`` alone, unless it has or will get the same."""
        live = self._rooms.get(room)
        if live is not None and not live.is_told(reader, push):
            self.send(reader, push)
            self.has_seen_presence(reader, room, hash(push.payload))

    def has_seen_presence(self, reader: Reader, room: str, fingerprint: int) -> None:
        """Note that the presence of ``room`` last given to ``reader`` has this payload hash."""
        if not reader.is_gone and (live := self._rooms.get(room)) is not None:
            live.shown[reader] = fingerprint

    def send(self, reader: Reader, push: Outgoing) -> None:
        """Send ``push`` to one reader; on an event stream its id is the whole cursor."""
        if reader.is_gone:
            return
        chunk = push.framed(reader.framing)
        if reader.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            chunk = sse_id(reader.cursor()) + chunk
        self._queue(reader, chunk)

    def beat(self, reader: Reader) -> None:
        """Send a heartbeat to ``reader``, and ask it for a sign of life."""
        if ping := reader.sink.ping():
            self._queue(reader, ping)
        self.send(reader, Outgoing.of_push(Heartbeat(tops=self._tops(reader))))

    def subscribe(self, reader: Reader, room: str, position: Position) -> None:
        """Have ``reader`` read ``room`` from ``position`` on, with its live pushes buffered."""
        if (live := self._rooms.get(room)) is None:
            live = self._rooms[room] = LiveRoom(room)
        self._stand(reader, room, position)
        live.stand(reader, position)
        reader.buffered.setdefault(room, deque(maxlen=BUFFERED_LIMIT))

    def tell_cursor(self, reader: Reader) -> None:
        """Send an event stream an id that names all its rooms, as when a room is added.

        The id comes with a heartbeat, which is otherwise redundant: simple clients that do not
        follow the standard take an id without an event for an empty event.
        """
        if reader.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            self.send(reader, Outgoing.of_push(Heartbeat(tops=self._tops(reader))))

    def give(self, reader: Reader, room: str, pushes: Iterable[Outgoing]) -> None:
        """Send the ``pushes`` that follow the reader's position; end the reader at a gap."""
        for push in pushes:
            if push.position is not None:
                position = reader.places[room].position
                if push.position.epoch == position.epoch:
                    if push.position.offset <= position.offset:
                        continue
                if not push.position.follows(position):
                    self.end(reader, codes.GAP)
                    return
                reader.places[room].position = push.position  # not shared: it is not live
            elif reader in push.seen_by:
                continue
            self.deliveries.given(1, 1, len(push.payload))
            self._queue(reader, push.framed(reader.framing))
            self._notify(reader, push)

    def is_in_time(self, reader: Reader, room: str) -> bool:
        """Return whether ``reader`` is at the position of the room's live readers.

        Then it need not read the log: it will get all further entries as live pushes.
        """
        live = self._rooms[room]
        return live.position_of(reader) == live.written and not reader.buffered[room]

    def release(self, reader: Reader, room: str) -> None:
        """Send ``reader`` the buffered pushes of ``room`` that it lacks, then make it live."""
        if reader.is_gone or room not in reader.buffered:
            return
        self.give(reader, room, reader.buffered.pop(room))
        if reader.is_gone:  # there was a gap
            return
        live = self._rooms[room]
        if live.place is None:  # the room's first live reader here
            live.begin(live.position_of(reader))
        live.mark_live(reader)

    def unsubscribe(self, reader: Reader, room: str) -> None:
        """Stop sending ``room`` to ``reader``; pushes that came before are still sent."""
        self.flush()
        reader.buffered.pop(room, None)
        self._forget(reader, room)
        self._stand(reader, room, None)

    def uncork(self, reader: Reader) -> None:
        """Begin to write to ``reader``: everything queued so far is sent in one write."""
        reader.is_corked = False
        if reader.is_gone:
            return
        for room in reader.rooms:
            self._rooms[room].uncork(reader)
        if reader.pending:
            self._dirty_readers.append(reader)
            self._flush_soon()

    def reset(self, room: str, position: Position) -> None:
        """Resync all readers of ``room``, whose log has begun a new epoch."""
        self.flush()
        live = self._rooms.get(room)
        if live is None:
            return
        live.restart(position)
        for reader in tuple(live.readers):
            self.resync(reader, room, position)

    def resync(self, reader: Reader, room: str, position: Position) -> None:
        """Tell ``reader`` to reload ``room``; its stream goes on after ``position``."""
        if reader.is_gone:
            return
        live = self._rooms[room]
        live.stand(reader, position)
        if room not in reader.buffered:
            live.mark_live(reader)
        push = Resync(room=room, epoch=position.epoch, offset=position.offset)
        self.send(reader, Outgoing.of_push(push))

    def readers_by_room(self) -> dict[str, int]:
        """Return the number of readers of each room, parked polls included."""
        return {name: len(live) + live.parked for name, live in self._rooms.items()}

    @property
    def rooms(self) -> int:
        """The number of rooms that have readers here."""
        return len(self._rooms)

    def is_read(self, room: str) -> bool:
        """Return whether ``room`` has readers here."""
        return room in self._rooms

    def is_due(self, room: str) -> bool:
        """Return whether pushes wait to be written to the readers of ``room``."""
        live = self._rooms.get(room)
        return live is not None and bool(live.batch)

    def end(
        self,
        reader: Reader,
        disconnect: Disconnect,
        *,
        retry_ms: int = 0,
        spread_ms: int = 0,
        advice: str | None = None,
    ) -> None:
        """Say goodbye to ``reader`` and close it. The reader gets nothing after that.

        The goodbye asks the client to reconnect after ``retry_ms`` plus a random part of
        ``spread_ms``, so that many clients do not all reconnect at once.
        """
        if reader.is_gone:
            return
        reader.ended = disconnect
        if spread_ms:
            retry_ms += int(self._jitter() * spread_ms)
        farewell = goodbye(disconnect, retry_ms=retry_ms, advice=advice)
        self.send(reader, Outgoing.of_push(farewell))
        pending, reader.pending = reader.pending, []
        self.remove(reader)
        if disconnect is not codes.SLOW_CONSUMER:  # a slow consumer takes no more bytes
            reader.sink.write(reader.framing.separator.join(pending))
        reader.sink.end(disconnect)

    def remove(self, reader: Reader) -> None:
        """Remove ``reader``, whose transport is gone."""
        if reader.is_parked:
            reader.is_parked = False
            for room in reader.rooms:
                self._rooms[room].parked -= 1
        reader.is_gone = True
        reader.buffered.clear()
        reader.pending.clear()
        for room in reader.rooms:
            self._forget(reader, room)

    def park(self, reader: Reader) -> None:
        """Send nothing to ``reader``, whose poll was answered, until the client polls again.

        A parked reader must still be removed in the end.
        """
        if reader.is_gone:
            return
        reader.is_gone = reader.is_parked = True
        reader.buffered.clear()
        reader.pending.clear()
        for room in reader.rooms:
            self._rooms[room].park(reader)

    def rejoin(self, reader: Reader) -> bool:
        """Resume a parked ``reader``; return False if it must catch up from the log."""
        missed: dict[LiveRoom, Sequence[Batch]] = {}
        for room in reader.rooms:
            live = self._rooms[room]
            if (missed_by := live.missed_by(reader)) is None:
                return False
            missed[live] = missed_by
        reader.is_gone = reader.is_parked = False
        for live, batches in missed.items():
            live.take_back(reader)
            for batch in batches:
                self.deliveries.given(1, batch.pushes, len(batch.joined))
                self._queue(reader, batch.joined)
                for push in batch.mentioning:
                    self._notify(reader, push)
            if not live.parked:
                self._write_soon(live)
        return True

    def flush(self) -> None:
        """Write everything queued so far, now."""
        self._dirty_rooms.update(self._delay.take_all())
        self._write_all()

    def settle(self, reader: Reader) -> None:
        """Write everything queued for ``reader``, now; delayed rooms stay delayed."""
        if not reader.is_corked:
            self._write(reader)

    def _write_all(self) -> None:
        self._is_flush_due = False
        rooms, self._dirty_rooms = self._dirty_rooms, {}
        for live in rooms:
            self._delay.discard(live)
        entries = [self._fan_out(live, is_alone=len(rooms) == 1) for live in rooms]
        readers, self._dirty_readers = self._dirty_readers, []
        for reader in readers:
            self._write(reader)
        for entry in entries:
            if entry is not None:
                self.deliveries.written(entry.payload)
        if rooms:
            self._delay.begin(rooms)

    def _write(self, reader: Reader) -> None:
        pending = reader.pending
        if not pending:  # it is gone, or was settled
            return
        framing = reader.framing
        chunk = pending[0] if len(pending) == 1 else framing.separator.join(pending)
        pending.clear()
        if framing is Framing.POLL:
            self.park(reader)  # a poll has one answer; the reader keeps the position of that
        if reader.sink.write(chunk) > self._unsent_limit_bytes:
            self.end(reader, codes.SLOW_CONSUMER)

    def _fan_out(self, live: LiveRoom, *, is_alone: bool) -> Outgoing | None:
        """Queue the batch of ``live`` for its readers; write it if no other room has one.

        Return the first log entry of the batch; None if it has none.
        """
        if not live.batch:  # it was written while the room was delayed
            return None
        batch, live.batch = live.batch, []
        is_whole, live.is_whole = live.is_whole, True
        if not is_whole:
            live.mark_behind()
        before, after = live.written, live.newest
        live.move(after)
        live.delay_s = FAN_OUT_S * len(live) if len(batch) > 1 else 0.0
        joined: dict[Framing, bytes] = {}
        mentioning = [push for push in batch if push.message is not None]
        others = tuple(live.others)  # a copy: readers become live, and a gap ends a reader
        given = len(live) - len(others)
        for framing, group in tuple(live.groups.items()):
            if not group:
                continue
            chunk = joined[framing] = _join(framing, batch)
            if is_alone and framing in _STREAMS and not mentioning:
                self._write_to_all(group, chunk)
            else:
                self._queue_to_all(group, chunk, mentioning)
            if framing is Framing.POLL:
                live.delay_s += POLL_S * len(group)
        for reader in others:
            if live.name in reader.buffered:
                reader.buffered[live.name] += batch
            elif reader.places[live.name] is live.place:  # live, and corked
                given += 1
                reader.pending.append(_join(reader.framing, batch))
                live.note_presence(reader, batch)
                for push in mentioning:
                    self._notify(reader, push)
            else:
                self.give(reader, live.name, batch)
                live.mark_live(reader)
        self.deliveries.given(given, len(batch), sum([len(push.payload) for push in batch]))
        if after is not before:
            polled = joined.get(Framing.POLL)
            if polled is None and live.parked:
                polled = _join(Framing.POLL, batch)
            live.keep(before if is_whole else None, polled, len(batch), mentioning)
        return next((push for push in batch if push.position is not None), None)

    def _write_to_all(self, group: SubscriberGroup, chunk: bytes) -> None:
        """Write ``chunk`` at once, except to readers with pending bytes: they get one write."""
        waiting = {reader: group.pop(reader) for reader in self._dirty_readers if reader in group}
        for reader in waiting:
            reader.pending.append(chunk)
        limit_bytes = self._unsent_limit_bytes
        # A copy: a sink may find its connection closed, and then its reader leaves the group.
        slow = [write for write in tuple(group.values()) if write(chunk) > limit_bytes]
        group |= {reader: write for reader, write in waiting.items() if not reader.is_gone}
        if slow:
            for reader in [reader for reader, write in group.items() if write in slow]:
                self.end(reader, codes.SLOW_CONSUMER)

    def _queue_to_all(
        self, group: SubscriberGroup, chunk: bytes, mentioning: Sequence[Outgoing]
    ) -> None:
        dirty = self._dirty_readers
        for reader in group:
            # The same as _queue, inlined: this runs once for each delivery.
            if not reader.pending:
                dirty.append(reader)
            reader.pending.append(chunk)
            for push in mentioning:
                self._notify(reader, push)

    def _notify(self, reader: Reader, push: Outgoing) -> None:
        if (notification := mention(push, reader)) is not None:
            self._queue(reader, notification)

    def _tops(self, reader: Reader) -> dict[str, str]:
        """Return the newest positions written here, by room, in the form that a heartbeat has."""
        tops = {}
        for room, place in reader.places.items():
            epoch, offset = self._rooms[room].written or place.position
            tops[room] = f"{epoch}:{offset}"
        return tops

    def _queue(self, reader: Reader, chunk: bytes) -> None:
        if reader.is_gone:
            return
        if not reader.pending and not reader.is_corked:
            self._dirty_readers.append(reader)
            self._flush_soon()
        reader.pending.append(chunk)

    def _stand(self, reader: Reader, room: str, position: Position | None) -> None:
        """Set the reader's position in ``room``; None removes the room.

        The number of rooms may change the reader's framing, and so its group in its other rooms.
        """
        framing = reader.framing
        reader.stand(room, position)
        if reader.framing is not framing and not reader.is_gone:
            for other in reader.rooms:
                self._rooms[other].reframe(reader, framing)

    def _forget(self, reader: Reader, room: str) -> None:
        if (live := self._rooms.get(room)) is not None:
            live.leave(reader)
            live.shown.pop(reader, None)
            if live.is_deserted:
                del self._rooms[room]
                self._dirty_rooms.pop(live, None)
                self._delay.discard(live)

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush_if_due)

    def _flush_if_due(self) -> None:
        """End the turn: write everything queued, except for delayed rooms."""
        if not self._is_flush_due:
            return
        self._delay.hold_back(self._dirty_rooms)
        self._write_all()

    def _write_soon(self, live: LiveRoom) -> None:
        """Write to ``live`` in this turn, if it waits: the clients it waited for are back."""
        if self._delay.end(live):
            self._dirty_rooms[live] = None
            self._flush_soon()

    def _write_delayed(self, rooms: dict[LiveRoom, None]) -> None:
        self._dirty_rooms.update(rooms)
        self._is_flush_due = True
        self._flush_if_due()


def _join(framing: Framing, batch: Iterable[Outgoing]) -> bytes:
    return framing.separator.join([push.framed(framing) for push in batch])
