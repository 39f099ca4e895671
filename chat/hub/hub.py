"""Local fan-out: sends the pushes of a room to the readers attached here.

It never awaits, so one slow reader can't delay the rest. A push is encoded once for each
framing, not once for each reader. The pushes of one turn of the event loop are joined and
written to each reader once. A reader with too many unsent bytes is shed, and resumes from its
cursor.

The rule that makes switching transports lossless stands here too: a reader gets the entries
after its position, each once and in order, or its connection is ended. It never skips one.
"""

from collections.abc import Callable, Iterable, Sequence

from chat.clock import SystemClock
from chat.hub.notifications import notification_of
from chat.hub.reader import Reader
from chat.hub.room import LiveRoom, SubscriberGroup
from chat.hub.rooms import LiveRooms
from chat.hub.write_schedule import FAN_OUT_S, POLL_S, WriteSchedule
from chat.metrics.deliveries import Deliveries
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position
from chat.protocol.framing import sse_id
from chat.protocol.outgoing import AnyFraming, Framing, Outgoing
from chat.protocol.pushes import Resync, goodbye


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
        """``jitter`` returns a random number from 0 to 1, to spread clients that reconnect.

        ``is_storing`` returns whether more entries are on their way to the logs.
        """
        self.deliveries = deliveries or Deliveries(SystemClock())
        self._unsent_limit_bytes = unsent_limit_bytes
        self._jitter = jitter
        self._schedule = WriteSchedule(is_storing, self._write_all)
        self.rooms = LiveRooms(self._schedule.discard)

    def dispatch(self, room: str, push: Outgoing) -> None:
        """Send ``push`` to all readers of ``room``, at the end of this turn."""
        if (live := self.rooms.get(room)) is not None:
            live.add(push)
            self._schedule.add_room(live)

    def send(self, reader: Reader, push: Outgoing) -> None:
        """Send ``push`` to one reader; on an event stream its id is the whole cursor."""
        if reader.is_gone:
            return
        chunk = push.framed(reader.framing)
        if reader.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            chunk = sse_id(reader.cursor()) + chunk
        self.queue(reader, chunk)

    def queue(self, reader: Reader, chunk: bytes) -> None:
        """Write ``chunk`` to ``reader`` at the end of this turn, after what is pending."""
        if reader.is_gone or not chunk:
            return
        if not reader.pending and not reader.is_corked:
            self._schedule.add_reader(reader)
        reader.pending.append(chunk)

    def deliver(self, reader: Reader, room: str, pushes: Iterable[Outgoing]) -> None:
        """Send the ``pushes`` that follow the reader's position; end the reader at a gap."""
        for push in pushes:
            if push.position is not None:
                position = reader.shared_positions[room].position
                if push.position.epoch == position.epoch:
                    if push.position.offset <= position.offset:
                        continue
                if not push.position.follows(position):
                    self.end(reader, codes.GAP)
                    return
                reader.shared_positions[room].position = push.position  # not shared: it is not live
            elif reader in push.seen_by:
                continue
            self.deliveries.count(1, 1, len(push.payload))
            self.queue(reader, push.framed(reader.framing))
            self._notify(reader, push)

    def release(self, reader: Reader, room: str) -> None:
        """Send ``reader`` the buffered pushes of ``room`` that it lacks, then make it live."""
        if reader.is_gone or room not in reader.buffered:
            return
        self.deliver(reader, room, reader.buffered.pop(room))
        if reader.is_gone:  # there was a gap
            return
        live = self.rooms[room]
        if live.shared_position is None:  # the room's first live reader here
            live.begin(live.position_of(reader))
        live.mark_live(reader)

    def unsubscribe(self, reader: Reader, room: str) -> None:
        """Stop sending ``room`` to ``reader``; pushes that came before are still sent."""
        self.flush()
        self.rooms.unsubscribe(reader, room)

    def uncork(self, reader: Reader) -> None:
        """Begin to write to ``reader``: everything queued so far is sent in one write."""
        reader.is_corked = False
        if reader.is_gone:
            return
        for room in reader.rooms:
            self.rooms[room].uncork(reader)
        if reader.pending:
            self._schedule.add_reader(reader)

    def reset(self, room: str, position: Position) -> None:
        """Resync all readers of ``room``, whose log has begun a new epoch."""
        self.flush()
        if (live := self.rooms.get(room)) is None:
            return
        live.restart(position)
        for reader in tuple(live.readers):
            self.resync(reader, room, position)

    def resync(self, reader: Reader, room: str, position: Position) -> None:
        """Tell ``reader`` to reload ``room``; its stream goes on after ``position``."""
        if reader.is_gone:
            return
        live = self.rooms[room]
        live.read_from(reader, position)
        if room not in reader.buffered:
            live.mark_live(reader)
        push = Resync(room=room, epoch=position.epoch, offset=position.offset)
        self.send(reader, Outgoing.of_push(push))

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

        The client reconnects after ``retry_ms`` and a random part of ``spread_ms``, not together.
        """
        if reader.is_gone:
            return
        reader.ended = disconnect
        if spread_ms:
            retry_ms += int(self._jitter() * spread_ms)
        farewell = goodbye(disconnect, retry_ms=retry_ms, advice=advice)
        self.send(reader, Outgoing.of_push(farewell))
        pending, reader.pending = reader.pending, []
        self.rooms.remove(reader)
        if disconnect is not codes.SLOW_CONSUMER:  # a slow consumer takes no more bytes
            reader.sink.write(reader.framing.separator.join(pending))
        reader.sink.end(disconnect)

    def resume(self, reader: Reader) -> bool:
        """Resume a parked ``reader``; return False if it must catch up from the log."""
        missed = {}
        for live in map(self.rooms.__getitem__, reader.rooms):
            if (batches := live.missed_by(reader)) is None:
                return False
            missed[live] = batches
        reader.is_gone = reader.is_parked = False
        for live, batches in missed.items():
            live.resume(reader)
            for batch in batches:
                self.deliveries.count(1, batch.pushes, len(batch.joined))
                self.queue(reader, batch.joined)
                for push in batch.notifying:
                    self._notify(reader, push)
            if not live.parked:
                self._schedule.end_delay(live)
        return True

    def reframe(self, reader: Reader, framing: AnyFraming) -> None:
        """Write what comes from now on to ``reader`` in another framing."""
        self.flush()  # what came before is written in the framing of before
        before, reader.framing = reader.framing, framing
        self.rooms.reframe(reader, before)

    def flush(self) -> None:
        """Write everything queued so far, now."""
        self._schedule.write_now()

    def flush_reader(self, reader: Reader) -> None:
        """Write everything queued for ``reader``, now; delayed rooms stay delayed."""
        if not reader.is_corked:
            self._write(reader)

    def _write_all(self, rooms: dict[LiveRoom, None], is_flush: bool) -> None:
        waiting = len(self._schedule.readers)
        entries = [self._fan_out(live, is_alone=len(rooms) == 1) for live in rooms]
        readers = self._schedule.readers
        if len(rooms) == 1 or is_flush:
            waiting = len(readers)
        # In many small rooms most of the writes are to authors, whose replies come after their
        # pushes, in this turn: leave those for the next turn, and write both at once.
        self._schedule.readers = readers[waiting:]
        for reader in readers[:waiting]:
            self._write(reader)
        oldest = next((entry.payload for entry in entries if entry is not None), None)
        self.deliveries.end_turn(oldest, is_written=not self._schedule.readers)

    def _write(self, reader: Reader) -> None:
        pending = reader.pending
        if not pending:  # it is gone, or was flushed
            return
        chunk = pending[0] if len(pending) == 1 else reader.framing.separator.join(pending)
        pending.clear()
        if reader.sink.write(chunk) > self._unsent_limit_bytes:
            self.end(reader, codes.SLOW_CONSUMER)

    def _fan_out(self, live: LiveRoom, *, is_alone: bool) -> Outgoing | None:
        """Queue the batch of ``live``, or write it if ``is_alone``; return its first log entry."""
        if not live.batch:  # it was written while the room was delayed
            return None
        batch, live.batch = live.batch, []
        is_whole, live.is_whole = live.is_whole, True
        if not is_whole:
            live.mark_behind()
        before, after = live.written, live.newest
        live.move(after)
        live.delay_s = FAN_OUT_S * len(live) if len(batch) > 1 else 0.0
        joined: dict[AnyFraming, bytes] = {}
        notifying = [push for push in batch if push.notifying is not None]
        others = tuple(live.others)  # a copy: readers become live, and a gap ends a reader
        receivers = len(live) - len(others)
        for framing, group in tuple(live.groups.items()):
            if not group:
                continue
            chunk = joined[framing] = _join(framing, batch)
            if is_alone and framing is not Framing.POLL and not notifying:
                self._write_to_all(group, chunk)
            else:
                self._queue_to_all(group, chunk, notifying)
            if framing is Framing.POLL:
                live.delay_s += POLL_S * len(group)
        for reader in others:
            live.note_presence(reader, batch)
            if live.name in reader.buffered:
                reader.buffered[live.name] += batch
            elif reader.shared_positions[live.name] is live.shared_position:  # live, and corked
                receivers += 1
                reader.pending.append(_join(reader.framing, batch))
                for push in notifying:
                    self._notify(reader, push)
            else:
                self.deliver(reader, live.name, batch)
                live.mark_live(reader)
        self.deliveries.count(receivers, len(batch), sum([len(push.payload) for push in batch]))
        if after is not before:
            polled = joined.get(Framing.POLL)
            if polled is None and live.parked:
                polled = _join(Framing.POLL, batch)
            live.keep(before if is_whole else None, polled, len(batch), notifying)
        return next((push for push in batch if push.position is not None), None)

    def _write_to_all(self, group: SubscriberGroup, chunk: bytes) -> None:
        """Write ``chunk`` at once, except to readers with pending bytes: they get one write."""
        scheduled = self._schedule.readers
        waiting = {reader: group.pop(reader) for reader in scheduled if reader in group}
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
        self, group: SubscriberGroup, chunk: bytes, notifying: Sequence[Outgoing]
    ) -> None:
        scheduled = self._schedule.readers
        for reader in group:
            # The same as queue, inlined: this runs once for each delivery.
            if not reader.pending:
                scheduled.append(reader)
            reader.pending.append(chunk)
            for push in notifying:
                self._notify(reader, push)

    def _notify(self, reader: Reader, push: Outgoing) -> None:
        if (notification := notification_of(push, reader)) is not None:
            self.queue(reader, notification)


def _join(framing: AnyFraming, batch: Iterable[Outgoing]) -> bytes:
    return framing.separator.join([push.framed(framing) for push in batch])
