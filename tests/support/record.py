"""What a client has received, with checks for lost, repeated and reordered entries. Pure.

It follows the rules for clients: apply the next entry, drop a known one, and go on from a resync.
A hole is a fault of the server.
"""

from collections.abc import Mapping, Sequence

from tests.support.wire import Push

Place = tuple[str, int]  # epoch and offset


class Record:
    """``heard`` has all pushes in order; ``messages`` has the messages that were new."""

    def __init__(self, positions: Mapping[str, Place]) -> None:
        """``positions`` are where to begin, by room; others begin where a hello says."""
        self.session = ""
        self.user = ""
        self.heard: list[Push] = []
        self.messages: list[Push] = []
        self.positions = dict(positions)
        self.resyncs: list[Place] = []
        self.holes: list[str] = []

    @property
    def cursor(self) -> str:
        return ",".join(f"{room}:{e}:{o}" for room, (e, o) in self.positions.items())

    @property
    def places(self) -> list[Place]:
        """The positions of all messages received, in the order received."""
        return [(p["epoch"], p["offset"]) for p in self.heard if p["type"] == "message"]

    @property
    def keys(self) -> list[str]:
        return [push["key"] for push in self.heard if push["type"] == "message"]

    def take(self, push: Push) -> None:
        self.heard.append(push)
        match push:
            case {"type": "hello", "session": session, "user": user, "rooms": rooms}:
                self.session, self.user = session, user
                listed = {state["room"] for state in rooms}
                self.positions = {r: at for r, at in self.positions.items() if r in listed}
                for state in rooms:
                    self.positions.setdefault(state["room"], (state["epoch"], state["offset"]))
            case {"type": "rooms", "room": room, "is_member": False}:
                self.positions.pop(room, None)
            case {"type": "resync", "room": room, "epoch": epoch, "offset": offset}:
                self.positions[room] = (epoch, offset)
                self.resyncs.append((epoch, offset))
            case {"room": room, "epoch": epoch, "offset": offset}:
                self._apply(room, (epoch, offset), push)

    def _apply(self, room: str, place: Place, push: Push) -> None:
        epoch, offset = place
        known_epoch, last = self.positions.get(room, (epoch, offset - 1))
        if epoch == known_epoch and offset <= last:
            return  # it is known already
        if (epoch, offset) != (known_epoch, last + 1):
            self.holes.append(f"{room}: {place} after {(known_epoch, last)}")
        self.positions[room] = place
        if push["type"] == "message":
            self.messages.append(push)

    def check_unbroken(self) -> None:
        """Assert that no entry is missing since the beginning, and that there was no resync."""
        assert not self.holes and not self.resyncs, (self.holes, self.resyncs)

    def check_heard_all(self, stored: Sequence[tuple[str, int, str]]) -> None:
        """Assert that each message of the log was received once and in order, since the first one.

        ``stored`` has the epoch, offset and key of each message in the log.
        """
        heard = [(*place, key) for place, key in zip(self.places, self.keys, strict=True)]
        assert heard, "no message was received"
        assert heard == [entry for entry in stored if entry[:2] >= heard[0][:2]]
