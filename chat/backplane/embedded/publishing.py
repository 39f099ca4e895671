"""Tells the listener what a transaction has stored."""

from collections.abc import Iterable, Iterator
from typing import Any

from chat.backplane.embedded import blocklist, removal, writes
from chat.backplane.embedded.checkpoints import Checkpoints
from chat.backplane.embedded.recent import RecentEntries
from chat.backplane.listener import Listener
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, MessageBody


class Publisher:
    """Publishes the results of transactions, and keeps ``positions`` as they were published."""

    def __init__(
        self,
        listener: Listener,
        positions: dict[str, Position],
        recent: RecentEntries,
        checkpoints: Checkpoints,
    ) -> None:
        self._listener = listener
        self._positions = positions
        self._recent = recent
        self._checkpoints = checkpoints

    def publish(self, results: list[Any]) -> None:
        """Publish ``results`` in their order."""
        entries: list[Entry] = []
        new: dict[str, list[Entry]] = {}  # by room
        rewritten: list[Entry] = []
        others: list[Any] = []  # that mean more than an entry
        for result in _flat(results):
            if not isinstance(result, writes.Stored):
                others.append(result)
            elif (entry := result.entry) is not None:
                entries.append(entry)
                new.setdefault(entry.room, []).append(entry)
                rewritten += result.rewritten
                if entry.kind != MessageBody.kind:
                    others.append(result)
        for room, of_room in new.items():
            self._positions[room] = of_room[-1].position
            self._recent.add(*of_room)
        for entry in rewritten:
            self._recent.replace(entry)
            self._checkpoints.note_removal()
        self._listener.on_entries(entries)
        for result in others:
            match result:
                case writes.Stored(user=user, entry=Entry(room, position, "joined")):
                    since = Position(position.epoch, position.offset - 1)
                    self._listener.on_joined(user, room, since)
                case writes.Stored(user=user, entry=Entry(room=room, kind="left")):
                    self._listener.on_left(user, room)
                case writes.Marked(user=user, read=read) if read is not None:
                    self._listener.on_user_push(user, read)
                case removal.Removed(rooms):
                    for room in rooms:
                        self._positions.pop(room, None)
                        self._recent.forget(room)
                        self._listener.on_removed(room)
                case blocklist.Numbered():
                    self._listener.on_block(result.block)


def _flat(results: Iterable[Any]) -> Iterator[Any]:
    """Yield ``results``, and those of what was done together one by one."""
    for result in results:
        if isinstance(result, list):
            yield from result
        else:
            yield result
